"""Limits of the HTTP server that uvicorn does not have: request time, connections, open files."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections import Counter
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from tiktok_organic.settings import listed

__all__ = [
    "LimitedProtocol",
    "limit_accept_errors",
    "raise_open_files",
    "server_options",
]

CONNECTIONS = 800
"""In total; probes of this machine and trusted proxies are exempt."""
CONNECTIONS_OF_A_CLIENT = 100
REQUEST_SECONDS = 20.0
"""Time for a whole request, head and body, to arrive. Bodies are 256 KiB at most."""
UNREAD_SECONDS = 60.0
"""Time for a client to read the 48 KiB that asyncio buffers at most, of a response of any size."""
_OPEN_FILES = 4096


class LimitedProtocol(H11Protocol):
    """One connection: closed if its request does not arrive in time, or if there are too many."""

    of_client: ClassVar[Counter[str]] = Counter()
    request_seconds: ClassVar[float] = REQUEST_SECONDS
    connections_limit: ClassVar[int] = CONNECTIONS
    client_limit: ClassVar[int] = CONNECTIONS_OF_A_CLIENT
    exempt: ClassVar[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]] = ()
    unread_seconds: ClassVar[float] = UNREAD_SECONDS
    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _peer: str = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # asyncio's own protocols narrow it too
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""
        self.of_client[self._peer] += 1
        if not self._is_exempt() and (
            len(self.connections) > self.connections_limit
            or self.of_client[self._peer] > self.client_limit
        ):
            transport.abort()
            return
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        if self._unread is not None:
            self._unread.cancel()
        self.of_client[self._peer] -= 1
        if self.of_client[self._peer] <= 0:
            del self.of_client[self._peer]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._stop_watching()
        self._watch()

    def pause_writing(self) -> None:
        """Start the deadline: the client reads more slowly than the response is sent."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self.unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _is_exempt(self) -> bool:
        try:
            peer = ipaddress.ip_address(self._peer.partition("%")[0])
        except ValueError:
            return False
        return peer.is_loopback or any(peer in network for network in self.exempt)

    def _watch(self) -> None:
        """Run the deadline while a request arrives or the connection is idle."""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_watching()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.request_seconds, self._too_slow)

    def _stop_watching(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        self.transport.abort()


def raise_open_files() -> int:
    """Allow this process as many open files as its connections need; return the allowed number."""
    try:
        import resource
    except ImportError:  # not on Windows
        return 0
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft


class _OnceInAWhile(logging.Filter):
    """Passes one of many equal log lines."""

    def __init__(self, words: str, every: int) -> None:
        super().__init__()
        self._words = words
        self._every = every
        self._seen = 0

    def filter(self, record: logging.LogRecord) -> bool:
        if self._words not in str(record.msg):
            return True
        self._seen += 1
        return self._seen % self._every == 1


def limit_accept_errors() -> None:
    """Log one of 10,000 of asyncio's errors about connections that cannot be accepted."""
    logger = logging.getLogger("asyncio")
    if not any(isinstance(one, _OnceInAWhile) for one in logger.filters):
        logger.addFilter(_OnceInAWhile("socket.accept()", 10_000))


def server_options(trusted_proxies: str) -> dict[str, Any]:
    """Return uvicorn's options for these limits; connections of trusted proxies are exempt."""
    LimitedProtocol.exempt = tuple(ipaddress.ip_network(one) for one in listed(trusted_proxies))
    return {
        "http": LimitedProtocol,
        "timeout_keep_alive": 10,
        "proxy_headers": False,  # see web/request_safety/trusted_proxies.py
    }
