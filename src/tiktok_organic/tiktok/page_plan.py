"""How to get an account's list of videos: page by page, or its timeline cut into parts.

No I/O.

A page is asked for with a `cursor`, "older than this moment", and any moment may be given (document
1762228421622786). Where the last sync has seen the videos, the timeline is cut so that each part
fills its pages; otherwise the density of the first page is a guess that is corrected on the way.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any

from tiktok_organic.tiktok.protocol import LARGEST_PAGE

__all__ = ["MARGIN", "MOST_WORKERS", "Cut", "KnownVideos", "Plan", "plan"]

MOST_WORKERS = 12
MARGIN = 60_000
"""Milliseconds: recorded cursors lie some seconds off the moment that the last video's id tells."""
OVERLAP = 90_000
"""Milliseconds: a cut lies that much above the last video of the part before it, so that this
part's last page passes the cut by more than the margin, wherever TikTok's cursor lies within 30
seconds.
"""
LEAST_LATENCY = 0.02
"""Seconds: what comes sooner than this is mostly our own work, which threads do not speed up."""
_MOST_TIMES = 2000


@dataclass(frozen=True)
class Cut:
    """A moment at which one part of the timeline ends and the next begins, unix milliseconds.

    `exact`: TikTok itself gave this cursor after a page of the last sync, so a part that reaches it
    continues there as a walk would; any other cut is passed by `MARGIN`.
    """

    moment: int
    exact: bool = False

    def passed(self, cursor: int) -> bool:
        """Whether a part whose next cursor this is has reached the next part."""
        return cursor <= self.moment if self.exact else cursor < self.moment - MARGIN


@dataclass(frozen=True)
class Plan:
    """How to get the rest after the first page: `workers` 1 is walking; `pages` are expected.

    `cuts`: newest first; without any, the parts are guessed.
    """

    workers: int
    pages: int
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True)
class KnownVideos:
    """Where an account's videos lay at its last sync, newest first.

    `times`: when each `step`-th video was published, unix seconds. `cursors`: TikTok's own cursors
    after the pages, unix milliseconds.
    """

    times: tuple[int, ...]
    cursors: tuple[int, ...]
    step: int = 1

    @staticmethod
    def of(times: Iterable[int], cursors: Iterable[int]) -> KnownVideos:
        """What to remember of a complete list; of a very long one only each so many-th time."""
        ordered = sorted(times, reverse=True)
        step = max(1, ceil(len(ordered) / _MOST_TIMES))
        kept = tuple(sorted(set(cursors), reverse=True)) if step == 1 else ()
        return KnownVideos(tuple(ordered[::step]), kept, step)

    @property
    def count(self) -> int:
        """How many videos there were, exact as long as all times are kept."""
        return len(self.times) * self.step

    def rank(self, cursor: int) -> int:
        """How many videos were not older than a cursor."""
        return self.step * bisect_right(self.times, -cursor, key=lambda time: -(time * 1000 + 999))

    def cuts(self, start: int, pages: int) -> tuple[list[Cut], int]:
        """Cuts below `start` into parts of so many full pages, and the requests that they need."""
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
    """Whether cutting the timeline pays, and where.

    `videos`: how many the account has (None: unknown); `latency`: seconds of the first answer; the
    limits are requests of the app per second and of the account per minute. `start`: the cursor
    after the first page. Cutting pays nothing where the limits, not the waiting for answers, take
    the time.
    """
    pages = max(0, -(-(videos or 0) // LARGEST_PAGE) - 1)
    if latency < LEAST_LATENCY:
        return Plan(1, pages)
    if known is not None and start is not None and known.times:
        return _known_plan(known, start, videos, latency, second_limit, minute_limit)
    workers = min(MOST_WORKERS, pages // 2, max(1, ceil(second_limit * latency)))
    requests = pages + 2 * workers
    if workers < 2 or requests + 2 > minute_limit:
        return Plan(1, pages)
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
    # Each part may need a request more when videos came or went since; a minute's limit that is
    # exceeded for that costs more than cutting saves.
    spare = minute_limit - 1 - requests
    unchanged = videos == known.count and start in known.cursors
    if spare < (0 if unchanged else len(cuts) + 1):
        return Plan(1, pages)
    walking = max(pages * latency, pages / second_limit)
    cutting = max(ceil(requests / workers) * latency, requests / second_limit)
    pays = walking - cutting > (0.0 if requests <= pages else 0.5)
    return Plan(workers, pages, tuple(cuts)) if pays and cuts else Plan(1, pages)
