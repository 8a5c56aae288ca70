"""Locks across machines: PostgreSQL's advisory locks, all held by one connection of this process.

They end with that connection: with the process, its machine, or the server. A thread checks the
connection every second while a lock is held: after a restart of the server it takes the locks again
before another process may assume that the holder has ended.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tiktok_organic.clock import Clock
from tiktok_organic.errors import TryAgain
from tiktok_organic.store.database import Database

__all__ = ["AdvisoryLocks"]

_LOG = logging.getLogger(__name__)
# Seconds between two tries: a blocking lock would occupy the connection that all threads share.
_POLL = 0.2
# Seconds between two checks whether the connection still exists.
_KEEP = 1.0
_TAKE = "SELECT pg_try_advisory_lock(:key)"
_RELEASE = "SELECT pg_advisory_unlock(:key)"
# pg_locks shows the two halves of a 64-bit key; `objsubid` 1 means one key instead of two.
_LOOK = """SELECT EXISTS (SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND ((classid::bigint << 32) | objid::bigint) = :key)"""
# With these settings the server notices within a minute that a machine has disappeared.
_NOTICE_DEATH = (
    "SET tcp_keepalives_idle = 20",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 3",
)


class AdvisoryLocks:
    """Safe to use from many threads."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._mine: set[str] = set()
        self._guard = threading.RLock()
        self._connection: Connection | None = None
        self._closed: threading.Event | None = None
        """Ends the thread that checks the connection; None while it does not run."""

    @contextmanager
    def hold(self, name: str, *, wait: bool = False) -> Iterator[bool]:
        while not self._take(name):
            if not wait:
                yield False
                return
            self._clock.sleep(_POLL)
        try:
            yield True
        finally:
            self._release(name)

    def held(self, name: str) -> bool:
        with self._guard:
            return name in self._mine or bool(self._ask(_LOOK, name))

    def close(self) -> None:
        with self._guard:
            if self._closed is not None:
                self._closed.set()
                self._closed = None
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _take(self, name: str) -> bool:
        with self._guard:
            # PostgreSQL gives a lock again to the same connection, which all threads of this
            # process share.
            if name in self._mine or not self._ask(_TAKE, name):
                return False
            self._mine.add(name)
            if self._closed is None:
                self._closed = threading.Event()
                # PostgreSQL does not tell a client that its connection is gone; without this check
                # a restarted server would give the lock to another process.
                threading.Thread(
                    target=self._keep, args=(self._closed,), name="locks", daemon=True
                ).start()
            return True

    def _release(self, name: str) -> None:
        with self._guard:
            self._mine.discard(name)
            try:
                if self._connection is not None:
                    self._connection.execute(text(_RELEASE), {"key": _key(name)})
            except DBAPIError:
                self._forget()  # the lock ended with the connection

    def _keep(self, closed: threading.Event) -> None:
        """Notice a lost connection, and take its locks again; wait for an unreachable server."""
        while not closed.wait(_KEEP):
            with self._guard, suppress(TryAgain):
                if self._mine and not closed.is_set():
                    self._ask(_LOOK, next(iter(self._mine)))

    def _ask(self, question: str, name: str) -> Any:
        """Return the answer; ask again over a new connection if the old one was lost."""
        try:
            if self._connection is not None:
                return self._connection.execute(text(question), {"key": _key(name)}).scalar()
        except DBAPIError:
            _LOG.warning("the connection that holds the locks was lost")
            self._forget()
        try:
            return self._connect().execute(text(question), {"key": _key(name)}).scalar()
        except DBAPIError as error:
            self._forget()
            raise TryAgain(
                "the store's PostgreSQL server cannot be reached", code="store_away"
            ) from error

    def _connect(self) -> Connection:
        engine = create_engine(
            # A separate connection without a transaction: an open one would hold back VACUUM for as
            # long as a sync runs.
            self._database.engine().url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
        )
        self._connection = connection = engine.connect()
        for setting in _NOTICE_DEATH:
            connection.execute(text(setting))
        # All at once after a restart of the server, before another process assumes that this one
        # has ended.
        for name in sorted(self._mine):
            if not connection.execute(text(_TAKE), {"key": _key(name)}).scalar():
                _LOG.error(
                    "another process took the lock %s while the server was unreachable", name
                )
        return connection

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def _key(name: str) -> int:
    """Return a 63-bit number for a name: PostgreSQL requires one, and shows it in two halves."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1
