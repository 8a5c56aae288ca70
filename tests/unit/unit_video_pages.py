"""An invented account with videos on a timeline, returned in pages like TikTok's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tiktok_organic.tiktok.plan_video_pages import Plan
from tiktok_organic.tiktok.read_video_pages import Page, spread, walk

NEWEST = 1_772_000_000_000
SECOND, DAY, YEAR = 1_000, 86_400_000, 365 * 86_400_000

Size = Callable[[int], int]


def full(_: int) -> int:
    return 20


@dataclass
class Timeline:
    """A timeline of videos.

    `moments`: publication times, unix milliseconds; videos of one time are never on two pages,
    because a cursor could not separate them. `size(n)`: the maximum of videos in the n-th answer.
    `off`: the distance of TikTok's cursor from the last video's time, as long as it moves.
    """

    moments: list[int]
    size: Size = full
    off: int = 0
    asked: list[int | None] = field(default_factory=list)
    found: set[int] = field(default_factory=set)
    shown: int = 0
    cursors: list[int] = field(default_factory=list)
    plan: Plan = field(default_factory=lambda: Plan(1, 0))

    def __post_init__(self) -> None:
        self.order = sorted(range(len(self.moments)), key=lambda number: -self.moments[number])
        self.lock = threading.Lock()

    def ask(self, cursor: int | None) -> Page:
        with self.lock:
            self.asked.append(cursor)
            count = len(self.asked)
            limit = NEWEST if cursor is None else cursor
            older = [number for number in self.order if self.moments[number] < limit]
            wanted = self.size(count) if older else 0
            nothing = max(limit - SECOND, self.moments[older[0]] + 1) if older else limit - SECOND
            if older and not wanted and nothing >= limit:
                wanted = 1  # an empty page here could not move on
            page = older[:wanted]
            while (
                len(page) < len(older)
                and page
                and self.moments[older[len(page)]] == self.moments[page[-1]]
            ):
                page.append(older[len(page)])  # the rest of a moment comes along
            self.found.update(page)
            self.shown += len(page)
            last = self.moments[page[-1]] if page else nothing
            moment = last + self.off if page and last + self.off < limit else last
            if len(page) < len(older):
                self.cursors.append(moment)
            return Page(count, len(page) < len(older), moment, len(page), tuple(map(str, page)))

    def walked(self) -> set[int]:
        walk(self.ask, self.ask(None))
        return self.found

    def spread(self, workers: int, pages: int | None = None) -> set[int]:
        guess = max(0, -(-len(self.moments) // 20) - 1) if pages is None else pages
        spread(self.ask, self.ask(None), Plan(workers, guess), NEWEST)
        return self.found

    def follow(self, first: Page, plan: Plan) -> None:
        """The pages after the first, as planned."""
        if plan.workers > 1:
            spread(self.ask, first, plan, NEWEST)
        else:
            walk(self.ask, first)

    @property
    def all(self) -> set[int]:
        return set(range(len(self.moments)))
