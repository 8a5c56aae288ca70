"""Decide which days a sync requests.

Pure: today, the limits and what is known of each day are the input; a window is the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tiktok_organic.errors import BadValue

if TYPE_CHECKING:
    from tiktok_organic.sync.day_states import DayRecord

__all__ = [
    "DOUBTFUL",
    "REACH",
    "Window",
    "daily_window",
    "earliest",
    "recovery_window",
]

REACH = 60
"""TikTok returns days from 60 days ago on (document 1762228399168514)."""

DOUBTFUL = 3
"""Number of oldest days that TikTok may refuse anyway: some clients receive 58 or 59 days."""


@dataclass(frozen=True)
class Window:
    """Days from `start` to `end`, both included, UTC."""

    start: date
    end: date

    def __len__(self) -> int:
        return (self.end - self.start).days + 1

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day <= self.end

    def days(self) -> list[date]:
        return [self.start + timedelta(days=number) for number in range(len(self))]

    def since(self, day: date) -> Window | None:
        """Return the part of the window from `day` on; None if it is empty."""
        start = max(self.start, day)
        return Window(start, self.end) if start <= self.end else None


def earliest(today: date) -> date:
    """Return the earliest day that TikTok still returns."""
    return today - timedelta(days=REACH)


def daily_window(
    today: date, lookback: int, first_asked: date | None, known: Mapping[date, DayRecord]
) -> Window:
    """Return the window of an ordinary sync.

    It has the last `lookback` complete days, and reaches back to the earliest day since
    `first_asked` that is missing or not final, within TikTok's limit. A refused day is lost and is
    not requested again.
    """
    # Today is not over in UTC: TikTok has no values for it yet.
    end = today - timedelta(days=1)
    start = today - timedelta(days=lookback)
    if first_asked is not None:
        # The window has no holes: a provisional day in its middle costs nothing, because one
        # request returns all days.
        day = max(first_asked, earliest(today))
        # Final days do not change any more, and lost ones cannot be fetched.
        while day < start and _settled(known.get(day)):
            day += timedelta(days=1)
        start = min(start, day)
    return Window(max(start, earliest(today)), end)


def _settled(record: DayRecord | None) -> bool:
    return record is not None and (record.final or record.lost)


def recovery_window(today: date, start: date | None, end: date | None, days: int | None) -> Window:
    """Return the window of a historical recovery.

    Raises BadValue for days that TikTok cannot return.
    """
    last = today - timedelta(days=1)
    limits = f"{earliest(today)} to {last}"
    if start is None:
        count = REACH if days is None else days
        if not 1 <= count <= REACH:
            raise BadValue(
                "days",
                f"{count} is not between 1 and {REACH}: TikTok keeps {REACH} days",
                example="60",
            )
        start = today - timedelta(days=count)
    end = last if end is None else end
    if start > end:
        raise BadValue("window", f"{start} lies after {end}", example=limits)
    if start < earliest(today):
        raise BadValue(
            "from",
            f"{start} is more than {REACH} days ago, and TikTok keeps account days for {REACH} "
            "days",
            example=limits,
        )
    if end > last:
        raise BadValue("to", f"{end} is not over yet in UTC", example=limits)
    return Window(start, end)
