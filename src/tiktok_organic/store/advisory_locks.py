"""Locks over several machines: PostgreSQL's advisory locks, each held by a connection and released when it ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from tiktok_organic.store.database import Database

__all__ = ["AdvisoryLocks"]


class AdvisoryLocks:
    """A lock dies with the connection of its holder: with its process, its machine, or the server."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def hold(self, name: str, *, wait: bool = False) -> Iterator[bool]:
        key = {"key": _key(name)}
        with self._database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if wait:
                connection.execute(text("SELECT pg_advisory_lock(:key)"), key)
            elif not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar():
                yield False
                return
            try:
                yield True
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)

    def held(self, name: str) -> bool:
        with self.hold(name) as mine:
            return not mine


def _key(name: str) -> int:
    """A 64-bit number for a name, as PostgreSQL wants it."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
