"""Every page of an account's videos, one after the other or, where that pays, side by side.

A page is asked for with a `cursor`, "older than this moment", and any moment may be given (document
1762228421622786). So the timeline can be cut and its parts walked at the same time. A part is walked until TikTok's own
cursor has passed the beginning of the next part by a margin: what the margin shows twice is one row afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from math import ceil

from tiktok_organic.errors import Unreadable

__all__ = ["MOST_WORKERS", "Page", "Plan", "plan", "spread", "walk"]

MOST_WORKERS = 12
MARGIN = 60_000
"""Milliseconds: recorded cursors lie some seconds off the moment that the last video's id tells."""
LEAST_LATENCY = 0.02
"""Seconds: what comes sooner than this is mostly our own work, which does not get quicker by sharing an interpreter."""
EMPTY_PAGES = 200
"""So many pages in a row without a video, all of them promising more: the list would never end."""
_PAGE = 20


@dataclass(frozen=True)
class Page:
    """One page as far as walking needs it. `number`: its answer in the archive; `cursor`: where the next one begins,
    unix milliseconds; `count`: videos on it."""

    number: int
    has_more: bool
    cursor: int | None
    count: int


Ask = Callable[[int | None], Page]


@dataclass(frozen=True)
class Plan:
    """How to get the rest after the first page: `workers` 1 is walking."""

    workers: int
    pages: int


def plan(videos: int | None, latency: float, *, second_limit: int, minute_limit: int) -> Plan:
    """Whether cutting the timeline pays.

    `videos`: how many the account has (None: unknown); `latency`: seconds of the first answer; the limits are requests
    of the app per second and of the account per minute. Cutting costs up to one more request per part, and pays
    nothing where the limits, not the waiting for answers, take the time.
    """
    pages = max(0, -(-(videos or 0) // _PAGE) - 1)
    workers = min(MOST_WORKERS, pages // 2, max(1, ceil(second_limit * latency)))
    requests = pages + 2 * workers
    if latency < LEAST_LATENCY or workers < 2 or requests + 2 > minute_limit:
        return Plan(1, pages)
    walking = max(pages * latency, pages / second_limit)
    cutting = max(requests / workers * latency, requests / second_limit)
    return Plan(workers if walking - cutting > 0.5 and cutting < 0.8 * walking else 1, pages)


def walk(ask: Ask, first: Page) -> None:
    """Follow `has_more` from the first page to the last. Raises Unreadable when the cursor stops moving."""
    seen: set[int] = set()
    page, empty = first, 0
    while page.has_more:
        cursor = _next(page, seen)
        empty = 0 if page.count else empty + 1
        _check_empty(empty)
        page = ask(cursor)


def spread(ask: Ask, first: Page, plan: Plan, newest: int) -> None:
    """Walk several parts of the timeline at once; the same videos as `walk` finds.

    `newest`: the moment where the first page began (unix milliseconds). Raises what `ask` raises, and Unreadable.
    """
    if not first.has_more:
        return
    start = _next(first, set())
    parts = _Parts(start, max(1, newest - start), plan)
    pool = ThreadPoolExecutor(plan.workers, thread_name_prefix="page")
    try:
        futures = [pool.submit(_work, ask, parts) for _ in range(plan.workers)]
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
    """A stretch of the timeline: asked from `cursor` on, until `stop` is passed (None: until the end)."""

    cursor: int
    stop: int | None
    taken: bool = False


class _Parts:
    """The stretches that are not walked yet, cut anew whenever somebody has nothing to do."""

    def __init__(self, start: int, page_span: int, plan: Plan) -> None:
        self._condition = threading.Condition()
        self._parts = [_Part(start, None)]
        self._page_span = page_span
        self._pages_left = plan.pages
        self._cuts_left = 2 * plan.workers
        self._ended = False
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
                over = part.stop is not None and page.cursor < part.stop - MARGIN
            if over:
                self._parts.remove(part)
            self._condition.notify_all()
            return not over and not self._ended

    def stop(self) -> None:
        """All is done, or somebody failed: nobody shall begin anything more."""
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def _first_cuts(self, plan: Plan) -> None:
        """Cut where the density of the first page says that equal shares lie."""
        share = self._page_span * plan.pages // plan.workers
        for _ in range(plan.workers - 1):
            last = self._parts[-1]
            moment = last.cursor - share
            if moment <= 0 or share <= 2 * MARGIN:
                return
            last.stop = moment
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
        part.stop = moment
        self._parts.append(made)
        return made

    def _length(self, part: _Part) -> int:
        """How long a stretch is, in milliseconds; an open one by what is expected of it."""
        if part.stop is not None:
            return part.cursor - part.stop
        return self._page_span * max(0, self._pages_left)


def _work(ask: Ask, parts: _Parts) -> None:
    while (part := parts.take()) is not None:
        seen: set[int] = set()
        empty, more = 0, True
        while more:
            page = ask(part.cursor)
            if page.has_more:
                _next(page, seen, part.cursor)
            empty = 0 if page.count else empty + 1
            _check_empty(empty)
            more = parts.advance(part, page)


def _next(page: Page, seen: set[int], asked: int | None = None) -> int:
    """The cursor of the next page; Unreadable when there is none, or when it leads nowhere new."""
    if page.cursor is None:
        raise Unreadable(
            "TikTok says that there are more videos, but not where they begin (no cursor)"
        )
    if page.cursor in seen or page.cursor == asked:
        raise Unreadable(
            f"TikTok's list of videos does not move on: the cursor {page.cursor} came again"
        )
    seen.add(page.cursor)
    return page.cursor


def _check_empty(empty: int) -> None:
    if empty >= EMPTY_PAGES:
        raise Unreadable(
            f"TikTok sent {empty} pages without a video, and says each time that there are more"
        )
