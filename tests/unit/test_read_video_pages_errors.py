"""Lists of videos that do not end, do not move, or break off; and whether cutting is worth it."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit_video_pages import DAY, NEWEST, Timeline

from tiktok_organic.errors import TikTokOrganicError, Unavailable, Unreadable
from tiktok_organic.tiktok.plan_video_pages import MOST_WORKERS, Plan, plan
from tiktok_organic.tiktok.read_video_pages import EMPTY_PAGES, REPEATED_PAGES, Page, spread, walk
from waiting import PATIENCE

EVEN = [NEWEST - (number + 1) * DAY // 4 for number in range(400)]
FIRST = Page(1, True, NEWEST - 100 * DAY, 20)


def both(ask: Callable[[int | None], Page], first: Page = FIRST) -> None:
    """Walk and spread; both have to fail in the same way."""
    with pytest.raises(Unreadable):
        walk(ask, first)
    with pytest.raises(Unreadable):
        spread(ask, first, Plan(4, 30), NEWEST)


def test_a_cursor_that_does_not_move_fails_the_list() -> None:
    both(lambda cursor: Page(2, True, cursor, 20))


def test_a_cursor_that_goes_in_a_circle_fails_the_list() -> None:
    def ask(cursor: int | None) -> Page:
        assert cursor is not None
        return Page(
            2, True, cursor - DAY if cursor > NEWEST - 105 * DAY else NEWEST - 101 * DAY, 20
        )

    with pytest.raises(Unreadable):
        walk(ask, FIRST)


def test_a_cursor_that_is_missing_fails_the_list() -> None:
    both(lambda cursor: Page(2, True, None, 20))
    both(lambda cursor: Page(2, False, None, 20), Page(1, True, None, 20))


def test_a_missing_cursor_on_the_last_page_does_not_matter() -> None:
    walk(lambda cursor: Page(2, False, None, 3), FIRST)
    spread(lambda cursor: Page(2, False, None, 3), FIRST, Plan(4, 30), NEWEST)


def test_an_interruption_does_not_wait_for_a_request_that_hangs() -> None:
    answers = threading.Event()
    interrupted = threading.Lock()
    asked: list[int | None] = []

    def ask(cursor: int | None) -> Page:
        asked.append(cursor)
        if interrupted.acquire(blocking=False):
            _thread.interrupt_main()
        answers.wait()
        return Page(2, True, (cursor or NEWEST) - DAY, 20)

    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            spread(ask, FIRST, Plan(4, 30), NEWEST)
    finally:
        signal.signal(signal.SIGINT, former)
        answers.set()
    for thread in threading.enumerate():
        if thread.name.startswith("page"):
            thread.join()
    assert len(asked) <= 4, "nobody asks for more"


def test_pages_without_videos_for_ever_fail_the_list() -> None:
    asked = []

    def ask(cursor: int | None) -> Page:
        asked.append(cursor)
        return Page(2, True, (cursor or NEWEST) - 1, 0)

    with pytest.raises(Unreadable):
        walk(ask, FIRST)
    assert len(asked) <= EMPTY_PAGES
    with pytest.raises(Unreadable):
        spread(ask, FIRST, Plan(4, 30), NEWEST)


@pytest.mark.parametrize("step", [-1, 1])
def test_pages_that_repeat_the_same_videos_for_ever_fail_the_list(step: int) -> None:
    """The cursor always moves, also towards newer videos, like one that is taken from the clock."""
    asked: list[int] = []

    def ask(cursor: int | None) -> Page:
        asked.append(cursor or NEWEST)
        return Page(2, True, asked[-1] + step, 2, ("1", "2"))

    with pytest.raises(Unreadable, match="does not end"):
        walk(ask, FIRST)
    assert len(asked) == REPEATED_PAGES + 1
    asked.clear()
    with pytest.raises(Unreadable, match="does not end"):
        spread(ask, FIRST, Plan(4, 30), NEWEST)
    assert len(asked) <= 6 * (REPEATED_PAGES + 1)


def test_a_first_page_that_is_the_only_one_asks_nothing_more() -> None:
    def never(cursor: int | None) -> Page:
        raise AssertionError("nothing was left to ask")

    walk(never, Page(1, False, 5, 20))
    spread(never, Page(1, False, 5, 20), Plan(4, 30), NEWEST)


def test_an_error_in_one_worker_ends_all() -> None:
    timeline = Timeline(EVEN)
    first = timeline.ask(None)
    lock, calls = threading.Lock(), [0]

    def ask(cursor: int | None) -> Page:
        with lock:
            calls[0] += 1
            if calls[0] > 3:
                raise Unavailable("TikTok answered HTTP 500")
        return timeline.ask(cursor)

    with pytest.raises(Unavailable):
        spread(ask, first, Plan(6, 19), NEWEST)
    assert calls[0] <= 3 + 6
    assert threading.active_count() == 1 or not [
        t for t in threading.enumerate() if t.name.startswith("page")
    ]


def test_workers_that_have_not_failed_begin_nothing_more() -> None:
    timeline = Timeline([NEWEST - (number + 1) * DAY // 24 for number in range(20_000)])
    first = timeline.ask(None)
    once = threading.Lock()

    def ask(cursor: int | None) -> Page:
        if len(timeline.asked) > 5 and once.acquire(blocking=False):
            raise Unavailable("TikTok answered HTTP 500, once")
        return timeline.ask(cursor)

    with pytest.raises(Unavailable):
        spread(ask, first, Plan(6, 999), NEWEST)
    assert len(timeline.asked) < 500


def test_the_first_error_is_the_one_that_is_raised() -> None:
    class Broken(TikTokOrganicError):
        pass

    def ask(cursor: int | None) -> Page:
        raise Broken("the token is gone")

    with pytest.raises(Broken):
        spread(ask, FIRST, Plan(6, 19), NEWEST)


def test_several_workers_really_ask_at_the_same_time() -> None:
    timeline = Timeline(EVEN)
    first = timeline.ask(None)
    together = threading.Barrier(3, timeout=PATIENCE)
    met = threading.Event()

    def ask(cursor: int | None) -> Page:
        if not met.is_set():
            together.wait()  # three requests are under way, or this breaks
            met.set()
        return timeline.ask(cursor)

    spread(ask, first, Plan(3, 19), NEWEST)
    assert timeline.found == timeline.all


@pytest.mark.parametrize(
    ("videos", "latency", "second", "minute", "cut"),
    [
        (None, 0.3, 10, 40, False),  # unknown
        (0, 0.3, 10, 40, False),
        (20, 0.3, 10, 40, False),
        (57, 0.15, 10, 40, False),  # too few to pay
        (800, 0.15, 50, 1000, True),
        (800, 0.0, 50, 1000, False),  # no waiting to save
        (800, 0.15, 10, 40, False),  # 40 pages, 40 a minute: a cut would be throttled
        (600, 0.5, 10, 1000, True),
        (40_000, 0.15, 1000, 100_000, True),
        (40_000, 5.0, 10, 40, False),  # the limit takes the time
    ],
)
def test_cutting_is_chosen_where_it_pays(
    videos: int | None, latency: float, second: int, minute: int, cut: bool
) -> None:
    chosen = plan(videos, latency, second_limit=second, minute_limit=minute)
    assert (chosen.workers > 1) == cut


@given(st.integers(0, 100_000), st.floats(0, 10), st.integers(1, 1000), st.integers(1, 100_000))
def test_no_plan_exceeds_the_limits(videos: int, latency: float, second: int, minute: int) -> None:
    chosen = plan(videos, latency, second_limit=second, minute_limit=minute)
    assert 1 <= chosen.workers <= MOST_WORKERS
    if chosen.workers > 1:
        assert chosen.pages + 2 * chosen.workers <= minute
        assert chosen.workers < second * latency + 1
