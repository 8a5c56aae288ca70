"""Drafts: unfinished connections, encrypted because a draft has the tokens of a new consent.

A person may have several.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from tiktok_organic.store.database import Database
from tiktok_organic.store.encryption.cipher import Cipher
from tiktok_organic.store.schema import drafts as table

__all__ = ["Drafts"]


class Drafts:
    """Drafts. Each is read and written only together with the person who began it."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def read(self, draft_id: str, person_id: str) -> dict[str, Any] | None:
        """Return the values of a draft; None if it does not exist or belongs to another person."""
        with self._database.read() as connection:
            row = connection.execute(
                select(table.c.sealed).where(_draft_of(draft_id, person_id))
            ).first()
        return self._values(row.sealed) if row is not None else None

    def of(self, person_id: str) -> dict[str, dict[str, Any]]:
        """Return the person's drafts by id, the last changed one first."""
        statement = (
            select(table.c.id, table.c.sealed)
            .where(table.c.person_id == person_id)
            .order_by(table.c.updated_at.desc(), table.c.id)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return {row.id: self._values(row.sealed) for row in rows}

    def add(self, draft_id: str, person_id: str, values: Mapping[str, Any], now: datetime) -> None:
        """Create a draft."""
        row = {"id": draft_id, "person_id": person_id, "created_at": now, "updated_at": now}
        with self._database.begin() as connection:
            connection.execute(insert(table).values(**row, sealed=self._encrypted(values)))

    def change(
        self, draft_id: str, person_id: str, values: Mapping[str, Any], now: datetime
    ) -> bool:
        """Replace the values. Returns False if the draft does not exist any more."""
        statement = update(table).where(_draft_of(draft_id, person_id))
        changed = {"sealed": self._encrypted(values), "updated_at": now}
        with self._database.begin() as connection:
            return connection.execute(statement.values(changed)).rowcount == 1

    def forget(self, draft_id: str, person_id: str) -> None:
        """Delete a draft, if it exists."""
        with self._database.begin() as connection:
            connection.execute(delete(table).where(_draft_of(draft_id, person_id)))

    def _encrypted(self, values: Mapping[str, Any]) -> bytes:
        return self._cipher.encrypt(json.dumps(dict(values)))

    def _values(self, encrypted: bytes) -> dict[str, Any]:
        return dict(json.loads(self._cipher.decrypt(encrypted)))


def _draft_of(draft_id: str, person_id: str) -> ColumnElement[bool]:
    return and_(table.c.id == draft_id, table.c.person_id == person_id)
