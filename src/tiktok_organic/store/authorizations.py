"""Consents that were begun: a state is good once, for ten minutes, for whoever began."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from tiktok_organic.errors import Refused
from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import authorizations as table

__all__ = ["LIFE", "Authorizations"]

LIFE = timedelta(minutes=10)


class Authorizations:
    """Only a hash of each state is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self, state: str, bound_to: str, now: datetime, connector_id: str | None = None
    ) -> None:
        """Remember a state; forget those of more than a day ago."""
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.created_at < now - timedelta(days=1)))
            connection.execute(
                insert(table).values(
                    state_hash=_hash(state),
                    bound_to=bound_to,
                    connector_id=connector_id,
                    created_at=now,
                )
            )

    def use(self, state: str, bound_to: str, now: datetime) -> str | None:
        """Use a state up; the connector it was begun for. Raises Refused, with what to do."""
        with self._database.begin() as connection:
            row = connection.execute(
                select(table).where(table.c.state_hash == _hash(state))
            ).first()
            if row is not None and row.used_at is not None:
                raise Refused(
                    "this address was used already",
                    code="state_used",
                    advice="An address is good for one use. Start again with `tiktok-organic connect`.",
                )
            if row is None or row.bound_to != bound_to:
                raise Refused(
                    "this address belongs to another attempt to connect",
                    code="wrong_state",
                    advice="Open the address that was printed last, and paste the one that the browser lands on.",
                )
            if now - row.created_at > LIFE:
                raise Refused(
                    "this address came too late",
                    code="state_expired",
                    advice="It is good for 10 minutes. Start again with `tiktok-organic connect`.",
                )
            connection.execute(
                update(table).where(table.c.state_hash == row.state_hash).values(used_at=now)
            )
            connector_id: str | None = row.connector_id
            return connector_id


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()
