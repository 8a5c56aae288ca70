"""From the second sync on, the timeline is cut by the known videos: none is lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit_video_pages import DAY, NEWEST, SECOND, Timeline

from tiktok_organic.tiktok.plan_video_pages import MOST_WORKERS, KnownVideos, Plan, plan

HOUR = DAY // 24
EVEN = [NEWEST - (number + 1) * 6 * HOUR - 123 for number in range(800)]
BURSTS = [NEWEST - (n // 30 + 1) * 40 * DAY - (n % 30) * SECOND for n in range(790)]
TWINS = [NEWEST - (number // 3 + 1) * DAY for number in range(800)]
FALLING = [NEWEST - SECOND * (number + 1) ** 2 for number in range(800)]
HIGH = {"second_limit": 1000, "minute_limit": 100_000}
BASIC = {"second_limit": 10, "minute_limit": 40}


def synced(moments: list[int], known: KnownVideos | None, **limits: int) -> Timeline:
    """A sync of a timeline with 150 ms of latency, as `VideoPages` does it."""
    timeline = Timeline(moments)
    first = timeline.ask(None)
    limits = limits or HIGH
    timeline.plan = plan(len(moments), 0.15, known=known, start=first.cursor, **limits)
    timeline.follow(first, timeline.plan)
    return timeline


def after(timeline: Timeline) -> KnownVideos:
    """What the sync remembers, through JSON as the store keeps it."""
    known = KnownVideos.of((moment // 1000 for moment in timeline.moments), timeline.cursors)
    return KnownVideos.from_document(json.loads(json.dumps(known.document())))


@pytest.mark.parametrize("moments", [EVEN, BURSTS, TWINS, FALLING])
def test_a_second_sync_costs_at_most_three_requests_more_than_a_walk(moments: list[int]) -> None:
    first = synced(moments, None)
    second = synced(moments, after(first))
    third = synced(moments, after(second))
    assert first.found == second.found == third.found == first.all
    assert second.plan.workers > 8
    needed = len(walked(moments).asked)
    assert len(second.asked) <= needed + 3
    assert len(third.asked) <= needed + 3


def walked(moments: list[int]) -> Timeline:
    timeline = Timeline(moments)
    timeline.walked()
    return timeline


def test_after_a_walk_the_parts_need_not_one_request_more() -> None:
    first = walked(EVEN)
    second = synced(EVEN, after(first), **BASIC)
    assert second.plan.workers == 3
    assert len(second.asked) == len(first.asked) == 40


def test_a_minute_s_limit_is_never_risked() -> None:
    """One new video: a request more than a minute allows would wait for most of it."""
    known = after(walked(EVEN))
    changed = synced([NEWEST - 5, *EVEN[:-1]], known, **BASIC)
    assert changed.plan.workers == 1
    assert changed.found == changed.all


def test_a_small_account_pays_no_request_for_being_cut() -> None:
    moments = EVEN[:57]
    known = after(walked(moments))
    second = synced(moments, known, **BASIC)
    assert len(second.asked) == 3
    assert second.found == second.all


@pytest.mark.parametrize("count", [1, 19, 20, 21, 200])
def test_new_videos_since_cost_the_pages_that_they_fill(count: int) -> None:
    known = after(synced(EVEN, None))
    new = [NEWEST - (number + 1) * SECOND for number in range(count)]
    timeline = synced([*new, *EVEN], known)
    assert timeline.found == timeline.all
    assert len(timeline.asked) <= len(walked([*new, *EVEN]).asked) + 4


@pytest.mark.parametrize("keep", [2, 3, 10])
def test_removed_videos_cost_nothing(keep: int) -> None:
    known = after(synced(EVEN, None))
    left = [moment for number, moment in enumerate(EVEN) if number % keep]
    timeline = synced(left, known)
    assert timeline.found == timeline.all
    assert len(timeline.asked) <= 41 + 3


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """The videos of one sync and of the next: some are removed, some appear, at any time."""
    moment, former = NEWEST, []
    for _ in range(draw(st.integers(0, 6))):
        moment -= draw(st.sampled_from([1, SECOND, DAY, 200 * DAY]))
        step = draw(st.sampled_from([0, 1, SECOND, 50 * SECOND, HOUR, 9 * DAY]))
        for _ in range(draw(st.integers(1, 90))):
            former.append(moment - 1)
            moment -= step
    every = draw(st.integers(1, 9))
    left = [moment for number, moment in enumerate(former) if number % every or every == 1]
    places = st.integers(1, 2 * (NEWEST - moment) + 10)
    near = st.sampled_from(former or [NEWEST - 1]).flatmap(
        lambda moment: st.integers(moment - 70 * SECOND, moment + 70 * SECOND)
    )
    appeared = draw(
        st.lists(st.one_of(places.map(lambda place: NEWEST - place), near), max_size=60)
    )
    return former, [*left, *(moment for moment in appeared if 0 < moment < NEWEST)]


@settings(max_examples=150)
@given(histories(), st.sampled_from([0, 8 * SECOND]), st.integers(1, 12))
def test_no_change_since_the_last_sync_hides_a_video(
    history: tuple[list[int], list[int]], off: int, pages: int
) -> None:
    former, present = history
    walking = Timeline(former, off=off)
    walking.walked()
    known, timeline = after(walking), Timeline(present, off=off)
    first = timeline.ask(None)
    if first.cursor is not None:
        cuts, _ = known.cuts(first.cursor, pages)
        timeline.follow(first, Plan(min(MOST_WORKERS, len(cuts) + 1), 0, tuple(cuts)))
    assert timeline.found == walked_with(present, off)


def walked_with(moments: list[int], off: int) -> set[int]:
    timeline = Timeline(moments, off=off)
    return timeline.walked()


def test_a_very_long_list_is_remembered_in_few_numbers() -> None:
    times = range(1_700_000_000, 1_600_000_000, -2_000)
    known = KnownVideos.of(times, [])
    assert len(known.times) <= 2000
    assert abs(known.count - len(times)) < known.step
    cuts, requests = known.cuts(1_700_000_000_000, 250)
    assert len(cuts) == 10
    assert requests <= len(times) / 20 + 2 * len(cuts)


def test_an_account_that_was_empty_at_its_last_sync_is_walked() -> None:
    assert plan(800, 0.15, known=KnownVideos.of([], []), start=NEWEST, **HIGH).cuts == ()
