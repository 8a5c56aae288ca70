"""A clock whose sleep advances the time, so that no test waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)


class FakeClock:
    """A clock that records `slept`: every requested pause, in seconds.

    `meanwhile` is called once, when the next pause begins.
    """

    def __init__(self, start: datetime = NOON) -> None:
        self.start = start
        self.elapsed = 0.0
        self.set_back = timedelta(0)
        self.slept: list[float] = []
        self.meanwhile: Callable[[], None] | None = None

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.elapsed) - self.set_back

    def monotonic(self) -> float:
        return 1000.0 + self.elapsed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            happens()
        self.elapsed += seconds
