"""Asks TikTok, one request at a time: paced, counted, archived, repeated when that can help.

Two calls read everything: `business/get/` (document 1762228399168514) and `business/video/list/` (document
1762228421622786). The network is httpx2's; a test gives it a transport that is a callable.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlencode

import httpx2

from tiktok_organic import retry
from tiktok_organic.clock import Clock
from tiktok_organic.errors import (
    ReconnectNeeded,
    Throttled,
    TikTokOrganicError,
    TokenRejected,
    Unreachable,
    Unreadable,
)
from tiktok_organic.tiktok import protocol
from tiktok_organic.tiktok.pacing import Limits, Meter, keys_for
from tiktok_organic.tiktok.redaction import without, without_text
from tiktok_organic.tiktok.reply import Reply, received
from tiktok_organic.tiktok.turn import NotYet, Turn

__all__ = ["LARGEST_PAGE", "Exchange", "Listener", "TikTok", "TokenSource", "Wire", "http_client"]

LARGEST_PAGE = 20
_NAP = 5.0
"""Seconds. A wait is slept in parts, and announced before each of them: whoever is told can end it there."""
BUSINESS_GET = "business/get/"
VIDEO_LIST = "business/video/list/"

T = TypeVar("T")


class TokenSource(Protocol):
    """Where access tokens come from."""

    def current(self) -> str:
        """A token that is good for at least a few minutes. Raises ReconnectNeeded."""

    def renewed(self, rejected: str) -> str:
        """Another token than the rejected one. Raises ReconnectNeeded when there is none to be had."""


@dataclass(frozen=True)
class Exchange:
    """One request and what came back, as the archive keeps it. `body` has no token in it."""

    endpoint: str
    parameters: Mapping[str, str]
    status: int
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    number: int = 0


class Listener(Protocol):
    """Is told of every answer before it is used, and of every wait."""

    def answered(self, exchange: Exchange) -> int:
        """Keep it; its number within the run."""

    def waiting(self, seconds: float, reason: str) -> None:
        """The client is about to wait."""


def http_client(
    transport: httpx2.BaseTransport | None = None, *, encrypted: bool = True
) -> httpx2.Client:
    """The HTTP client of the product: no redirects (they would carry tokens away), patient with slow answers.

    `encrypted`: for https addresses, whose certificates are always checked; without it only http ones may be asked.
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
class Wire:
    """Sends requests and counts them; knows nothing of what they mean.

    `requests` is the number of requests that left this machine, repeats and renewals included; `sending` is told of
    each at the instant when it leaves. `waiting` is told of every wait, and again every few seconds of what is left of
    it.
    """

    http: httpx2.Client
    api_url: str
    app: str
    clock: Clock
    meter: Meter
    limits: Limits = field(default_factory=Limits)
    waiting: Callable[[float, str], None] = lambda seconds, reason: None
    sending: Callable[[], None] = lambda: None
    requests: int = 0
    throttled: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def send(
        self,
        method: str,
        endpoint: str,
        *,
        account: str | None = None,
        hidden: Sequence[str] = (),
        **request: Any,
    ) -> Reply:
        """One request, at its turn. Raises Unreachable, with a text that holds none of the `hidden`."""
        turn = Turn(
            self.meter,
            keys_for(self.limits, self.app, account, endpoint),
            self.clock,
            self.wait,
            self.sending,
        )
        url = f"{self.api_url.rstrip('/')}/{endpoint}"
        if "params" in request:  # httpx2 would take the address apart twice
            url += f"?{urlencode(request.pop('params'), quote_via=quote)}"
        while True:
            turn.wait()
            with suppress(NotYet):
                return self._exchange(method, url, turn, hidden, request)

    def _exchange(
        self, method: str, url: str, turn: Turn, hidden: Sequence[str], request: dict[str, Any]
    ) -> Reply:
        """Send it and read what comes back. Raises Unreachable, and NotYet when it has to wait for another turn."""
        sent, began = True, self.clock.monotonic()
        try:
            with self.http.stream(
                method, url, extensions={"trace": turn.trace}, **request
            ) as response:
                return received(response, self.clock, began)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            sent = False
            raise Unreachable(f"no connection to {host(url)}: {reason(error)}") from error
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            sent = False
            raise Unreachable(f"{self.api_url!r} cannot be asked: {reason(error)}") from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            why = protocol.printable(without_text(reason(error), hidden))  # it may quote what came
            raise Unreachable(f"the connection to {host(url)} broke: {why}") from None
        finally:
            if sent and turn.left:
                self._count()

    def slow_down(self, error: Throttled, pause: float, account: str | None, endpoint: str) -> None:
        """A throttled answer slows down whoever shares the limit that it names."""
        self.throttled += 1
        scope = "minute" if error.limit in ("minute", "day") else "second"
        if error.limit == "minute" and account is not None and "account" in error.message.lower():
            self.meter.hold(f"account:{account}:{endpoint}", pause)
        else:
            self.meter.hold(f"app:{self.app}:{scope}", pause)

    def wait(self, seconds: float, why: str) -> None:
        until = self.clock.monotonic() + seconds
        left = seconds
        while left > 0:
            self.waiting(left, why)
            self.clock.sleep(min(left, _NAP))
            if left <= _NAP:
                return
            left = until - self.clock.monotonic()

    def _count(self) -> None:
        with self._lock:
            self.requests += 1


