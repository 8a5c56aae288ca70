"""The clock of the story tests, for product and simulator; sleeping moves it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from threading import Lock

START = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)


class StoryTime:
    """A `Clock` of the product; its methods also serve as the simulator's `clock` and `sleep`."""

    def __init__(self) -> None:
        self._now = START
        self._lock = Lock()
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self._now

    def today(self) -> date:
        return self._now.date()

    def monotonic(self) -> float:
        return (self._now - START).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Move the clock and return at once."""
        with self._lock:
            self.waits.append(seconds)
            self._now += timedelta(seconds=seconds)

    def passes(self, **span: float) -> None:
        """`time.passes(days=1)`."""
        with self._lock:
            self._now += timedelta(**span)

    def day(self, ago: int) -> date:
        """The UTC day so many days before today."""
        return self.today() - timedelta(days=ago)
