"""The arithmetic of the limits: no window has more than its count, and waits are minimal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic.settings.tiktok_rate_limits import Limits
from tiktok_organic.tiktok.rate_limits.rate_limiter import keys_for
from tiktok_organic.tiktok.rate_limits.sliding_window import MARGIN, SlidingWindow, free_moment

SECOND = 1_000_000
NOW = 1_772_000_000 * SECOND


def most_in_a_window(times: list[int], seconds: float) -> int:
    """The fullest window of that many seconds, wherever it begins."""
    length = int(seconds * SECOND)
    return max(
        (sum(1 for time in times if start <= time < start + length) for start in times), default=0
    )


def slow_free_moment(times: list[int], count: int, span: int, moment: int) -> int:
    """The same by trying every moment that could be one."""
    candidates = sorted({moment, *(time + span for time in times if time + span > moment)})
    for candidate in candidates:
        taken = sorted([*times, candidate])
        windows = [taken[i + count] - taken[i] for i in range(len(taken) - count)]
        crowded = [
            i
            for i, width in enumerate(windows)
            if width < span and taken[i] <= candidate <= taken[i + count]
        ]
        if not crowded:
            return candidate
    raise AssertionError("the last candidate lies behind every place")


@st.composite
def fair_times(draw: st.DrawFn) -> tuple[list[int], int, int]:
    """Places that keep a limit among themselves, in order."""
    count, span = draw(st.integers(1, 4)), draw(st.integers(1, 12))
    times: list[int] = []
    for moment in draw(st.lists(st.integers(0, 60), max_size=12)):
        if slow_free_moment(times, count, span, moment) == moment:
            times = sorted([*times, moment])
    return times, count, span


@given(fair_times(), st.integers(0, 70))
def test_the_first_free_moment_is_the_first_one(
    fair: tuple[list[int], int, int], moment: int
) -> None:
    times, count, span = fair
    assert free_moment(times, count, span, moment) == slow_free_moment(times, count, span, moment)


@given(st.integers(1, 5), st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=40))
def test_a_window_never_has_more_requests_than_its_count(count: int, wishes: list[int]) -> None:
    window = SlidingWindow(count, 1.0, [])
    for wish in wishes:
        due = window.free(NOW + wish)
        assert due >= NOW + wish
        window.take(due)
    assert window.times == sorted(window.times)
    assert most_in_a_window(window.times, 1.0 * MARGIN) <= count


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=1, max_size=30))
def test_none_of_several_partly_shared_limits_is_exceeded(requests: list[tuple[bool, int]]) -> None:
    app, alice = SlidingWindow(3, 1.0, []), SlidingWindow(2, 5.0, [])
    moment = NOW
    for of_alice, later in requests:
        moment += later * SECOND // 10
        shared = [app, alice] if of_alice else [app]
        due = moment
        while (later_due := max(window.free(due) for window in shared)) > due:
            due = later_due
        for window in shared:
            window.take(due)
    assert most_in_a_window(app.times, 1.0) <= 3
    assert most_in_a_window(alice.times, 5.0) <= 2


def test_a_reservation_far_ahead_does_not_delay_other_requests() -> None:
    app = SlidingWindow(2, 1.0, [])
    for ahead in (60, 61, 120):
        app.take(app.free(NOW + ahead * SECOND))
    assert app.free(NOW) == NOW


def test_a_blocked_limit_is_free_when_the_block_ends() -> None:
    window = SlidingWindow(10, 1.0, [], blocked_until=NOW + 5 * SECOND)
    assert window.free(NOW) == NOW + 5 * SECOND
    assert window.free(NOW + 9 * SECOND) == NOW + 9 * SECOND


def test_only_requests_that_no_longer_count_are_forgotten() -> None:
    window = SlidingWindow(
        2, 60.0, [NOW - 62 * SECOND, NOW - 61 * SECOND, NOW - 60 * SECOND, NOW, NOW + 30 * SECOND]
    )
    window.forget(NOW)
    assert window.times == [NOW - 61 * SECOND, NOW - 60 * SECOND, NOW, NOW + 30 * SECOND]


def test_a_clock_that_was_set_back_blocks_for_minutes_and_not_for_days() -> None:
    day = 86_400 * SECOND
    window = SlidingWindow(1, 1.0, [NOW + day, NOW + 2 * day], blocked_until=NOW + 3 * day)
    window.forget(NOW)
    assert window.free(NOW) <= NOW + 16 * 60 * SECOND


def test_a_request_counts_for_its_app_and_for_its_account_and_endpoint() -> None:
    limits = Limits(second=20, minute=1000, account_minute=30)
    alice = keys_for(limits, "app", "alice", "business/get/")
    assert [(count, window) for _, count, window in alice] == [(20, 1.0), (1000, 60.0), (30, 60.0)]
    assert alice[:2] == keys_for(limits, "app", None, "tt_user/oauth2/token/")
    names = {
        keys_for(limits, "app", who, where)[2][0]
        for who in ("alice", "bob")
        for where in ("a/", "b/")
    }
    assert len(names) == 4


def test_a_basic_app_has_the_documented_limits() -> None:
    assert Limits() == Limits(second=10, minute=600, account_minute=40)
