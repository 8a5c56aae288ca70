"""When a day is final: read twice, late enough, on two days, alike."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic.sync.day_states import DayRecord, record_after_read

DAY = date(2026, 3, 1)
OVER = datetime.combine(DAY + timedelta(days=1), time(), UTC)
MATURE = OVER + timedelta(hours=48)

Reads = list[tuple[str, datetime]]


def after(reads: Reads) -> DayRecord:
    record = DayRecord()
    for digest, moment in reads:
        record = record_after_read(record, digest, DAY, moment)
    return record


def slow_final(reads: Reads) -> bool:
    """A slow version of the rule: two late reads on two days since the last change."""
    standing = []
    for digest, moment in reversed(reads):
        if digest != reads[-1][0]:
            break
        standing.append(moment)
    return len({moment.date() for moment in standing if moment - OVER > timedelta(hours=48)}) >= 2


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 24 * 8)), min_size=1, max_size=12))
def test_a_day_is_final_when_the_rules_say_so(reads: list[tuple[str, int]]) -> None:
    history = [
        (digest, OVER + timedelta(hours=hours))
        for digest, hours in sorted(reads, key=lambda read: read[1])
    ]
    record = after(history)
    assert record.final == slow_final(history)
    assert record.digest == history[-1][0]
    assert not record.lost


def test_two_late_reads_on_two_days_make_a_day_final() -> None:
    later = MATURE + timedelta(hours=1)
    assert not after([("a", later)]).final
    assert not after([("a", later), ("a", later + timedelta(hours=3))]).final  # the same day
    assert after([("a", later), ("a", later + timedelta(days=1))]).final


def test_two_reads_around_midnight_are_on_two_days() -> None:
    late = datetime(2026, 3, 5, 23, 59, tzinfo=UTC)
    assert after([("a", late), ("a", late + timedelta(minutes=2))]).final


def test_the_days_of_reading_are_those_of_utc() -> None:
    athens = timezone(timedelta(hours=2))
    first = datetime(2026, 3, 5, 23, 30, tzinfo=UTC).astimezone(athens)
    second = datetime(2026, 3, 5, 23, 50, tzinfo=UTC).astimezone(athens)
    assert not after([("a", first), ("a", second)]).final


@pytest.mark.parametrize(("minutes", "counts"), [(-1, False), (0, False), (1, True)])
def test_forty_eight_hours_have_to_be_over(minutes: int, counts: bool) -> None:
    first = MATURE + timedelta(minutes=minutes)
    assert after([("a", first), ("a", first + timedelta(days=1))]).final == counts


def test_an_early_read_with_the_same_values_does_not_count() -> None:
    assert not after([("a", OVER + timedelta(hours=3)), ("a", MATURE + timedelta(hours=1))]).final


def test_a_correction_makes_a_day_provisional_again() -> None:
    first = MATURE + timedelta(hours=1)
    days = [first + timedelta(days=number) for number in range(5)]
    assert not after([("a", days[0]), ("b", days[1])]).final
    assert after([("a", days[0]), ("b", days[1]), ("b", days[2])]).final
    assert not after([("a", days[0]), ("a", days[1]), ("b", days[2])]).final
    assert not after([("a", days[0]), ("b", days[1]), ("a", days[2])]).final


def test_a_final_day_with_the_same_values_stays_final() -> None:
    first = MATURE + timedelta(hours=1)
    assert after([("a", first + timedelta(days=number)) for number in range(6)]).final


def test_a_lost_day_that_appears_later_is_not_lost_any_more() -> None:
    assert not record_after_read(DayRecord(lost=True), "a", DAY, MATURE + timedelta(hours=1)).lost
    assert not record_after_read(DayRecord(lost=True), "a", DAY, OVER + timedelta(hours=1)).lost
