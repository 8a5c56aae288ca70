"""Who is logged in where. Only a hash of each session's token is kept."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import sessions as table

__all__ = ["LONGEST", "Sessions", "hashed"]

LONGEST = timedelta(days=30)
"""A session ends after so long, and after a week without use."""

_IDLE = timedelta(days=7)
_NOTED_EVERY = timedelta(minutes=5)


def hashed(token: str) -> str:
    """What is kept of a token of 256 random bits: no salt and no slowness is needed for those."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Sessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, token: str, person_id: str, now: datetime) -> None:
        """Remember a session; forget those that ended."""
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.created_at < now - LONGEST))
            connection.execute(
                insert(table).values(
                    token_hash=hashed(token), person_id=person_id, created_at=now, seen_at=now
                )
            )

    def person(self, token: str, now: datetime) -> str | None:
        """Whose session it is; None when it has ended or never was."""
        with self._database.read() as connection:
            row = connection.execute(
                select(table).where(table.c.token_hash == hashed(token))
            ).first()
        if row is None or now - row.created_at > LONGEST or now - row.seen_at > _IDLE:
            return None
        if now - row.seen_at > _NOTED_EVERY:
            with self._database.begin() as connection:
                connection.execute(
                    update(table).where(table.c.token_hash == row.token_hash).values(seen_at=now)
                )
        person_id: str = row.person_id
        return person_id

    def end(self, token: str) -> None:
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.token_hash == hashed(token)))

    def end_all(self, person_id: str) -> None:
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.person_id == person_id))
