"""Whether to try again, and when: decisions of two pure functions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic import errors
from tiktok_organic.errors import Throttled, TikTokOrganicError, TryAgain, Unavailable, Unreadable
from tiktok_organic.retry_pauses import next_attempt, next_request

HELPED = [
    errors.Unreachable("x"),
    Unavailable("x"),
    Unreadable("x"),
    errors.DestinationBusy("x"),
    TryAgain("x"),
]
HOPELESS = [
    errors.ReconnectNeeded("x"), errors.TokenRejected("x"), errors.NotPermitted("x"),
    errors.FieldRefused("x"),
    errors.Defect("x"), errors.Refused("x"), errors.Conflict("x"), errors.AlreadyRunning("x"),
    errors.NotFound("x"),
    errors.DestinationRefused("x"), errors.BadValue("hour", "x", example="3"),
    TikTokOrganicError("x"),
]  # fmt: skip


def pauses(
    decide: Callable[[TikTokOrganicError, int], timedelta | None], error: TikTokOrganicError
) -> list[timedelta]:
    found: list[timedelta] = []
    while (pause := decide(error, len(found) + 1)) is not None:
        found.append(pause)
        assert len(found) < 50, "it would never end"
    return found


@pytest.mark.parametrize("error", HOPELESS, ids=lambda error: type(error).__name__)
def test_what_waiting_cannot_help_is_not_tried_again(error: TikTokOrganicError) -> None:
    assert next_request(error, 1) is None
    assert next_attempt(error, 1) is None


@pytest.mark.parametrize("error", HELPED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("decide", [next_request, next_attempt])
def test_what_waiting_may_help_is_tried_again_after_growing_pauses(
    error: TikTokOrganicError, decide: Callable[[TikTokOrganicError, int], timedelta | None]
) -> None:
    found = pauses(decide, error)
    assert len(found) >= 2
    assert found[0] > timedelta(0)
    assert all(later > earlier for earlier, later in pairwise(found))


def test_a_request_is_repeated_for_minutes_at_most_and_a_run_for_a_day_at_most() -> None:
    for error in HELPED:
        assert sum(pauses(next_request, error), timedelta(0)) < timedelta(minutes=1)
        assert (
            timedelta(hours=1) < sum(pauses(next_attempt, error), timedelta(0)) < timedelta(days=1)
        )


def test_a_throttled_answer_without_a_name_begins_with_a_second_and_grows() -> None:
    found = pauses(next_request, Throttled("x"))
    assert found[0] == timedelta(seconds=1)
    assert all(later > earlier for earlier, later in pairwise(found))


@given(st.integers(0, 100_000), st.integers(1, 12))
def test_a_throttled_answer_is_waited_for_as_long_as_it_says_or_left_to_the_run(
    seconds: int, attempt: int
) -> None:
    error = Throttled("x", pause=timedelta(seconds=seconds))
    pause = next_request(error, attempt)
    assert pause is None or timedelta(seconds=seconds) <= pause <= timedelta(minutes=6)
    later = next_attempt(error, attempt)
    assert later is None or later >= timedelta(seconds=seconds)
    if seconds > 360:
        assert pause is None


def test_the_penalty_of_a_minutes_limit_is_waited_out() -> None:
    error = Throttled("x", limit="minute", pause=timedelta(minutes=5))
    assert next_request(error, 1) == timedelta(minutes=5)


def test_the_limit_of_a_day_ends_the_request_and_the_run_waits_until_midnight() -> None:
    error = Throttled("x", limit="day", pause=timedelta(hours=7))
    assert next_request(error, 1) is None
    assert next_attempt(error, 1) == timedelta(hours=7)


@given(st.integers(1, 1000))
def test_no_attempt_number_crashes_a_decision(attempt: int) -> None:
    for error in [
        *HELPED,
        *HOPELESS,
        Throttled("x"),
        Throttled("x", limit="minute", pause=timedelta(minutes=5)),
    ]:
        for decide in (next_request, next_attempt):
            pause = decide(error, attempt)
            assert pause is None or pause > timedelta(0)
