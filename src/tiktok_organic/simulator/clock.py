"""The simulator's own time: a source of UTC instants, and an offset that tests change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def utc_now() -> datetime:
    """The machine's time in UTC."""
    return datetime.now(UTC)


class Clock:
    """A UTC clock: `source()` plus an offset. `source` must return aware datetimes."""

    def __init__(self, source: Callable[[], datetime] = utc_now) -> None:
        self._source = source
        self.offset = timedelta()

    def now(self) -> datetime:
        """The simulated instant, in UTC."""
        return self._source().astimezone(UTC) + self.offset

    def today(self) -> date:
        """The simulated UTC day."""
        return self.now().date()

    def move(self, by: timedelta) -> None:
        """Shift simulated time by `by`, forwards or backwards."""
        self.offset += by

    def set(self, instant: datetime) -> None:
        """Make `instant` (aware) the present; time continues from there."""
        self.offset = instant.astimezone(UTC) - self._source().astimezone(UTC)
