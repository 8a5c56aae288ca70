"""Cutting the timeline finds the same videos as walking it, for few requests more."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit_video_pages import DAY, NEWEST, SECOND, YEAR, Size, Timeline, full

from tiktok_organic.tiktok.plan_video_pages import Plan
from tiktok_organic.tiktok.read_video_pages import Page, spread
from waiting import PATIENCE

EVEN = [NEWEST - (number + 1) * 6 * 3600 * SECOND for number in range(400)]
TIMELINES: dict[str, list[int]] = {
    "even": EVEN,
    "none": [],
    "one": [NEWEST - DAY],
    "one page": EVEN[:20],
    "one page and one": EVEN[:21],
    "all of one second": [NEWEST - DAY] * 15,
    "groups of one second": [NEWEST - (number // 7 + 1) * DAY for number in range(300)],
    "groups larger than a page": [NEWEST - (number // 45 + 1) * DAY for number in range(300)],
    "a second apart": [NEWEST - (number + 1) * SECOND for number in range(400)],
    "all within a minute": [NEWEST - 1 - number * 100 for number in range(400)],
    "new and dense, old and sparse": [NEWEST - SECOND * (number + 1) ** 2 for number in range(500)],
    "new and sparse, old and dense": [
        NEWEST - 10 * YEAR + DAY + SECOND * (400 - n) ** 2 for n in range(400)
    ],
    "a gap of years": EVEN[:100] + [NEWEST - 6 * YEAR - number * DAY for number in range(200)],
    "bursts": [NEWEST - (n // 30 + 1) * 90 * DAY - (n % 30) * SECOND for n in range(390)],
    "much older than guessed": EVEN[:20]
    + [NEWEST - 12 * YEAR - number * 30 * DAY for number in range(200)],
    "since 1970": EVEN[:30] + [5_000 + number * DAY for number in range(100)],
}


def short(number: int) -> int:
    return (20, 3, 7, 20, 1)[number % 5]


def sometimes_empty(number: int) -> int:
    return (20, 0, 12, 0, 0, 20)[number % 6]


def tiny(number: int) -> int:
    return 1 if number % 3 else 2


SIZES: dict[str, Size] = {"full pages": full, "short pages": short, "empty pages": sometimes_empty}


@pytest.mark.parametrize("name", TIMELINES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("off", [0, 1, -1, 8_000])
def test_walking_and_cutting_find_the_same_videos(name: str, size: str, off: int) -> None:
    moments = TIMELINES[name]
    # A cursor before the last video's moment hides its neighbours within that millisecond.
    if off == -1:
        moments = sorted({moment // SECOND * SECOND for moment in moments})
    walking = Timeline(moments, SIZES[size], off)
    cutting = Timeline(moments, SIZES[size], off)
    assert walking.walked() == walking.all
    assert cutting.spread(6) == cutting.all


@pytest.mark.parametrize("name", TIMELINES)
@pytest.mark.parametrize("workers", [2, 4, 12])
def test_cutting_costs_few_requests_more(name: str, workers: int) -> None:
    walking, cutting = Timeline(TIMELINES[name]), Timeline(TIMELINES[name])
    walking.walked()
    assert cutting.spread(workers) == cutting.all
    again = -(
        -max(0, cutting.shown - len(cutting.moments)) // 20
    )  # what the margin shows twice fills pages too
    parts = 3 * workers
    assert len(cutting.asked) <= len(walking.asked) + parts + again


@pytest.mark.parametrize(
    "name", ["even", "groups of one second", "a gap of years", "new and dense, old and sparse"]
)
def test_an_ordinary_account_costs_at_most_two_requests_more_per_worker(name: str) -> None:
    walking, cutting = Timeline(TIMELINES[name]), Timeline(TIMELINES[name])
    walking.walked()
    cutting.spread(4)
    assert len(cutting.asked) <= len(walking.asked) + 2 * 4


def test_a_slow_worker_may_find_only_what_another_has_found() -> None:
    """Parts of a dense timeline overlap: the first worker reads to the end of the list here."""
    timeline = Timeline(TIMELINES["all within a minute"], tiny)
    second_has_begun, first_has_ended = threading.Event(), threading.Event()
    workers: list[int] = []

    def ask(cursor: int | None) -> Page:
        workers.append(threading.get_ident())
        if workers[-1] == workers[0]:
            assert second_has_begun.wait(PATIENCE)
        else:
            second_has_begun.set()
            assert first_has_ended.wait(PATIENCE)
        page = timeline.ask(cursor)
        if not page.has_more:
            first_has_ended.set()
        return page

    spread(ask, timeline.ask(None), Plan(2, 20), NEWEST)
    assert timeline.found == timeline.all


@st.composite
def awkward(draw: st.DrawFn) -> list[int]:
    """Stretches of very different density, with gaps between them."""
    moment, moments = NEWEST, []
    for _ in range(draw(st.integers(0, 5))):
        moment -= draw(st.sampled_from([1, SECOND, DAY, 200 * DAY, 3 * YEAR]))
        step = draw(st.sampled_from([0, 1, SECOND, 50 * SECOND, 3600 * SECOND, 9 * DAY]))
        for _ in range(draw(st.integers(1, 90))):
            if moment <= 0:
                break
            moments.append(moment - 1)
            moment -= step
    return moments


@settings(max_examples=80)
@given(
    awkward(),
    st.integers(2, 12),
    st.sampled_from([full, short, sometimes_empty, tiny]),
    st.integers(0, 60),
)
def test_no_timeline_hides_a_video_from_the_workers(
    moments: list[int], workers: int, size: Size, pages: int
) -> None:
    walking, cutting = Timeline(moments, size), Timeline(moments, size)
    assert walking.walked() == walking.all
    assert cutting.spread(workers, pages) == cutting.all


@settings(max_examples=30)
@given(awkward(), st.integers(2, 12))
def test_no_timeline_makes_cutting_expensive(moments: list[int], workers: int) -> None:
    walking, cutting = Timeline(moments), Timeline(moments)
    walking.walked()
    cutting.spread(workers)
    again = -(-max(0, cutting.shown - len(cutting.moments)) // 20)
    assert len(cutting.asked) <= len(walking.asked) + 3 * workers + again
