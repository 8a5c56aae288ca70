"""The meter that all processes share: when requests are sent, per limit, in the store.

The moments of the requests are kept, not a rate: "at most 40 in any minute" is then exact, and a small account never
waits. (A one-row leaky bucket admits its burst twice within a window.)
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from tiktok_organic.clock import Clock
from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import sends as table
from tiktok_organic.store.upsert import upsert
from tiktok_organic.tiktok.pacing import Booking, Key

__all__ = ["StoreMeter"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class StoreMeter:
    """Moments are by this machine's clock; several machines are assumed to agree within the margin of a window.

    Limits of more than a thousand per window (benchmarks set them) are not kept, and cost nothing.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._turn = threading.Lock()

    def reserve(self, keys: Iterable[Key]) -> float:
        wanted = [key for key in keys if key[1] <= 1000]
        if not wanted:
            return 0.0
        with self._turn, self._database.begin() as connection:
            bookings = self._read(wanted, connection)
            now = due = _micros(self._clock.now())  # read here: waiting for the turn to write can take seconds
            for booking in bookings.values():
                booking.forget(now)
            while (later := max(booking.free(due) for booking in bookings.values())) > due:
                due = later
            for booking in bookings.values():
                booking.take(due)
            self._write(bookings, connection)
        return (due - now) / 1_000_000

    def hold(self, name: str, seconds: float) -> None:
        with self._turn, self._database.begin() as connection:
            bookings = self._read([(name, 1, 1.0)], connection)
            until = _micros(self._clock.now()) + int(seconds * 1_000_000)
            bookings[name].held_until = max(bookings[name].held_until, until)
            self._write(bookings, connection)

    @staticmethod
    def _read(keys: list[Key], connection: Connection) -> dict[str, Booking]:
        statement = select(table).where(table.c.name.in_([name for name, _, _ in keys])).order_by(table.c.name)
        if connection.dialect.name != "sqlite":
            statement = statement.with_for_update()
        kept = {row.name: row for row in connection.execute(statement)}
        return {
            name: Booking(count, window, list(kept[name].times), kept[name].held_until)
            if name in kept
            else Booking(count, window, [])
            for name, count, window in keys
        }

    @staticmethod
    def _write(bookings: dict[str, Booking], connection: Connection) -> None:
        rows = [{"name": name, "times": b.times, "held_until": b.held_until} for name, b in sorted(bookings.items())]
        upsert(connection, table, rows)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
