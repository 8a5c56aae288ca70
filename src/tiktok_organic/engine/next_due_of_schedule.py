"""When a connector is due. Pure; daylight saving neither skips nor doubles a sync."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tiktok_organic.connector import WEEKDAYS, Schedule
from tiktok_organic.connector_rules import zone as zone_of

__all__ = ["next_due"]


def next_due(schedule: Schedule, after: datetime) -> datetime | None:
    """Return the first due time later than `after` (aware), in UTC; None if the schedule is off.

    An hour that does not exist on a day counts as the first instant after the gap, an hour that
    occurs twice as its first occurrence.
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
    """Convert a local time to an instant; fold 0 is the first of a doubled hour."""
    instant = wall.astimezone(UTC)
    back = instant.astimezone(wall.tzinfo)
    if back.replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    # This local time does not exist: the offset before the gap was used, so the result is as far
    # after the gap as the given time is inside it. The end of the gap is needed.
    before, after = wall.replace(fold=0).utcoffset(), wall.replace(fold=1).utcoffset()
    if before is None or after is None:  # never None with a ZoneInfo
        return instant
    low, high = instant - abs(after - before), instant
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(wall.tzinfo).utcoffset() == back.utcoffset():
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)
