"""Decide which days a sync requests, and when a day is final.

Pure: today, the limits and what is known of each day are the input; a window is the result.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from tiktok_organic.errors import BadValue

__all__ = [
    "DOUBTFUL",
    "MATURE_AFTER",
    "REACH",
    "DayRecord",
    "Window",
    "daily_window",
    "day_state",
    "days_left",
    "earliest",
    "read_again",
    "recovery_window",
    "without_rows",
]

REACH = 60
"""TikTok returns days from 60 days ago on (document 1762228399168514)."""

DOUBTFUL = 3
"""Number of oldest days that TikTok may refuse anyway: some clients receive 58 or 59 days."""

MATURE_AFTER = timedelta(hours=48)
"""TikTok corrects a day for up to 48 hours after its end."""

DayState = Literal["final", "provisional", "missing", "lost"]


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


@dataclass(frozen=True)
class DayRecord:
    """What is known of one day.

    `digest`: of its row; None without a row. `mature_on`: the day on which a read after the
    correction time first had these values. `final`: a second such read on another day had the same
    values. `lost`: TikTok did not return it any more.
    """

    digest: str | None = None
    mature_on: date | None = None
    final: bool = False
    lost: bool = False


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
    end = today - timedelta(days=1)
    start = today - timedelta(days=lookback)
    if first_asked is not None:
        # The window has no holes: a provisional day in its middle costs nothing, because one
        # request returns all days.
        day = max(first_asked, earliest(today))
        while day < start and _settled(known.get(day, _NOTHING)):
            day += timedelta(days=1)
        start = min(start, day)
    return Window(max(start, earliest(today)), end)


def _settled(record: DayRecord) -> bool:
    return record.final or record.lost


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


def read_again(record: DayRecord, digest: str, day: date, read_at: datetime) -> DayRecord:
    """Return the record of a day after its row was written with this digest, read at this time.

    Final: read with the same values on two different days, both more than 48 hours after the day's
    end.
    """
    over = datetime.combine(day + timedelta(days=1), time(), UTC)
    mature = read_at - over > MATURE_AFTER
    same = record.digest == digest
    if not mature:
        return record if same else DayRecord(digest)
    # Two reads on one day prove little: TikTok's values are 24 to 48 hours late (facts 2.2).
    read_on = read_at.astimezone(UTC).date()
    if same and record.mature_on is not None:
        return DayRecord(digest, record.mature_on, record.final or record.mature_on != read_on)
    return DayRecord(digest, read_on)


def without_rows(
    known: Mapping[date, DayRecord], stored: Collection[date] | None
) -> dict[date, DayRecord]:
    """Return the records of loaded days whose row is missing in `stored`.

    The warehouse was lost, or an older copy was restored. The days are missing again. `stored`
    None: the rows were not looked up.
    """
    if stored is None:
        return {}
    return {
        day: DayRecord()
        for day, record in known.items()
        if record.digest is not None and day not in stored
    }


def day_state(day: date, record: DayRecord | None, today: date) -> DayState:
    """Return the state of a day."""
    if record is not None and record.digest is not None:
        return "final" if record.final else "provisional"
    lost = day < earliest(today) or (record is not None and record.lost)
    return "lost" if lost else "missing"


def days_left(day: date, state: DayState, today: date) -> int | None:
    """Return for how many more days TikTok answers for a missing or provisional day."""
    if state not in ("missing", "provisional"):
        return None
    return max(0, (day - earliest(today)).days)


_NOTHING = DayRecord()
