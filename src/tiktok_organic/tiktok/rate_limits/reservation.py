"""Reserve a place for a request under TikTok's limits; checked again when the request leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from tiktok_organic.clock import Clock
from tiktok_organic.errors import Throttled
from tiktok_organic.tiktok.rate_limits.rate_limiter import Key, RateLimiter

__all__ = ["TOO_LATE", "Reservation", "SendLater"]

TOO_LATE = 0.015
"""Seconds. The margin of the limits absorbs twice as much.

On a machine with four times the work that its cores can do, one request of fifty is that late.
"""
LONGEST_WAIT = 6 * 60.0
"""Seconds. A longer wait is refused, and the request fails as throttled."""
# Seconds that a request may wait while it occupies an open connection.
_LONGEST_WITH_CONNECTION = 3.0
_READY = "http11.send_request_headers.started"
_WHY = "TikTok's limits"


class SendLater(Exception):
    """The new reservation is too far ahead to occupy the connection: wait, then send again."""


class Reservation:
    """Call `wait`, then send the request with `trace` as the HTTP client's extension of that name.

    A new connection needs some round trips before its first request can be sent, 100 ms and more to
    TikTok, so the request would arrive among later ones. A reservation whose time has passed when
    the connection is ready is therefore released and replaced by a new one.

    `on_send` is called when the request is sent. `sent`: whether the request was sent, as far as
    the client reports.
    """

    def __init__(
        self,
        rate_limiter: RateLimiter,
        keys: Sequence[Key],
        clock: Clock,
        wait: Callable[[float, str], None],
        on_send: Callable[[], None] = lambda: None,
    ) -> None:
        self._rate_limiter = rate_limiter
        self._on_send = on_send
        self._keys = keys
        self._clock = clock
        self._wait = wait
        self._pause = rate_limiter.reserve(keys)
        self._due = clock.monotonic() + self._pause
        self.sent = True

    def wait(self) -> None:
        """Wait until every limit allows the request. Raises Throttled if that takes too long."""
        while self._pause > 0:
            if self._pause > LONGEST_WAIT:
                raise self._too_far()
            self._wait(self._pause, _WHY)
            late = self._clock.monotonic() - self._due
            self._pause = 0.0
            # A late request would arrive together with others, and TikTok may have throttled
            # another request in the meantime.
            if late >= TOO_LATE or self._rate_limiter.blocked_for(self._keys):
                self._renew(late)

    def trace(self, event: str, _info: dict[str, Any]) -> None:
        """Handle a step of the HTTP client. Raises SendLater."""
        if event != _READY:
            return
        late = self._clock.monotonic() - self._due
        if late >= TOO_LATE:
            self.sent = False
            self._renew(late)
            if self._pause > _LONGEST_WITH_CONNECTION:
                raise SendLater
            self.wait()
            self.sent = True
        self._on_send()

    def _too_far(self) -> Throttled:
        """Return the error for a wait that is too long. Only a daily limit blocks for hours."""
        pause, blocked = timedelta(seconds=self._pause), self._rate_limiter.blocked_for(self._keys)
        if blocked > LONGEST_WAIT:
            until = self._time(blocked)
            return Throttled(
                f"TikTok's limit for this day is reached; the next day begins at {until}",
                pause=pause,
            )
        due = self._time(self._pause)
        return Throttled(
            f"TikTok's limits delay this request until {due}",
            pause=pause,
        )

    def _time(self, seconds: float) -> str:
        """Return the minute that is nearest to this many seconds from now."""
        return f"{self._clock.now() + timedelta(seconds=seconds + 30):%Y-%m-%d %H:%M} UTC"

    def _renew(self, late: float) -> None:
        self._pause = self._rate_limiter.reserve(self._keys, release_age=late)
        self._due = self._clock.monotonic() + self._pause
