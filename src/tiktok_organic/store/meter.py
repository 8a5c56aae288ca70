"""The meter that all processes share: when requests are sent, per limit, in the store.

The moments of the requests are kept, not a rate: "at most 40 in any minute" is then exact, and a small account never
waits. (A one-row leaky bucket admits its burst twice within a window.)
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, text

from tiktok_organic.clock import Clock, SystemClock
from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import sends as table
from tiktok_organic.store.upsert import insert_of, upsert
from tiktok_organic.tiktok.pacing import LONGEST_HOLD, Booking, Key

__all__ = ["StoreMeter"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 10_000
"""TikTok's highest level has 3,000 a minute. What lies far above it means "no limit": tests and benchmarks set it."""
_COMPARE_EVERY = 600.0
"""Seconds after which this machine's clock is compared with the server's again."""


class StoreMeter:
    """Moments are the server's on PostgreSQL, so that machines need not agree, and otherwise this machine's.

    Under limits of more than `_MOST` per window no request is counted; a hold is kept there too.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._turn = threading.Lock()
        self._ahead = timedelta(0)
        self._compared: float | None = None

    def reserve(self, keys: Iterable[Key], *, missed: float = 0.0) -> float:
        wanted = list(keys)
        counted = [key for key in wanted if key[1] <= _MOST]
        if not counted:
            return self.held(wanted)
        others = [name for name, count, _ in wanted if count > _MOST]
        with self._turn, self._database.begin() as connection:
            bookings = self._read(counted, connection)
            now = self._now()  # read here: waiting for the turn to write can take seconds
            due = max(now, self._held_until(others, connection))
            for booking in bookings.values():
                booking.forget(now)
                if missed > 0:
                    booking.give_back(now - int(missed * 1_000_000))
            kept = [
                *bookings.values(),
                *(spaced for booking in bookings.values() for spaced in _spaced(booking)),
            ]
            while (later := max(booking.free(due) for booking in kept)) > due:
                due = later
            for booking in bookings.values():
                booking.take(due)
            self._write(bookings, connection)
        return max(0, due - self._now()) / 1_000_000  # writing took its time as well

    def hold(self, name: str, seconds: float) -> None:
        with self._turn, self._database.begin() as connection:
            bookings = self._read([(name, 1, 1.0)], connection)
            until = self._now() + int(seconds * 1_000_000)
            bookings[name].held_until = max(bookings[name].held_until, until)
            self._write(bookings, connection)

    def held(self, keys: Iterable[Key]) -> float:
        with self._database.read() as connection:
            if connection.dialect.name != "sqlite":
                self._ask_server(connection)
            until = self._held_until([name for name, _, _ in keys], connection)
        return max(0, until - self._now()) / 1_000_000

    def _held_until(self, names: list[str], connection: Connection) -> int:
        """When the last hold under one of these names ends; 0 when there is none."""
        if not names:
            return 0
        credible = table.c.held_until <= self._now() + LONGEST_HOLD
        statement = select(func.max(table.c.held_until)).where(table.c.name.in_(names), credible)
        return connection.execute(statement).scalar() or 0

    def _now(self) -> int:
        return (self._clock.now() + self._ahead - _EPOCH) // timedelta(microseconds=1)

    def _read(self, keys: list[Key], connection: Connection) -> dict[str, Booking]:
        """The rows, made where they are missing, and ours until the transaction ends."""
        names = sorted(name for name, _, _ in keys)
        kept = self._locked(names, connection)
        if len(kept) < len(names):
            rows = [
                {"name": name, "times": [], "held_until": 0} for name in names if name not in kept
            ]
            connection.execute(insert_of(connection, table).on_conflict_do_nothing(), rows)
            kept = self._locked(names, connection)
        return {
            name: Booking(count, window, list(kept[name].times), kept[name].held_until)
            for name, count, window in keys
        }

    def _locked(self, names: list[str], connection: Connection) -> dict[str, Row[Any]]:
        """The rows that exist, locked in the same order by everybody."""
        statement = select(table).where(table.c.name.in_(names)).order_by(table.c.name)
        if connection.dialect.name != "sqlite":
            self._ask_server(connection)
            statement = statement.with_for_update()
        return {row.name: row for row in connection.execute(statement)}

    def _ask_server(self, connection: Connection) -> None:
        """How far the server's clock is ahead of ours; a test's clock is left alone. And no commit waits for the disk:
        a crash of the server may forget the last second."""
        connection.execute(text("SET LOCAL synchronous_commit TO OFF"))
        if not isinstance(self._clock, SystemClock):
            return
        if self._compared is None or self._clock.monotonic() - self._compared > _COMPARE_EVERY:
            before = self._clock.now()
            theirs: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
            self._ahead = theirs - (before + (self._clock.now() - before) / 2)
            self._compared = self._clock.monotonic()

    @staticmethod
    def _write(bookings: dict[str, Booking], connection: Connection) -> None:
        rows = [
            {"name": name, "times": b.times, "held_until": b.held_until}
            for name, b in sorted(bookings.items())
        ]
        upsert(connection, table, rows)


def _spaced(booking: Booking) -> list[Booking]:
    """A second's limit that is used up is kept as a distance as well: of ten threads that wake at once some are late,
    and the eleventh request could arrive within the second of the first. A small account, alone, never waits."""
    if booking.window > 1 or len(booking.times) < booking.count:
        return []
    return [Booking(1, booking.window / booking.count, booking.times)]
