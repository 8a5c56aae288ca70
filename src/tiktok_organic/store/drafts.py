"""Connections that are half made: one for each person, sealed, because a fresh consent's tokens are in it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import drafts as table
from tiktok_organic.store.seal import Seal
from tiktok_organic.store.upsert import upsert

__all__ = ["Drafts"]


class Drafts:
    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal

    def read(self, person_id: str) -> dict[str, Any]:
        """What the person has entered so far; empty when nothing."""
        with self._database.read() as connection:
            row = connection.execute(
                select(table.c.sealed).where(table.c.person_id == person_id)
            ).first()
        return dict(json.loads(self._seal.open(row.sealed))) if row is not None else {}

    def write(self, person_id: str, draft: dict[str, Any], now: datetime) -> None:
        values = {"sealed": self._seal.seal(json.dumps(draft)), "updated_at": now}
        with self._database.begin() as connection:
            upsert(connection, table, [{"person_id": person_id, **values}])

    def forget(self, person_id: str) -> None:
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.person_id == person_id))
