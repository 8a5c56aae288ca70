"""Time as an argument: no other module reads the machine's time or sleeps.

Two exceptions: the simulator, which imports nothing of ours, has its own clock; and a thread that
waits for another one does so with a timeout of `threading`.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock", "timestamp"]


class Clock(Protocol):
    """A source of time."""

    def now(self) -> datetime:
        """Return the present time, aware, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Return after this many seconds."""

    def monotonic(self) -> float:
        """Return seconds that never decrease, for durations only."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def monotonic(self) -> float:
        return time.monotonic()


def timestamp(moment: datetime | None) -> str | None:
    """Format as `2026-11-23T03:00:00.000000Z`: the format of all documents (UTC, microseconds)."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
