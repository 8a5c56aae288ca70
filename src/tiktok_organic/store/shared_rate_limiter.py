"""The rate limiter that all processes share: the times of requests, per limit, in the store.

It stores times, not a rate: "at most 40 in any minute" is then exact, and a small account never
waits. (A one-row leaky bucket allows its burst twice within a window.)
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, text

from tiktok_organic.clock import Clock, SystemClock
from tiktok_organic.store.database import Database
from tiktok_organic.store.insert_or_replace import insert_of, insert_or_replace
from tiktok_organic.store.schema import sends as table
from tiktok_organic.tiktok.rate_limits.rate_limiter import Key
from tiktok_organic.tiktok.rate_limits.sliding_window import LONGEST_BLOCK, SlidingWindow

__all__ = ["StoreRateLimiter"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# TikTok's highest level has 3,000 a minute. A far higher number means "no limit" (tests,
# benchmarks).
_MOST = 10_000
# Seconds after which this machine's clock is compared with the server's again.
_COMPARE_EVERY = 600.0


class StoreRateLimiter:
    """Implements `RateLimiter`.

    On PostgreSQL, times are the server's, so the machines' clocks may differ; otherwise this
    machine's. With limits of more than `_MOST` per window no request is counted; blocks apply
    anyway.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._writing = threading.Lock()
        # How far the server's clock is ahead of this machine's.
        self._ahead = timedelta(0)
        self._compared: float | None = None

    def reserve(self, keys: Iterable[Key], *, release_age: float = 0.0) -> float:
        wanted = list(keys)
        counted = [key for key in wanted if key[1] <= _MOST]
        if not counted:
            return self.blocked_for(wanted)
        others = [name for name, count, _ in wanted if count > _MOST]
        with self._writing, self._database.begin() as connection:
            windows = self._read(counted, connection)
            now = self._now()  # read here: waiting for the write lock can take seconds
            # Limits above `_MOST` are not counted, but TikTok's requested pauses apply to them as
            # well.
            due = max(now, self._blocked_until(others, connection))
            for window in windows.values():
                window.forget(now)
                if release_age > 0:
                    window.release(now - int(release_age * 1_000_000))
            limits = [
                *windows.values(),
                *(spaced for window in windows.values() for spaced in _spaced(window)),
            ]
            # A time that one limit allows may be full in another, so the search repeats until all
            # agree.
            while (later := max(limit.free(due) for limit in limits)) > due:
                due = later
            for window in windows.values():
                window.take(due)
            self._write(windows, connection)
        return max(0, due - self._now()) / 1_000_000  # writing takes time as well

    def block(self, name: str, seconds: float) -> None:
        with self._writing, self._database.begin() as connection:
            windows = self._read([(name, 1, 1.0)], connection)
            until = self._now() + int(seconds * 1_000_000)
            windows[name].blocked_until = max(windows[name].blocked_until, until)
            self._write(windows, connection)

    def blocked_for(self, keys: Iterable[Key]) -> float:
        with self._database.read() as connection:
            if connection.dialect.name != "sqlite":
                self._ask_server(connection)
            until = self._blocked_until([name for name, _, _ in keys], connection)
        return max(0, until - self._now()) / 1_000_000

    def _blocked_until(self, names: list[str], connection: Connection) -> int:
        """Return when the last block of one of these names ends; 0 if none exists."""
        if not names:
            return 0
        # A block far in the future was written by a wrong clock and must not stop a fleet.
        credible = table.c.held_until <= self._now() + LONGEST_BLOCK
        statement = select(func.max(table.c.held_until)).where(table.c.name.in_(names), credible)
        return connection.execute(statement).scalar() or 0

    def _now(self) -> int:
        return (self._clock.now() + self._ahead - _EPOCH) // timedelta(microseconds=1)

    def _read(self, keys: list[Key], connection: Connection) -> dict[str, SlidingWindow]:
        """Return the rows, created if missing, locked until the transaction ends."""
        names = sorted(name for name, _, _ in keys)
        found = self._locked(names, connection)
        if len(found) < len(names):
            rows = [
                {"name": name, "times": [], "held_until": 0} for name in names if name not in found
            ]
            connection.execute(insert_of(connection, table).on_conflict_do_nothing(), rows)
            found = self._locked(names, connection)
        return {
            name: SlidingWindow(count, seconds, list(found[name].times), found[name].held_until)
            for name, count, seconds in keys
        }

    def _locked(self, names: list[str], connection: Connection) -> dict[str, Row[Any]]:
        """Return the existing rows, locked in the same order by every process."""
        # One order in every process, so that two reservations cannot block each other.
        statement = select(table).where(table.c.name.in_(names)).order_by(table.c.name)
        if connection.dialect.name != "sqlite":
            self._ask_server(connection)
            statement = statement.with_for_update()
        return {row.name: row for row in connection.execute(statement)}

    def _ask_server(self, connection: Connection) -> None:
        """Measure how far the server's clock is ahead of ours; a test's clock is not corrected.

        Commits here do not wait for the disk: a crash of the server may lose the last second.
        """
        # A fleet commits here for every request; waiting for the disk would limit it to the disk's
        # speed.
        connection.execute(text("SET LOCAL synchronous_commit TO OFF"))
        if not isinstance(self._clock, SystemClock):
            return
        if self._compared is None or self._clock.monotonic() - self._compared > _COMPARE_EVERY:
            before = self._clock.now()
            theirs: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
            # Half of the round trip, as NTP does.
            self._ahead = theirs - (before + (self._clock.now() - before) / 2)
            self._compared = self._clock.monotonic()

    @staticmethod
    def _write(windows: dict[str, SlidingWindow], connection: Connection) -> None:
        rows = [
            {"name": name, "times": window.times, "held_until": window.blocked_until}
            for name, window in sorted(windows.items())
        ]
        insert_or_replace(connection, table, rows)


def _spaced(window: SlidingWindow) -> list[SlidingWindow]:
    """Return the distance that a full limit per second requires between two requests.

    If ten threads wake at once, some are late, and the eleventh request could arrive within the
    second of the first. A single small account never waits.
    """
    if window.seconds > 1 or len(window.times) < window.count:
        return []
    return [SlidingWindow(1, window.seconds / window.count, window.times)]
