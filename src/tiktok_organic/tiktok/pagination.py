"""Every page of an account's videos, one after the other or, where that pays, side by side.

The timeline can be cut and its parts walked at the same time (`page_plan` says where). A part is
walked until TikTok's own cursor has passed the beginning of the next part by a margin: what the
margin shows twice is one row afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass

from tiktok_organic.errors import Unreadable
from tiktok_organic.tiktok.page_plan import MARGIN, Cut, Plan

__all__ = ["Page", "Progress", "spread", "walk"]

EMPTY_PAGES = 200
"""So many pages in a row without a video, all of them promising more: the list would never end."""
REPEATED_PAGES = 20
"""So many pages in a row whose videos have all come before."""


@dataclass(frozen=True)
class Page:
    """One page as far as walking needs it.

    `number`: its answer in the archive; `cursor`: where the next one begins, unix milliseconds;
    `ids` and `times` (unix seconds) of its videos, as far as they can be read; `count`: its videos.
    """

    number: int
    has_more: bool
    cursor: int | None
    count: int
    ids: tuple[str, ...] = ()
    times: tuple[int, ...] = ()


Ask = Callable[[int | None], Page]


class Progress:
    """The videos that have come so far. Safe to use from many threads."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self.ids = set(ids)

    def adds(self, page: Page) -> bool:
        """Whether a page shows a video for the first time; a video without an id counts as one."""
        with self._lock:
            before = len(self.ids)
            self.ids.update(page.ids)
            return len(self.ids) > before or len(page.ids) < page.count


class _Walk:
    """One walk along the timeline: raises Unreadable when it would never end."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._cursors: set[int] = set()
        self._empty = 0
        self._repeated = 0

    def next(self, page: Page, asked: int | None = None) -> int:
        """The cursor of the page after `page`, which says that there is one."""
        self._check_progress(page)
        if page.cursor is None:
            raise Unreadable(
                "TikTok says that there are more videos, but not where they begin (no cursor)"
            )
        if page.cursor in self._cursors or page.cursor == asked:
            raise Unreadable(
                f"TikTok's list of videos does not move on: the cursor {page.cursor} came again"
            )
        self._cursors.add(page.cursor)
        return page.cursor

    def _check_progress(self, page: Page) -> None:
        new = self._progress.adds(page)
        self._empty = 0 if page.count else self._empty + 1
        self._repeated = 0 if new or not page.count else self._repeated + 1
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
    """Follow `has_more` from the first page to the last. Raises Unreadable when it never ends."""
    steps, page = _Walk(Progress()), first
    while page.has_more:
        page = ask(steps.next(page))


def spread(ask: Ask, first: Page, plan: Plan, newest: int) -> None:
    """Walk several parts of the timeline at once; the same videos as `walk` finds.

    `newest`: the moment where the first page began (unix milliseconds). Raises what `ask` raises,
    and Unreadable.
    """
    if not first.has_more:
        return
    progress = Progress()
    start = _Walk(progress).next(first)
    parts = _Parts(start, max(1, newest - start), plan)
    pool = ThreadPoolExecutor(plan.workers, thread_name_prefix="page")
    try:
        futures = [pool.submit(_work, ask, parts, progress) for _ in range(plan.workers)]
        wait(futures, return_when=FIRST_EXCEPTION)
    except BaseException:
        pool.shutdown(wait=False)  # whoever interrupts does not wait for a request that hangs
        raise
    finally:
        parts.stop()
    pool.shutdown()
    for future in futures:
        future.result()


@dataclass
class _Part:
    """A stretch of the timeline: asked from `cursor` on, until `stop` is passed (None: until the
    end).
    """

    cursor: int
    stop: Cut | None
    taken: bool = False


class _Parts:
    """The stretches that are not walked yet, cut again whenever a worker has nothing to do."""

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
        """A stretch for one worker; None when there is nothing left to do."""
        with self._condition:
            while not self._ended:
                free = next((part for part in self._parts if not part.taken), None) or self._cut()
                if free is not None:
                    free.taken = True
                    return free
                if not self._parts:
                    break
                self._condition.wait()
            self._condition.notify_all()
            return None

    def advance(self, part: _Part, page: Page) -> bool:
        """Record a page of `part`; whether there is more of it to walk."""
        with self._condition:
            self._pages_left -= 1
            over = not page.has_more or page.cursor is None
            if not over and page.cursor is not None:
                if page.count:
                    self._page_span = max(1, (self._page_span + part.cursor - page.cursor) // 2)
                part.cursor = page.cursor
                over = part.stop is not None and part.stop.passed(page.cursor)
            if over:
                self._parts.remove(part)
            self._condition.notify_all()
            return not over and not self._ended

    def stop(self) -> None:
        """All is done, or a worker failed: no worker begins anything more."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def _known_cuts(self, plan: Plan) -> None:
        """Cut where the last sync's videos tell."""
        for cut in plan.cuts:
            if 0 < cut.moment < self._parts[-1].cursor:
                self._parts[-1].stop = cut
                self._parts.append(_Part(cut.moment, None))

    def _first_cuts(self, plan: Plan) -> None:
        """Cut where the density of the first page says that equal shares lie."""
        share = self._page_span * plan.pages // plan.workers
        for _ in range(plan.workers - 1):
            last = self._parts[-1]
            moment = last.cursor - share
            if moment <= 0 or share <= 2 * MARGIN:
                return
            last.stop = Cut(moment)
            self._parts.append(_Part(moment, None))

    def _cut(self) -> _Part | None:
        """Halve the longest stretch that is being walked, while halving is worth a request."""
        if self._cuts_left <= 0 or self._pages_left <= len(self._parts):
            return None
        part = max(self._parts, key=self._length, default=None)
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
        """How long a stretch is, in milliseconds; an open one by what is expected of it."""
        if part.stop is not None:
            return part.cursor - part.stop.moment
        return self._page_span * max(0, self._pages_left)


def _work(ask: Ask, parts: _Parts, progress: Progress) -> None:
    while (part := parts.take()) is not None:
        steps, more = _Walk(progress), True
        while more:
            page = ask(part.cursor)
            if page.has_more:
                steps.next(page, part.cursor)
            more = parts.advance(part, page)
