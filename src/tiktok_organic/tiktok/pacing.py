"""TikTok's limits, kept before they are reached.

Limits (documents 1738084416214017 and 1740029171730433): per app and second, per app and minute, and 40 a minute for
each account and endpoint; a breach of a minute's limit blocks for about five minutes. Each is kept exactly, as "at most
so many in any window", because TikTok's way of counting is not documented: whatever window it cuts holds no more.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["LONGEST_HOLD", "Booking", "Key", "Limits", "Meter", "free_moment", "keys_for"]

MARGIN = 1.02
"""Windows are taken a little longer than TikTok's, for clocks and networks that are not exact."""

_SECOND = 1_000_000
_NEAR = 50_000
LONGEST_HOLD = 25 * 3600 * _SECOND
"""A daily limit holds until 00:00 UTC; what lies further ahead was written by a clock that was set back since."""
_LATE = 20_000
"""Microseconds: a request may leave, or arrive, that much later than it was told to."""

Key = tuple[str, int, float]
"""What is counted, how often it may happen, in how many seconds."""


@dataclass(frozen=True)
class Limits:
    """`second` and `minute`: requests of the whole app. `account_minute`: of one account to one endpoint."""

    second: int = 10
    minute: int = 600
    account_minute: int = 40


class Meter(Protocol):
    """Counts requests, of this process or of all."""

    def reserve(self, keys: Iterable[Key], *, missed: float = 0.0) -> float:
        """Take a place under each limit; the seconds to wait before the request may be sent. `missed`: so long ago was
        the place that is given back unused for it."""

    def hold(self, name: str, seconds: float) -> None:
        """Nothing that counts under `name` is sent for that long."""

    def held(self, keys: Iterable[Key]) -> float:
        """For how many seconds more one of these is held; places that were taken before the hold are void."""


def keys_for(limits: Limits, app: str, account: str | None, endpoint: str) -> list[Key]:
    """The limits that one request counts under."""
    keys: list[Key] = [
        (f"app:{app}:second", limits.second, 1.0),
        (f"app:{app}:minute", limits.minute, 60.0),
    ]
    if account is not None:
        keys.append((f"account:{account}:{endpoint}", limits.account_minute, 60.0))
    return keys


@dataclass
class Booking:
    """The places that were taken under one limit, past and to come: microseconds since 1970, in order."""

    count: int
    window: float
    times: list[int]
    held_until: int = 0

    @property
    def span(self) -> int:
        """The window as it is kept, in microseconds."""
        return int(self.window * MARGIN * _SECOND) + min(_LATE, int(self.window * _LATE))

    def forget(self, now: int) -> None:
        """Drop places that no longer count, and those so far ahead that the clock must have been set back since."""
        ahead = now + 15 * 60 * _SECOND
        self.times = self.times[
            bisect_right(self.times, now - self.span) : bisect_right(self.times, ahead)
        ]
        if self.held_until > now + LONGEST_HOLD:
            self.held_until = 0

    def free(self, moment: int) -> int:
        """The first moment from `moment` on at which one more fits."""
        return free_moment(self.times, self.count, self.span, max(moment, self.held_until))

    def take(self, moment: int) -> None:
        insort(self.times, moment)

    def give_back(self, moment: int) -> None:
        """Free the place at about that moment, if it still counts."""
        nearest = min(self.times, key=lambda time: abs(time - moment), default=0)
        if abs(nearest - moment) <= _NEAR:
            self.times.remove(nearest)


def free_moment(times: Sequence[int], count: int, span: int, moment: int) -> int:
    """The first moment from `moment` on that leaves no more than `count` in any window of `span`. `times` is in order.

    Places are taken ahead of time, and not in order: a request that waits for its account's limit must not keep the
    app's places before it from others.
    """
    while True:
        first, last = bisect_left(times, moment - span + 1), bisect_left(times, moment + span)
        near = times[first:last]
        # Whoever is crowded now stays so until `span` after its first: the last one leads furthest.
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
