"""The requested days, compared with a slow model of the rules, and in special cases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import BadValue
from tiktok_organic.sync.day_states import DayRecord, day_state, days_left
from tiktok_organic.sync.window import Window, daily_window, earliest, recovery_window

TODAY = date(2026, 3, 11)
FINAL, PROVISIONAL, LOST = DayRecord("d", TODAY, final=True), DayRecord("d"), DayRecord(lost=True)
RECORDS = [FINAL, FINAL, FINAL, PROVISIONAL, LOST, DayRecord("d", TODAY), None]


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def slow_window(lookback: int, first_asked: date | None, known: dict[date, DayRecord]) -> set[date]:
    """The rule, said slowly: the last `lookback` complete days.

    And from the earliest wanted day on, all of them.
    """
    wanted = {ago(days) for days in range(1, lookback + 1)}
    for days in range(1, 61):
        day = ago(days)
        settled = day in known and (known[day].final or known[day].lost)
        if first_asked is not None and day >= first_asked and not settled:
            wanted.add(day)
    first = min(wanted)
    return {first + timedelta(days=number) for number in range((ago(1) - first).days + 1)}


@given(
    st.integers(1, 60),
    st.none() | st.integers(0, 90).map(ago),
    st.lists(st.sampled_from(RECORDS), min_size=90, max_size=90),
)
def test_the_window_is_the_one_of_the_rules(
    lookback: int, first: date | None, records: list[DayRecord | None]
) -> None:
    known = {ago(days): record for days, record in enumerate(records, 1) if record is not None}
    window = daily_window(TODAY, lookback, first, known)
    assert set(window.days()) == slow_window(lookback, first, known)
    assert window.end == ago(1)
    assert earliest(TODAY) <= window.start <= window.end


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
def test_an_outage_heals_itself(lookback: int, first: int, gap: int) -> None:
    known = {ago(days): FINAL for days in range(1, 91) if days != gap}
    window = daily_window(TODAY, lookback, ago(first), known)
    assert (ago(gap) in window) == (gap <= max(lookback, first))


def test_an_ordinary_sync_asks_for_five_days() -> None:
    known = {ago(days): FINAL for days in range(6, 61)}
    assert daily_window(TODAY, 5, ago(60), known) == Window(ago(5), ago(1))


def test_a_new_connector_asks_for_no_more_than_its_lookback() -> None:
    assert daily_window(TODAY, 5, None, {}) == Window(ago(5), ago(1))


def test_three_weeks_of_outage_are_asked_for_at_once() -> None:
    known = {ago(days): FINAL for days in range(22, 61)}
    assert daily_window(TODAY, 5, ago(60), known) == Window(ago(21), ago(1))


def test_a_day_that_was_read_once_on_a_weekly_schedule_is_read_again() -> None:
    known = {ago(days): PROVISIONAL if days <= 8 else FINAL for days in range(1, 61)}
    assert daily_window(TODAY, 5, ago(60), known).start == ago(8)


def test_days_of_more_than_sixty_days_ago_are_never_requested() -> None:
    assert daily_window(TODAY, 60, ago(300), {}) == Window(ago(60), ago(1))


def test_a_window_counts_contains_and_cuts() -> None:
    window = Window(ago(3), ago(1))
    assert len(window) == 3
    assert window.days() == [ago(3), ago(2), ago(1)]
    assert ago(4) not in window
    assert ago(3) in window
    assert "text" not in window
    assert window.since(ago(2)) == Window(ago(2), ago(1))
    assert window.since(ago(9)) == window
    assert window.since(TODAY) is None


@given(
    st.none() | st.integers(-3, 70),
    st.none() | st.integers(-3, 70),
    st.none() | st.integers(-3, 70),
)
def test_a_recovery_is_within_the_sixty_days_or_refused(
    start: int | None, end: int | None, days: int | None
) -> None:
    first = None if start is None else ago(start)
    last = None if end is None else ago(end)
    try:
        window = recovery_window(TODAY, first, last, days)
    except BadValue:
        return
    assert ago(60) <= window.start <= window.end <= ago(1)
    assert window.end == (last or ago(1))
    assert window.start == (first or ago(60 if days is None else days))


@pytest.mark.parametrize(
    ("start", "end", "days", "name"),
    [
        (None, None, 61, "days"), (None, None, 0, "days"), (None, None, -1, "days"),
        (61, None, None, "from"),
        (None, 0, None, "to"), (3, 5, None, "window"), (0, 0, None, "to"), (400, 390, None, "from"),
    ],
)  # fmt: skip
def test_a_window_that_cannot_be_names_what_is_wrong(
    start: int | None, end: int | None, days: int | None, name: str
) -> None:
    with pytest.raises(BadValue) as caught:
        recovery_window(
            TODAY, None if start is None else ago(start), None if end is None else ago(end), days
        )
    assert caught.value.name == name
    assert "example" in advice_of(caught.value)


def test_a_recovery_takes_all_that_tiktok_keeps_by_default() -> None:
    assert recovery_window(TODAY, None, None, None) == Window(ago(60), ago(1))


@pytest.mark.parametrize(
    ("days", "record", "state"),
    [
        (1, None, "missing"), (60, None, "missing"), (61, None, "lost"), (5, LOST, "lost"),
        (5, DayRecord(), "missing"),
        (5, PROVISIONAL, "provisional"), (5, FINAL, "final"), (400, FINAL, "final"),
        (400, PROVISIONAL, "provisional"),
        (5, DayRecord("d", lost=True), "provisional"),
    ],
)  # fmt: skip
def test_the_state_of_a_day(days: int, record: DayRecord | None, state: str) -> None:
    assert day_state(ago(days), record, TODAY) == state


@pytest.mark.parametrize(
    ("days", "state", "left"), [(1, "missing", 59), (60, "missing", 0), (5, "provisional", 55)]
)
def test_days_at_risk_say_how_long_they_can_still_be_asked_for(
    days: int, state: str, left: int
) -> None:
    assert days_left(ago(days), state, TODAY) == left  # type: ignore[arg-type]  # the states of the parametrization


@pytest.mark.parametrize("state", ["final", "lost"])
def test_a_day_that_cannot_change_has_no_days_left(state: str) -> None:
    assert days_left(ago(5), state, TODAY) is None  # type: ignore[arg-type]  # the states of the parametrization


def test_the_day_of_today_in_utc_is_what_counts() -> None:
    assert earliest(datetime(2026, 3, 11, 0, 0, tzinfo=UTC).date()) == date(2026, 1, 10)
