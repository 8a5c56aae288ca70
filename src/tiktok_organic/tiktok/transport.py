"""The HTTP side of one TikTok address: sends requests within TikTok's limits and counts them.

httpx2 is the network; a test passes an httpx2 transport that is a function.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx2

from tiktok_organic.clock import Clock
from tiktok_organic.errors import Throttled, TikTokOrganicError, Unreachable
from tiktok_organic.retry_pauses import next_request
from tiktok_organic.settings.tiktok_rate_limits import Limits
from tiktok_organic.tiktok.answer_envelope import Answer, decode
from tiktok_organic.tiktok.answer_headers import clock_difference
from tiktok_organic.tiktok.http_client import DEADLINE
from tiktok_organic.tiktok.limited_body import Reply, received
from tiktok_organic.tiktok.printable_text import printable
from tiktok_organic.tiktok.rate_limits.rate_limiter import RateLimiter, keys_for
from tiktok_organic.tiktok.rate_limits.reservation import Reservation, SendLater
from tiktok_organic.tiktok.replace_secrets import replace_secrets_in_text

__all__ = ["OutOfTime", "Patience", "Transport", "Usage"]

# Seconds. A wait is slept in parts, and `on_wait` is called before each, so that it can end the
# wait.
_NAP = 5.0


class OutOfTime(Unreachable):
    """The attempt has no time left for another request: repeating one at once cannot help."""


@dataclass(frozen=True)
class Patience:
    """How long TikTok's answers may take, in seconds.

    `exchange`: one request until the last byte of its answer; a page takes seconds, and during this
    time the connector or the lock of its tokens is occupied. `attempt` + `each` x answers: all
    requests of an attempt together, without the waits for limits, so that a large account has the
    time it needs.
    """

    exchange: float = 180.0
    attempt: float = 900.0
    each: float = 15.0


@dataclass
class Usage:
    """Usage of an attempt. Several transports may add to one object."""

    requests: int = 0
    """Requests sent by this machine, including repeats and renewals."""
    throttled: int = 0
    """Throttled answers."""
    answers: int = 0
    """Complete answers, whatever their content."""
    seconds: float = 0.0
    """Time spent on requests, from sending to the last byte; concurrent requests add up."""
    proven: bool = False
    """Whether the API has answered at this address, now or when the account was connected."""
    clock_difference: timedelta | None = None
    """TikTok's clock minus this machine's: the smallest difference of all `Date` headers."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    @property
    def clock_ahead(self) -> float | None:
        """Seconds that this clock is ahead of TikTok's; None without a dated answer."""
        known = self.clock_difference
        return None if known is None else -known.total_seconds()

    def add_request(self, seconds: float) -> None:
        with self._lock:
            self.requests += 1
            self.seconds += seconds

    def add_throttled(self) -> None:
        with self._lock:
            self.throttled += 1

    def add_answer(self, difference: timedelta | None) -> None:
        with self._lock:
            self.answers += 1
            known = self.clock_difference
            # An answer that was on its way for long looks old, so the smallest difference is the
            # best.
            if difference is not None and (known is None or abs(difference) < abs(known)):
                self.clock_difference = difference


