"""When one more request fits under one limit: the times of requests in a sliding window.

TikTok's way of counting is not documented. A limit is therefore applied as "at most this many in
any window of that length", which satisfies every way of counting.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["LONGEST_BLOCK", "MARGIN", "SlidingWindow", "free_moment"]

MARGIN = 1.02
"""Windows are a little longer than TikTok's, because clocks and networks are not exact."""

_SECOND = 1_000_000
_NEAR = 50_000
LONGEST_BLOCK = 25 * 3600 * _SECOND
"""Microseconds. A daily limit blocks until 00:00 UTC; a wrong clock wrote a later end."""
# Microseconds of a window's further margin, because a request may arrive later than it was sent.
_LATE = 10_000


@dataclass
class SlidingWindow:
    """The reservations under one limit of `count` in `seconds`.

    `times`: past and future reservations in order. Times are microseconds since 1970.
    """

    count: int
    seconds: float
    times: list[int]
    blocked_until: int = 0

    @property
    def span(self) -> int:
        """The length of the window with its margin, in microseconds."""
        return int(self.seconds * MARGIN * _SECOND) + min(_LATE, int(self.seconds * _LATE))

    def forget(self, now: int) -> None:
        """Remove reservations that no longer count, and those that a wrong clock put far ahead."""
        ahead = now + 15 * 60 * _SECOND
        self.times = self.times[
            bisect_right(self.times, now - self.span) : bisect_right(self.times, ahead)
        ]
        if self.blocked_until > now + LONGEST_BLOCK:
            self.blocked_until = 0

    def free(self, moment: int) -> int:
        """Return the first time from `moment` on at which one more request fits."""
        return free_moment(self.times, self.count, self.span, max(moment, self.blocked_until))

    def take(self, moment: int) -> None:
        """Add a reservation."""
        insort(self.times, moment)

    def release(self, moment: int) -> None:
        """Remove the reservation at about that time, if it still counts."""
        nearest = min(self.times, key=lambda time: abs(time - moment), default=0)
        if abs(nearest - moment) <= _NEAR:
            self.times.remove(nearest)


def free_moment(times: Sequence[int], count: int, span: int, moment: int) -> int:
    """Return the first time from `moment` on at which one more request fits.

    No window of `span` then has more than `count`. `times` is in order. Reservations are made in
    advance and not in order: a request that waits for its account's limit does not block earlier
    times of the app for other accounts.
    """
    while True:
        first, last = bisect_left(times, moment - span + 1), bisect_left(times, moment + span)
        near = times[first:last]
        # A full window stays full until `span` after its first entry: the last one leads furthest.
        crowd = next(
            (i for i in range(len(near) - count, -1, -1) if _crowded(near, i, count, span, moment)),
            None,
        )
        if crowd is None:
            return moment
        moment = max(moment + 1, near[crowd] + span)


def _crowded(near: Sequence[int], first: int, count: int, span: int, moment: int) -> bool:
    """Whether `count` neighbours and `moment` lie within one window."""
    return max(near[first + count - 1], moment) - min(near[first], moment) < span
