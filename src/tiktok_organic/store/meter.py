"""The meter that all processes share: when requests were sent lately, and will be, per limit, in the store.

Times are kept, not a rate: "at most 40 in any minute" is then exact, and a small account never waits for a large one.
(A one-row leaky bucket admits its burst twice within a window.)
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

from tiktok_organic.clock import Clock, SystemClock
from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import sends as table
from tiktok_organic.store.slots import Calendar, find_slot, pack, unpack
from tiktok_organic.tiktok.pacing import Key

__all__ = ["StoreMeter"]

_MARGIN = 0.02
_JITTER = 25
"""A window is taken 2 % and 25 ms longer than TikTok's: for clocks that disagree, and for requests that are late."""
_LONGEST_HOLD = timedelta(hours=25) // timedelta(milliseconds=1)
_COMPARE_EVERY = 600.0


class StoreMeter:
    """Limits of more than a thousand per window are kept by no one (benchmarks), and cost nothing.

    On PostgreSQL times are the server's, so that machines need not agree.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._turn = threading.Lock()
        self._ahead = timedelta(0)
        self._compared: float | None = None

    def reserve(self, keys: Iterable[Key]) -> float:
        wanted = [key for key in keys if key[1] <= 1000]
        if not wanted:
            return 0.0
        with self._turn, self._database.begin() as connection:
            self._compare_clocks(connection)
            kept = self._kept([name for name, _, _ in wanted], connection)
            now = self._now()
            calendars = [Calendar(unpack(kept[name][0]), count, _window(seconds)) for name, count, seconds in wanted]
            for calendar in calendars:
                calendar.forget(now)
            due = find_slot(calendars, max([now, *(_held(kept[name][1], now) for name, _, _ in wanted)]))
            rows = []
            for (name, _, _), calendar in zip(wanted, calendars, strict=True):
                calendar.take(due)
                rows.append({"name": name, "times": pack(calendar.times), "held_until": kept[name][1]})
            self._write(rows, connection)
        return max(0, due - now) / 1000

    def hold(self, name: str, seconds: float) -> None:
        with self._turn, self._database.begin() as connection:
            times, held = self._kept([name], connection)[name]
            now = self._now()
            until = max(_held(held, now), now + int(seconds * 1000))
            self._write([{"name": name, "times": times, "held_until": until}], connection)

    def _now(self) -> int:
        return (self._clock.now() + self._ahead - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)

    def _compare_clocks(self, connection: Connection) -> None:
        """How far the server's clock is ahead of this machine's. A clock of a test is left alone."""
        if connection.dialect.name == "sqlite" or not isinstance(self._clock, SystemClock):
            return
        connection.execute(text("SET LOCAL synchronous_commit TO OFF"))  # a crash may forget the last second
        if self._compared is None or self._clock.monotonic() - self._compared > _COMPARE_EVERY:
            before = self._clock.now()
            theirs: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
            self._ahead = theirs - (before + (self._clock.now() - before) / 2)
            self._compared = self._clock.monotonic()

    def _kept(self, names: list[str], connection: Connection) -> dict[str, tuple[list[int], int]]:
        """The rows, made when they are missing, and locked until the transaction ends: always in the same order."""
        found = self._locked(names, connection)
        if len(found) < len(names):
            rows: list[dict[str, Any]] = [
                {"name": name, "times": [], "held_until": 0} for name in sorted(set(names) - set(found))
            ]
            connection.execute(_dialect(connection).insert(table).on_conflict_do_nothing(), rows)
            found = self._locked(names, connection)
        return found

    @staticmethod
    def _locked(names: list[str], connection: Connection) -> dict[str, tuple[list[int], int]]:
        statement = select(table).where(table.c.name.in_(names)).order_by(table.c.name)
        if connection.dialect.name != "sqlite":
            statement = statement.with_for_update()
        return {row.name: (row.times, row.held_until) for row in connection.execute(statement)}

    @staticmethod
    def _write(rows: list[dict[str, Any]], connection: Connection) -> None:
        statement = _dialect(connection).insert(table)
        changed = {name: statement.excluded[name] for name in ("times", "held_until")}
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed), rows)


def _dialect(connection: Connection) -> Any:
    return sqlite if connection.dialect.name == "sqlite" else postgresql


def _window(seconds: float) -> int:
    return int(seconds * 1000 * (1 + _MARGIN)) + _JITTER


def _held(until: int, now: int) -> int:
    """The end of a hold; one that lies beyond every limit of TikTok's was written by a clock that ran ahead."""
    return until if until <= now + _LONGEST_HOLD else now
