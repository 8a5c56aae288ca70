"""Time, as an argument: nothing else in the package asks the machine what time it is, or sleeps."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock", "timestamp"]


class Clock(Protocol):
    """Whoever needs the time gets one of these."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""

    def monotonic(self) -> float:
        """Seconds that never go backwards, for durations only."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def monotonic(self) -> float:
        return time.monotonic()


def timestamp(moment: datetime | None) -> str | None:
    """`2026-11-23T03:00:00.000000Z`: how every document writes a moment (UTC, microseconds)."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
