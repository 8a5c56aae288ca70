"""One request's turn under TikTok's limits: waited for, and looked at again at the instant when the request leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from tiktok_organic.clock import Clock
from tiktok_organic.errors import Throttled
from tiktok_organic.tiktok.pacing import Key, Meter

__all__ = ["TOO_LATE", "NotYet", "Turn"]

TOO_LATE = 0.025
"""Seconds: the margin of the limits is good for more than this."""
LONGEST_TURN = 6 * 60.0
"""Seconds: who would have to wait longer for a turn is told so, and comes back later."""
_LONGEST_AT_HAND = 3.0
"""Seconds for which an open connection is kept from others."""
_READY = "http11.send_request_headers.started"
_WHY = "TikTok's limits"


class NotYet(Exception):
    """The connection is ready, and the request's new place is too far ahead to keep it: wait, then send anew."""


class Turn:
    """`wait` for it, then send the request with `trace` as the HTTP client's extension of that name.

    A new connection takes some round trips before its first request can leave, 100 ms and more to TikTok: such a
    request would arrive among those of the next turns. So whoever is late when the connection is ready gives the place
    back and takes another one. `sending` is called at the instant when it leaves. `left`: whether the request went out,
    as far as the client tells.
    """

    def __init__(
        self,
        meter: Meter,
        keys: Sequence[Key],
        clock: Clock,
        wait: Callable[[float, str], None],
        sending: Callable[[], None] = lambda: None,
    ) -> None:
        self._meter = meter
        self._sending = sending
        self._keys = keys
        self._clock = clock
        self._wait = wait
        self._pause = meter.reserve(keys)
        self._due = clock.monotonic() + self._pause
        self.left = True

    def wait(self) -> None:
        """Until the place under each limit is reached. Raises Throttled when that would take too long."""
        while self._pause > 0:
            if self._pause > LONGEST_TURN:
                raise self._too_far()
            self._wait(self._pause, _WHY)
            late = self._clock.monotonic() - self._due
            self._pause = 0.0
            # Whoever overslept would arrive together with others; and meanwhile TikTok may have throttled somebody.
            if late >= TOO_LATE or self._meter.held(self._keys):
                self._take_another(late)

    def trace(self, event: str, _info: dict[str, Any]) -> None:
        """Called by the HTTP client for each of its steps. Raises NotYet."""
        if event != _READY:
            return
        late = self._clock.monotonic() - self._due
        if late >= TOO_LATE:
            self.left = False
            self._take_another(late)
            if self._pause > _LONGEST_AT_HAND:
                raise NotYet
            self.wait()
            self.left = True
        self._sending()

    def _too_far(self) -> Throttled:
        """What keeps the turn away for so long. Only a daily limit is held for more than minutes."""
        pause, held = timedelta(seconds=self._pause), self._meter.held(self._keys)
        if held > LONGEST_TURN:
            until = self._time(held)
            return Throttled(
                f"TikTok says that this day's limit is used up; the next day begins at {until}",
                pause=pause,
            )
        due = self._time(self._pause)
        return Throttled(
            f"so many requests wait for TikTok's limits that the turn of this one is at {due}",
            pause=pause,
        )

    def _time(self, seconds: float) -> str:
        """The minute that is nearest to so many seconds from now."""
        return f"{self._clock.now() + timedelta(seconds=seconds + 30):%Y-%m-%d %H:%M} UTC"

    def _take_another(self, late: float) -> None:
        self._pause = self._meter.reserve(self._keys, missed=late)
        self._due = self._clock.monotonic() + self._pause
