"""Read every page of an account's videos, sequentially or in parallel.

The timeline can be cut, and its parts are read at the same time (`plan_video_pages` decides where).
A part is read until TikTok's own cursor has passed the beginning of the next part by a margin; a
video that both parts return becomes one row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass

from tiktok_organic.errors import Unreadable
from tiktok_organic.tiktok.plan_video_pages import MARGIN, Cut, Plan

__all__ = ["Page", "spread", "walk"]

EMPTY_PAGES = 200
"""Maximum of consecutive pages without a video that promise more: the list would never end."""
REPEATED_PAGES = 20
"""Maximum of consecutive pages whose videos were all listed before."""


@dataclass(frozen=True)
class Page:
    """One page as far as reading the list needs it.

    `number`: its answer in the archive; `cursor`: the start of the next one, unix milliseconds;
    `ids` and `times` (unix seconds) of its videos, if readable; `count`: its videos.
    """

    number: int
    has_more: bool
    cursor: int | None
    count: int
    ids: tuple[str, ...] = ()
    times: tuple[int, ...] = ()


Ask = Callable[[int | None], Page]


class _Walk:
    """One sequential read of the timeline or a part; raises Unreadable if it would never end.

    Each part counts only its own repetitions: where the timeline is dense, a part may consist of
    videos that its neighbour has read beyond its end.
    """

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._cursors: set[int] = set()
        self._empty = 0
        self._repeated = 0

    def next(self, page: Page, asked: int | None = None) -> int:
        """Return the cursor of the page after `page`, which announces one."""
        self._check_progress(page)
        if page.cursor is None:
            raise Unreadable(
                "TikTok says that there are more videos, but not where they begin (no cursor)"
            )
        # A list that returns to an earlier cursor repeats for ever and uses the requests of a whole
        # day.
        if page.cursor in self._cursors or page.cursor == asked:
            raise Unreadable(
                f"TikTok's list of videos does not move on: the cursor {page.cursor} came again"
            )
        self._cursors.add(page.cursor)
        return page.cursor

    def _check_progress(self, page: Page) -> None:
        before = len(self._ids)
        self._ids.update(page.ids)
        # A video without an id counts as a new one.
        new = len(self._ids) > before or len(page.ids) < page.count
        self._empty = 0 if page.count else self._empty + 1
        self._repeated = 0 if new or not page.count else self._repeated + 1
        # A page of TikTok may be empty while `has_more` is true, so a single empty page is not the
        # end.
        if self._empty >= EMPTY_PAGES:
            raise Unreadable(
                f"TikTok sent {self._empty} pages without a video, and says each time that there "
                "are more"
            )
        if self._repeated >= REPEATED_PAGES:
            raise Unreadable(
                f"TikTok's list of videos does not end: {self._repeated} pages in a row repeat "
                "videos that have come before"
            )


def walk(ask: Ask, first: Page) -> None:
    """Follow `has_more` from the first page to the last. Raises Unreadable if it never ends."""
    steps, page = _Walk(), first
    while page.has_more:
        page = ask(steps.next(page))


def spread(ask: Ask, first: Page, plan: Plan, newest: int) -> None:
    """Read several parts of the timeline in parallel; finds the same videos as `walk`.

    `newest`: the time at which the first page began (unix milliseconds). Raises what `ask` raises,
    and Unreadable.
    """
    if not first.has_more:
        return
    start = _Walk().next(first)
    parts = _Parts(start, max(1, newest - start), plan)
    pool = ThreadPoolExecutor(plan.workers, thread_name_prefix="page")
    try:
        futures = [pool.submit(_work, ask, parts) for _ in range(plan.workers)]
        wait(futures, return_when=FIRST_EXCEPTION)
    except BaseException:
        pool.shutdown(wait=False)  # an interrupted process does not wait for a request that hangs
        raise
    finally:
        parts.stop()
    pool.shutdown()
    for future in futures:
        future.result()


@dataclass
class _Part:
    """A part of the timeline: requested from `cursor` on until `stop` is passed (None: the end)."""

    cursor: int
    stop: Cut | None
    claimed: bool = False


class _Parts:
    """The parts that are not read yet; they are cut again whenever a worker is idle."""

    def __init__(self, start: int, page_span: int, plan: Plan) -> None:
        self._condition = threading.Condition()
        self._parts = [_Part(start, None)]
        self._page_span = page_span
        self._pages_left = plan.pages
        self._cuts_left = 0 if plan.cuts else 2 * plan.workers
        self._ended = False
        if plan.cuts:
            self._known_cuts(plan)
        else:
            self._first_cuts(plan)

    def take(self) -> _Part | None:
        """Return a part for one worker; None if none is left."""
        with self._condition:
            while not self._ended:
                free = next((part for part in self._parts if not part.claimed), None) or self._cut()
                if free is not None:
                    free.claimed = True
                    return free
                if not self._parts:
                    break
                # When the next page arrives, a part in progress may end, or be long enough to be
                # cut.
                self._condition.wait()
            self._condition.notify_all()
            return None

    def advance(self, part: _Part, page: Page) -> bool:
        """Record a page of `part`; return whether the part has more pages."""
        with self._condition:
            self._pages_left -= 1
            over = not page.has_more or page.cursor is None
            if not over and page.cursor is not None:
                # A running mean: videos are not equally dense everywhere.
                if page.count:
                    self._page_span = max(1, (self._page_span + part.cursor - page.cursor) // 2)
                part.cursor = page.cursor
                over = part.stop is not None and part.stop.passed(page.cursor)
            if over:
                self._parts.remove(part)
            self._condition.notify_all()
            return not over and not self._ended

    def stop(self) -> None:
        """Let no worker begin another page: all is done, or a worker failed."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def _known_cuts(self, plan: Plan) -> None:
        """Cut by the videos of the last sync."""
        for cut in plan.cuts:
            if 0 < cut.moment < self._parts[-1].cursor:
                self._parts[-1].stop = cut
                self._parts.append(_Part(cut.moment, None))

    def _first_cuts(self, plan: Plan) -> None:
        """Cut into equal shares by the density of the first page."""
        share = self._page_span * plan.pages // plan.workers
        for _ in range(plan.workers - 1):
            last = self._parts[-1]
            moment = last.cursor - share
            # Shorter parts would consist of little but their overlaps.
            if moment <= 0 or share <= 2 * MARGIN:
                return
            last.stop = Cut(moment)
            self._parts.append(_Part(moment, None))

    def _cut(self) -> _Part | None:
        """Halve the longest part in progress, if that is worth a request."""
        if self._cuts_left <= 0 or self._pages_left <= len(self._parts):
            return None
        part = max(self._parts, key=self._length, default=None)
        # Each cut costs about one additional page, because the last page of a part overlaps the
        # next part.
        if part is None or self._length(part) < 3 * self._page_span:
            return None
        moment = part.cursor - self._length(part) // 2
        if moment <= 0:
            return None
        self._cuts_left -= 1
        made = _Part(moment, part.stop)
        part.stop = Cut(moment)
        self._parts.append(made)
        return made

    def _length(self, part: _Part) -> int:
        """Return the length of a part in milliseconds; for an open one, an estimate."""
        if part.stop is not None:
            return part.cursor - part.stop.moment
        return self._page_span * max(0, self._pages_left)


def _work(ask: Ask, parts: _Parts) -> None:
    while (part := parts.take()) is not None:
        steps, more = _Walk(), True
        while more:
            page = ask(part.cursor)
            # Only checked for progress: `advance` moves the part, which may have been cut
            # meanwhile.
            if page.has_more:
                steps.next(page, part.cursor)
            more = parts.advance(part, page)
