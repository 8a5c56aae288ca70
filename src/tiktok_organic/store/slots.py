"""When the next request may be sent, so that no window of a limit ever holds more than it may. Pure; milliseconds.

A limit's calendar is the sorted times of its requests: sent ones, and ones whose turn was given away ahead. A request
that has to wait for one limit (a large account's own) takes a late place in the calendars of the others, and leaves the
early places to everybody else.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence

__all__ = ["Calendar", "find_slot", "pack", "unpack"]


class Calendar:
    """At most `count` requests in any `window` milliseconds."""

    def __init__(self, times: Sequence[int], count: int, window: int) -> None:
        self.times = sorted(times)
        self._count = count
        self._window = window

    def forget(self, now: int) -> None:
        """Drop what no longer matters, and what only a clock that ran ahead can have written."""
        first = bisect_left(self.times, now - self._window + 1)
        last = bisect_left(self.times, now + 20 * self._window + 600_000)
        self.times = self.times[first:last]

    def earliest(self, at: int) -> int:
        """The first moment, not before `at`, at which one more request breaks nothing."""
        while True:
            conflict = self._conflict(at)
            if conflict is None:
                return at
            at = conflict

    def take(self, at: int) -> None:
        insort(self.times, at)

    def _conflict(self, at: int) -> int | None:
        """None when a request fits at that moment; otherwise the next moment that may do."""
        place = bisect_left(self.times, at)
        around = [*self.times[max(0, place - self._count) : place], at, *self.times[place : place + self._count]]
        own = min(place, self._count)
        later = None
        for first in range(own + 1):
            last = first + self._count
            if last < len(around) and around[last] - around[first] < self._window:
                later = around[first if first < own else first + 1] + self._window
        return None if later is None else max(later, at + 1)


def find_slot(calendars: Sequence[Calendar], at: int) -> int:
    """The first moment, not before `at`, that suits every calendar."""
    while True:
        found = at
        for calendar in calendars:
            found = calendar.earliest(found)
        if found == at:
            return found
        at = found


def pack(times: Sequence[int]) -> list[int]:
    """The first time, and then the distances: a fifth of the text."""
    return [time - before for before, time in zip((0, *times), times, strict=False)]


def unpack(packed: Sequence[int]) -> list[int]:
    total, times = 0, []
    for distance in packed:
        total += distance
        times.append(total)
    return times
