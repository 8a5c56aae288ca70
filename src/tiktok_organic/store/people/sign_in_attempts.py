"""Failed logins: they slow down further attempts, and are forgotten after a day.

An attempt is counted before it is verified, in one transaction, so that a burst of attempts cannot
pass before the first of them is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from tiktok_organic.store.database import Database
from tiktok_organic.store.insert_or_replace import insert_or_replace
from tiktok_organic.store.schema import attempts as table

__all__ = ["Brake", "SignInAttempts"]

MEMORY = timedelta(days=1)
"""A failure is forgotten if no other one follows within this time."""
_FIRST_PAUSE = timedelta(seconds=10)


@dataclass(frozen=True)
class Brake:
    """A counter that slows down attempts.

    `who`: what is counted, such as `login:alice@example.com:192.0.2.1`. After `free` failures each
    further attempt waits 10 seconds, doubled each time, up to `longest`.
    """

    who: str
    free: int = 5
    longest: timedelta = timedelta(minutes=15)

    def pause(self, failures: int) -> timedelta:
        """Return how long the next attempt waits after this many failures."""
        if failures < self.free:
            return timedelta(0)
        doubled: int = 2 ** min(failures - self.free, 10)
        return min(_FIRST_PAUSE * doubled, self.longest)


class SignInAttempts:
    """Counts of failures in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, brakes: Sequence[Brake], now: datetime) -> float:
        """Count an attempt as a failure until `succeeded` is called, and return 0.

        If one of the brakes requires a pause, nothing is counted and the seconds to wait are
        returned.
        """
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.last_at < now - MEMORY))
            counts = {brake.who: _count(connection, brake.who) for brake in brakes}
            waits = [
                (last_at + brake.pause(failures) - now).total_seconds()
                for brake, (failures, last_at) in zip(brakes, counts.values(), strict=True)
                if last_at is not None
            ]
            left = max(waits, default=0.0)
            if left > 0:
                return left
            rows = [
                {"who": who, "failures": failures + 1, "last_at": now}
                for who, (failures, _) in counts.items()
            ]
            insert_or_replace(connection, table, rows)
        return 0.0

    def succeeded(self, brakes: Sequence[Brake]) -> None:
        """Reset the brakes after a successful attempt."""
        with self._database.begin() as connection:
            names = [brake.who for brake in brakes]
            connection.execute(delete(table).where(table.c.who.in_(names)))


def _count(connection: Connection, who: str) -> tuple[int, datetime | None]:
    row = connection.execute(select(table).where(table.c.who == who)).first()
    return (row.failures, row.last_at) if row is not None else (0, None)