@dataclass(frozen=True)
class Transport:
    """Sends requests without interpreting them.

    `on_wait` is called with the remaining seconds and the reason before each part of a wait; it may
    raise to end the wait. `on_send` is called when a request is sent.
    """

    http: httpx2.Client
    api_url: str
    app: str
    clock: Clock
    rate_limiter: RateLimiter
    limits: Limits = field(default_factory=Limits)
    on_wait: Callable[[float, str], None] = lambda seconds, reason: None
    on_send: Callable[[], None] = lambda: None
    usage: Usage = field(default_factory=Usage)
    patience: Patience = field(default_factory=Patience)

    def send(
        self,
        method: str,
        endpoint: str,
        *,
        account: str | None = None,
        hidden: Sequence[str] = (),
        **request: Any,
    ) -> Reply:
        """Send one request when the limits allow it, and read the whole answer.

        Raises Unreachable with a text that contains none of `hidden`, and Throttled if the limits
        would delay the request too long.
        """
        # Before a slot of the limits is reserved: an attempt without time must not occupy one.
        self._seconds_left()
        reservation = Reservation(
            self.rate_limiter,
            keys_for(self.limits, self.app, account, endpoint),
            self.clock,
            self.wait,
            self.on_send,
        )
        url = f"{self.api_url.rstrip('/')}/{endpoint}"
        if "params" in request:  # httpx2 would parse the address twice
            url += f"?{urlencode(request.pop('params'), quote_via=quote)}"
        while True:
            reservation.wait()
            with suppress(SendLater):
                return self._exchange(method, url, reservation, hidden, request)

    def decode(self, reply: Reply) -> Answer:
        """Return the API's answer in `reply`, or raise the error that it means."""
        answer = decode(
            reply.status,
            reply.headers,
            reply.body,
            now=self.clock.now(),
            proven=self.usage.proven,
        )
        self.usage.proven = True
        return answer

    def _exchange(
        self,
        method: str,
        url: str,
        reservation: Reservation,
        hidden: Sequence[str],
        request: dict[str, Any],
    ) -> Reply:
        """Send the request and read the answer. Raises Unreachable, or SendLater."""
        sent, began, left = True, self.clock.monotonic(), self._seconds_left()
        extensions = {"trace": reservation.trace, DEADLINE: began + left}
        try:
            with self.http.stream(method, url, extensions=extensions, **request) as response:
                reply = received(response)
        # Nothing was sent, so TikTok has not counted the request.
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            sent = False
            raise Unreachable(f"no connection to {host(url)}: {reason(error)}") from error
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError) as error:
            sent = False
            raise Unreachable(f"{self.api_url!r} cannot be asked: {reason(error)}") from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            # Our own deadline, whichever layer of the client has noticed it first.
            if self.clock.monotonic() >= began + left:
                raise Unreachable(
                    f"the answer of {host(url)} was not complete after {left:.0f} seconds"
                ) from None
            why = printable(replace_secrets_in_text(reason(error), hidden))  # may quote the answer
            raise Unreachable(f"the connection to {host(url)} broke: {why}") from None
        else:
            self.usage.add_answer(clock_difference(reply.headers, self.clock.now()))
            return reply
        finally:
            if sent and reservation.sent:
                self.usage.add_request(min(left, self.clock.monotonic() - began))

    def _seconds_left(self) -> float:
        """Return the longest time for one more request.

        Raises OutOfTime if the attempt has none left.
        """
        usage, patience = self.usage, self.patience
        left = patience.attempt + patience.each * usage.answers - usage.seconds
        if left <= 0:
            raise OutOfTime(
                f"TikTok's answers took {usage.seconds / 60:.0f} minutes in this attempt, for "
                f"{usage.answers} answers"
            )
        return min(left, patience.exchange)

    def pause_after(self, error: TikTokOrganicError, failures: int) -> timedelta | None:
        """Return the pause before a failed request is repeated; None: do not repeat it."""
        return None if isinstance(error, OutOfTime) else next_request(error, failures)

    def slow_down(self, error: Throttled, pause: float, account: str | None, endpoint: str) -> None:
        """Block the limit that a throttled answer names, for everyone who shares it."""
        self.usage.add_throttled()
        scope = "minute" if error.limit in ("minute", "day") else "second"
        # Only the message says whose limit was reached; in doubt it is the app's, which all share.
        if error.limit == "minute" and account is not None and "account" in error.message.lower():
            self.rate_limiter.block(f"account:{account}:{endpoint}", pause)
        else:
            self.rate_limiter.block(f"app:{self.app}:{scope}", pause)

    def wait(self, seconds: float, why: str) -> None:
        """Sleep, and call `on_wait` every few seconds."""
        until = self.clock.monotonic() + seconds
        left = seconds
        while left > 0:
            self.on_wait(left, why)
            self.clock.sleep(min(left, _NAP))
            if left <= _NAP:
                return
            left = until - self.clock.monotonic()


def reason(error: Exception) -> str:
    """Describe the error of a connection in a few words."""
    return str(error).strip() or type(error).__name__


def host(url: str) -> str:
    """Return the host of an address, for messages."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]
