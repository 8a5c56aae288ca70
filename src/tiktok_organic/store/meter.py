"""The meter that all processes share: when requests were sent lately, per limit, in the store.

The times of the last requests are kept, not a rate: "at most 40 in any minute" is then exact, and a small account never
waits. (A one-row leaky bucket admits its burst twice within a window.)
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from tiktok_organic.clock import Clock
from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import sends as table
from tiktok_organic.tiktok.pacing import MARGIN, Key

__all__ = ["StoreMeter"]


class StoreMeter:
    """Times are microseconds since 1970 by this machine's clock; several machines are assumed to agree within the
    margin. Limits of more than a thousand per window are kept by no one (benchmarks), and cost nothing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._turn = threading.Lock()

    def reserve(self, keys: Iterable[Key]) -> float:
        wanted = [key for key in keys if key[1] <= 1000]
        now = _micros(self._clock.now())
        if not wanted:
            return 0.0
        with self._turn, self._database.begin() as connection:
            kept = self._kept([name for name, _, _ in wanted], connection)
            due = max(_earliest(kept.get(name), count, window, now) for name, count, window in wanted)
            rows = []
            for name, count, _ in wanted:
                times, held = kept.get(name, ([], 0))
                rows.append({"name": name, "times": [*times, due][-count:], "held_until": held})
            self._write(rows, connection)
        return (due - now) / 1_000_000

    def hold(self, name: str, seconds: float) -> None:
        until = _micros(self._clock.now()) + int(seconds * 1_000_000)
        with self._turn, self._database.begin() as connection:
            times, held = self._kept([name], connection).get(name, ([], 0))
            self._write([{"name": name, "times": times, "held_until": max(held, until)}], connection)

    @staticmethod
    def _kept(names: list[str], connection: Connection) -> dict[str, tuple[list[int], int]]:
        statement = select(table).where(table.c.name.in_(names)).order_by(table.c.name)
        if connection.dialect.name != "sqlite":
            statement = statement.with_for_update()
        return {row.name: (row.times, row.held_until) for row in connection.execute(statement)}

    @staticmethod
    def _write(rows: list[dict[str, Any]], connection: Connection) -> None:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(table)
        changed = {name: statement.excluded[name] for name in ("times", "held_until")}
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed), rows)


def _earliest(kept: tuple[list[int], int] | None, count: int, window: float, now: int) -> int:
    if kept is None:
        return now
    times, held = kept
    free = times[-count] + int(window * MARGIN * 1_000_000) if len(times) >= count else now
    # A time far ahead comes from a clock that was set back since: it must not block anybody for long.
    free = min(free, now + int(2 * window * 1_000_000) + max(0, times[-1] - now) if times else free)
    return max(now, free, held)


def _micros(moment: datetime) -> int:
    return (moment - datetime.fromtimestamp(0, moment.tzinfo)) // timedelta(microseconds=1)
