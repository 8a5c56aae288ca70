"""When a connector is due. Pure; daylight saving neither skips nor doubles a sync."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tiktok_organic.connector import WEEKDAYS, Schedule
from tiktok_organic.connector import zone as zone_of

__all__ = ["next_due"]


def next_due(schedule: Schedule, after: datetime) -> datetime | None:
    """The first due moment later than `after` (aware); in UTC.

    None: the schedule is off.

    An hour that does not exist on a day is taken at the first instant after the gap, an hour that
    comes twice at its first.
    """
    if schedule.every == "off":
        return None
    zone = zone_of(schedule.timezone)
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        if schedule.every == "daily" or WEEKDAYS[day.weekday()] == schedule.weekday:
            due = _instant(datetime(day.year, day.month, day.day, schedule.hour, tzinfo=zone))
            if due > after:
                return due
        day += timedelta(days=1)


def _instant(wall: datetime) -> datetime:
    """A wall clock's time as an instant; fold 0 is the first of a doubled hour."""
    instant = wall.astimezone(UTC)
    back = instant.astimezone(wall.tzinfo)
    if back.replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    # The wall clock never showed this: the offset before the gap was used, which lands as far
    # behind the gap as the wished time lies within it. The gap's end is what we want.
    before, after = wall.replace(fold=0).utcoffset(), wall.replace(fold=1).utcoffset()
    if before is None or after is None:  # a ZoneInfo always knows
        return instant
    low, high = instant - abs(after - before), instant
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(wall.tzinfo).utcoffset() == back.utcoffset():
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)