def reason(error: Exception) -> str:
    """What went wrong with a connection, in few words."""
    return str(error).strip() or type(error).__name__


def host(url: str) -> str:
    """The host of an address, for messages."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]


class TikTok:
    """One account's view of the API. Every call may raise ReconnectNeeded, NotPermitted, FieldRefused, TryAgain."""

    def __init__(
        self, wire: Wire, account_id: str, tokens: TokenSource, listener: Listener
    ) -> None:
        self._wire = wire
        self._account_id = account_id
        self._tokens = tokens
        self._listener = listener

    def business_get(
        self, fields: tuple[str, ...], days: tuple[date, date] | None, read: Callable[[bytes], T]
    ) -> tuple[int, T]:
        """The account and its days from the first to the last of `days` (UTC, inclusive); `read` makes sense of `data`.

        Answers the number of the exchange that was used, and what `read` made of it.
        """
        parameters = {"fields": _list(fields)}
        if days is not None:
            parameters |= {"start_date": days[0].isoformat(), "end_date": days[1].isoformat()}
        return self.call(BUSINESS_GET, parameters, read)

    def video_list(
        self, fields: tuple[str, ...], cursor: int | None, read: Callable[[bytes], T]
    ) -> tuple[int, T]:
        """One page of videos older than `cursor` (unix milliseconds; None: from the newest)."""
        parameters = {"fields": _list(fields), "max_count": str(LARGEST_PAGE)}
        if cursor is not None:
            parameters["cursor"] = str(cursor)
        return self.call(VIDEO_LIST, parameters, read)

    def call(
        self, endpoint: str, parameters: dict[str, str], read: Callable[[bytes], T]
    ) -> tuple[int, T]:
        """Ask until there is a readable answer, or no reason to ask again.

        An answer that stays unreadable but has a usable part (`Unreadable.usable`) ends in that part.
        """
        renewed, failures = False, 0
        while True:
            token = self._tokens.current()
            number = 0
            try:
                number, answer = self._ask(endpoint, parameters, token)
                return number, read(answer.data)
            except TokenRejected as error:
                if renewed:
                    raise ReconnectNeeded(
                        f"TikTok does not accept a renewed token either: {error.message}"
                    ) from error
                renewed = True
                self._tokens.renewed(token)
            except TikTokOrganicError as error:
                failures += 1
                if not self._wait_after(error, failures, endpoint):
                    if isinstance(error, Unreadable) and error.usable is not None:
                        return number, error.usable  # type: ignore[return-value] # made by `read`, of its type
                    raise

    def _ask(
        self, endpoint: str, parameters: dict[str, str], token: str
    ) -> tuple[int, protocol.Answer]:
        reply = self._wire.send(
            "GET",
            endpoint,
            account=self._account_id,
            params={"business_id": self._account_id, **parameters},
            hidden=[token],
            headers={"Access-Token": token},
        )
        headers = {name: without_text(value, [token]) for name, value in reply.headers.items()}
        body = without(reply.body, [token])
        now = self._wire.clock.now()
        number = self._listener.answered(
            Exchange(endpoint, dict(parameters), reply.status, headers, body, received_at=now)
        )
        return number, protocol.decode(reply.status, headers, body, now=now)

    def _wait_after(self, error: TikTokOrganicError, failures: int, endpoint: str) -> bool:
        pause = retry.next_request(error, failures)
        if pause is None:
            if isinstance(error, Throttled) and error.limit == "day" and error.pause is not None:
                self._wire.slow_down(error, error.pause.total_seconds(), self._account_id, endpoint)
            return False
        seconds = pause.total_seconds()
        if isinstance(error, Throttled):
            self._wire.slow_down(error, seconds, self._account_id, endpoint)
        self._wire.wait(seconds, error.message)
        return True


def _list(fields: tuple[str, ...]) -> str:
    """How TikTok wants a list of fields: a JSON array as text."""
    return json.dumps(list(fields), separators=(",", ":"))
