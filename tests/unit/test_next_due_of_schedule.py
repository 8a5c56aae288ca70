"""When a connector is due: once each local day or week, whatever the clocks do."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic.connector import WEEKDAYS, Schedule
from tiktok_organic.engine.next_due_of_schedule import next_due

ZONES = [
    "UTC", "Europe/Helsinki", "Europe/Athens", "America/New_York", "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Santiago", "Africa/Cairo", "Asia/Beirut", "Pacific/Chatham", "America/St_Johns",
    "Atlantic/Azores",
    "Antarctica/Troll",
]  # fmt: skip
HOURS = st.integers(0, 23)
STARTS = st.integers(0, 6 * 365 * 24 * 60).map(
    lambda count: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=count)
)


def slow_due(zone: ZoneInfo, day: date, hour: int) -> datetime:
    """The first instant at which the local time is that day and hour or later, by stepping."""
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    while True:
        wall = instant.astimezone(zone)
        if wall.date() == day and wall.hour >= hour:
            return instant
        instant += timedelta(minutes=15)


def dues(schedule: Schedule, after: datetime, count: int) -> list[datetime]:
    found = []
    for _ in range(count):
        due = next_due(schedule, after)
        assert due is not None
        found.append(due)
        after = due
    return found


@given(st.sampled_from(ZONES), HOURS, STARTS)
def test_the_next_due_moment_is_the_first_that_the_wall_clock_shows(
    name: str, hour: int, after: datetime
) -> None:
    zone = ZoneInfo(name)
    due = next_due(Schedule("daily", hour, "monday", name), after)
    today = after.astimezone(zone).date()
    expected = min(
        moment
        for days in (-1, 0, 1)
        if (moment := slow_due(zone, today + timedelta(days=days), hour)) > after
    )
    assert due == expected


@given(st.sampled_from(ZONES), HOURS, STARTS)
def test_a_daily_schedule_never_skips_and_never_doubles_a_day(
    name: str, hour: int, after: datetime
) -> None:
    zone = ZoneInfo(name)
    found = dues(Schedule("daily", hour, "monday", name), after, 30)
    assert all(one < other for one, other in pairwise([after, *found]))
    days = [due.astimezone(zone).date() for due in found]
    assert days == [days[0] + timedelta(days=number) for number in range(30)]
    assert all(due.tzinfo == UTC for due in found)


@given(st.sampled_from(ZONES), HOURS, st.sampled_from(WEEKDAYS), STARTS)
def test_a_weekly_schedule_comes_once_a_week_on_its_day(
    name: str, hour: int, weekday: str, after: datetime
) -> None:
    zone = ZoneInfo(name)
    found = dues(Schedule("weekly", hour, weekday, name), after, 12)
    days = [due.astimezone(zone).date() for due in found]
    assert {WEEKDAYS[day.weekday()] for day in days} == {weekday}
    assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(days=7)}
    assert found[0] - after <= timedelta(days=7, hours=2)


@pytest.mark.parametrize(
    "zone", ["Europe/Helsinki", "Europe/Athens", "America/New_York", "Australia/Lord_Howe"]
)
@pytest.mark.parametrize("hour", range(5))
def test_a_whole_year_has_a_sync_on_each_of_its_days(zone: str, hour: int) -> None:
    found = dues(Schedule("daily", hour, "monday", zone), datetime(2026, 1, 1, 12, tzinfo=UTC), 365)
    counted = Counter(due.astimezone(ZoneInfo(zone)).date() for due in found)
    assert len(counted) == 365
    assert set(counted.values()) == {1}


@pytest.mark.parametrize(
    ("zone", "hour", "day", "due"),
    [
        # Helsinki and Athens: 03:00 becomes 04:00 on 2026-03-29; 04:00 becomes 03:00 on 2026-10-25.
        ("Europe/Helsinki", 3, date(2026, 3, 29), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("Europe/Helsinki", 3, date(2026, 10, 25), datetime(2026, 10, 25, 0, 0, tzinfo=UTC)),
        ("Europe/Athens", 3, date(2026, 3, 29), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("Europe/Athens", 4, date(2026, 3, 29), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        # New York: 02:00 becomes 03:00 on 2026-03-08; 02:00 becomes 01:00 on 2026-11-01.
        ("America/New_York", 2, date(2026, 3, 8), datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
        ("America/New_York", 1, date(2026, 11, 1), datetime(2026, 11, 1, 5, 0, tzinfo=UTC)),
        # Lord Howe moves by half an hour: 02:00 becomes 02:30 on 2026-10-04, 02:00 becomes 01:30 on
        # 2026-04-05.
        ("Australia/Lord_Howe", 2, date(2026, 10, 4), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ("Australia/Lord_Howe", 2, date(2026, 4, 5), datetime(2026, 4, 4, 15, 30, tzinfo=UTC)),
        # Troll jumps over two hours: 01:00 becomes 03:00 on 2026-03-29.
        ("Antarctica/Troll", 1, date(2026, 3, 29), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("Antarctica/Troll", 2, date(2026, 3, 29), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        # Santiago and Beirut change at midnight.
        ("America/Santiago", 0, date(2026, 9, 6), datetime(2026, 9, 6, 4, 0, tzinfo=UTC)),
        ("Asia/Beirut", 0, date(2026, 3, 29), datetime(2026, 3, 28, 22, 0, tzinfo=UTC)),
    ],
)
def test_an_hour_that_is_missing_or_double_is_taken_once(
    zone: str, hour: int, day: date, due: datetime
) -> None:
    before = slow_due(ZoneInfo(zone), day, hour) - timedelta(hours=5)
    assert next_due(Schedule("daily", hour, "monday", zone), before) == due
    following = next_due(Schedule("daily", hour, "monday", zone), due)
    assert following is not None
    assert following.astimezone(ZoneInfo(zone)).date() == day + timedelta(days=1)


def test_a_sync_at_the_very_moment_is_followed_by_the_next_one() -> None:
    due = datetime(2026, 3, 11, 3, tzinfo=UTC)
    assert next_due(Schedule(), due - timedelta(microseconds=1)) == due
    assert next_due(Schedule(), due) == due + timedelta(days=1)


def test_a_machine_that_slept_for_weeks_is_due_once() -> None:
    woken = datetime(2026, 3, 11, 8, 30, tzinfo=UTC)
    assert next_due(Schedule(), woken) == datetime(2026, 3, 12, 3, tzinfo=UTC)


def test_the_time_may_be_given_in_any_zone() -> None:
    helsinki = datetime(2026, 3, 11, 5, 0, tzinfo=ZoneInfo("Europe/Helsinki"))
    assert next_due(Schedule(), helsinki) == datetime(2026, 3, 12, 3, tzinfo=UTC)


def test_a_schedule_that_is_off_is_never_due() -> None:
    assert next_due(Schedule("off"), datetime(2026, 1, 1, tzinfo=UTC)) is None
