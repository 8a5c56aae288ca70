"""The HTTP side of one TikTok address: sends requests within TikTok's limits and counts them.

The network is httpx2's; a test passes an httpx2 transport that is a function.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import httpx2

from tiktok_organic.clock import Clock
from tiktok_organic.errors import Throttled, Unreachable
from tiktok_organic.tiktok import protocol
from tiktok_organic.tiktok.rate_limit import Limits, RateLimiter, keys_for
from tiktok_organic.tiktok.redaction import without_text
from tiktok_organic.tiktok.reply import Reply, received
from tiktok_organic.tiktok.reservation import Reservation, SendLater

__all__ = ["Transport", "Usage", "http_client"]

_NAP = 5.0
"""Seconds. A wait is slept in parts and `on_wait` is called before each, so that it can end the wait."""


def http_client(
    transport: httpx2.BaseTransport | None = None, *, encrypted: bool = True
) -> httpx2.Client:
    """Make the HTTP client of the product. It follows no redirect, which would carry tokens away.

    `encrypted`: for https addresses, whose certificates are always checked. Without it only http
    addresses can be asked.
    """
    return httpx2.Client(
        transport=transport,
        verify=encrypted,
        timeout=httpx2.Timeout(60.0, connect=10.0),
        limits=httpx2.Limits(
            max_connections=16, max_keepalive_connections=16, keepalive_expiry=30.0
        ),
        follow_redirects=False,
        headers={"User-Agent": "tiktok-organic", "Accept": "application/json"},
    )


@dataclass
class Usage:
    """What an attempt used. Several transports may add to one object."""

    requests: int = 0
    """Requests that left this machine, repeats and renewals included."""
    throttled: int = 0
    """Answers that said that a limit was exceeded."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def add_request(self) -> None:
        with self._lock:
            self.requests += 1

    def add_throttled(self) -> None:
        with self._lock:
            self.throttled += 1


@dataclass(frozen=True)
class Transport:
    """Sends requests without knowing what they mean.

    `on_wait` is called with the remaining seconds and the reason before each part of a wait; it may
    raise to end the wait. `on_send` is called at the instant when a request leaves.
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

        Raises Unreachable with a text that contains none of `hidden`, and Throttled when the limits
        would delay the request too long.
        """
        reservation = Reservation(
            self.rate_limiter,
            keys_for(self.limits, self.app, account, endpoint),
            self.clock,
            self.wait,
            self.on_send,
        )
        url = f"{self.api_url.rstrip('/')}/{endpoint}"
        if "params" in request:  # httpx2 would take the address apart twice
            url += f"?{urlencode(request.pop('params'), quote_via=quote)}"
        while True:
            reservation.wait()
            with suppress(SendLater):
                return self._exchange(method, url, reservation, hidden, request)

    def _exchange(
        self,
        method: str,
        url: str,
        reservation: Reservation,
        hidden: Sequence[str],
        request: dict[str, Any],
    ) -> Reply:
        """Send it and read the answer. Raises Unreachable, or SendLater."""
        sent, began = True, self.clock.monotonic()
        try:
            with self.http.stream(
                method, url, extensions={"trace": reservation.trace}, **request
            ) as response:
                return received(response, self.clock, began)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            sent = False
            raise Unreachable(f"no connection to {host(url)}: {reason(error)}") from error
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            sent = False
            raise Unreachable(f"{self.api_url!r} cannot be asked: {reason(error)}") from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            why = protocol.printable(without_text(reason(error), hidden))  # may quote the answer
            raise Unreachable(f"the connection to {host(url)} broke: {why}") from None
        finally:
            if sent and reservation.sent:
                self.usage.add_request()

    def slow_down(self, error: Throttled, pause: float, account: str | None, endpoint: str) -> None:
        """Block the limit that a throttled answer names, for everyone who shares it."""
        self.usage.add_throttled()
        scope = "minute" if error.limit in ("minute", "day") else "second"
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
    """What went wrong with a connection, in few words."""
    return str(error).strip() or type(error).__name__


def host(url: str) -> str:
    """The host of an address, for messages."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]
