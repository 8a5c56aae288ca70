"""Plan how to read an account's list of videos: page by page, or in parallel parts of its timeline.

No I/O.

A page is requested with a `cursor`, "older than this time", and any time is allowed (document
1762228421622786). If the last sync knows the videos' times, the timeline is cut so that each part
fills its pages; otherwise the density of the first page is an estimate that is corrected later.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any

from tiktok_organic.tiktok.answer_envelope import LARGEST_PAGE

__all__ = ["MARGIN", "MOST_WORKERS", "Cut", "KnownVideos", "Plan", "plan"]

MOST_WORKERS = 12
MARGIN = 60_000
"""Milliseconds: recorded cursors differ by some seconds from the time of the last video's id."""
OVERLAP = 90_000
"""Milliseconds between a cut and the last video of the part before it.

That part's last page then passes the cut by more than the margin, if TikTok's cursor is within 30
seconds.
"""
LEAST_LATENCY = 0.02
"""Seconds: a faster answer is mostly our own processing, which threads do not speed up."""
_MOST_TIMES = 2000


@dataclass(frozen=True)
class Cut:
    """The time at which one part of the timeline ends and the next begins, unix milliseconds.

    `exact`: TikTok itself returned this cursor after a page of the last sync, so a part that
    reaches it continues there without overlap; any other cut is passed by `MARGIN`.
    """

    moment: int
    exact: bool = False

    def passed(self, cursor: int) -> bool:
        """Whether a part with this next cursor has reached the next part."""
        return cursor <= self.moment if self.exact else cursor < self.moment - MARGIN


@dataclass(frozen=True)
class Plan:
    """How to request the pages after the first one: `workers` 1 is sequential.

    `pages` are expected. `cuts`: newest first; without any, the parts are estimated.
    """

    workers: int
    pages: int
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True)
class KnownVideos:
    """The account's videos at its last sync, newest first.

    `times`: the publication time of each `step`-th video, unix seconds. `cursors`: TikTok's own
    cursors after the pages, unix milliseconds.
    """

    times: tuple[int, ...]
    cursors: tuple[int, ...]
    step: int = 1

    @staticmethod
    def of(times: Iterable[int], cursors: Iterable[int]) -> KnownVideos:
        """Return what to remember of a complete list; of a very long one only every n-th time."""
        ordered = sorted(times, reverse=True)
        step = max(1, ceil(len(ordered) / _MOST_TIMES))
        # Not if times are left out: the rank of a cursor is then an estimate, and its cut not
        # exact.
        stored_cursors = tuple(sorted(set(cursors), reverse=True)) if step == 1 else ()
        return KnownVideos(tuple(ordered[::step]), stored_cursors, step)

    @property
    def count(self) -> int:
        """The number of videos, exact while all times are stored."""
        return len(self.times) * self.step

    def rank(self, cursor: int) -> int:
        """Return how many videos were not older than a cursor."""
        # Times are whole seconds and cursors milliseconds: a video of that second may be up to
        # 999 ms newer than its time.
        return self.step * bisect_right(self.times, -cursor, key=lambda time: -(time * 1000 + 999))

    def cuts(self, start: int, pages: int) -> tuple[list[Cut], int]:
        """Return cuts below `start` into parts of full pages, and the number of their requests."""
        ranks = {self.rank(cursor): Cut(cursor, exact=True) for cursor in self.cursors}
        found: list[Cut] = []
        requests, at, above = 0, self.rank(start), start
        end = at + pages * LARGEST_PAGE
        while end < self.count:
            cut = ranks.get(end) or Cut(self.times[(end - 1) // self.step] * 1000 + OVERLAP)
            rank = self.rank(cut.moment)
            if rank <= at or cut.moment >= above:  # too many videos within the overlap
                end += LARGEST_PAGE
                continue
            found.append(cut)
            requests += ceil((end - at) / LARGEST_PAGE)
            at, above, end = rank, cut.moment, rank + pages * LARGEST_PAGE
        return found, requests + ceil(max(0, self.count - at) / LARGEST_PAGE)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"times": list(self.times), "cursors": list(self.cursors), "step": self.step}

    @staticmethod
    def from_document(document: dict[str, Any]) -> KnownVideos:
        """The same from JSON."""
        return KnownVideos(
            tuple(document["times"]), tuple(document["cursors"]), int(document["step"])
        )


def plan(
    videos: int | None,
    latency: float,
    *,
    second_limit: int,
    minute_limit: int,
    known: KnownVideos | None = None,
    start: int | None = None,
) -> Plan:
    """Decide whether reading in parallel saves time, and where to cut.

    `videos`: the account's number of videos (None: unknown); `latency`: seconds of the first
    answer; the limits are requests of the app per second and of the account per minute. `start`:
    the cursor after the first page. Cutting saves nothing if the limits, not the answers, determine
    the time.
    """
    pages = max(0, -(-(videos or 0) // LARGEST_PAGE) - 1)
    if latency < LEAST_LATENCY:
        return Plan(1, pages)
    if known is not None and start is not None and known.times:
        return _known_plan(known, start, videos, latency, second_limit, minute_limit)
    workers = min(MOST_WORKERS, pages // 2, max(1, ceil(second_limit * latency)))
    # Without known cuts, each worker may cause two more pages, because parts overlap.
    requests = pages + 2 * workers
    if workers < 2 or requests + 2 > minute_limit:
        return Plan(1, pages)
    # Reading in parallel is limited by the requests per second, however many workers there are.
    walking = max(pages * latency, pages / second_limit)
    cutting = max(requests / workers * latency, requests / second_limit)
    return Plan(workers if walking - cutting > 0.5 and cutting < 0.8 * walking else 1, pages)


def _known_plan(
    known: KnownVideos,
    start: int,
    videos: int | None,
    latency: float,
    second_limit: int,
    minute_limit: int,
) -> Plan:
    pages = ceil(max(0, known.count - known.rank(start)) / LARGEST_PAGE)
    most = min(MOST_WORKERS, ceil(second_limit * latency) + 1)
    each = ceil(pages / most)
    if each == 0 or most < 2:
        return Plan(1, pages)
    cuts, requests = known.cuts(start, each)
    workers = min(most, len(cuts) + 1)
    # Each part may need one more request if videos were added or removed since. Exceeding the limit
    # per minute for that costs more than cutting saves.
    spare = minute_limit - 1 - requests
    unchanged = videos == known.count and start in known.cursors
    if spare < (0 if unchanged else len(cuts) + 1):
        return Plan(1, pages)
    walking = max(pages * latency, pages / second_limit)
    cutting = max(ceil(requests / workers) * latency, requests / second_limit)
    pays = walking - cutting > (0.0 if requests <= pages else 0.5)
    return Plan(workers, pages, tuple(cuts)) if pays and cuts else Plan(1, pages)
