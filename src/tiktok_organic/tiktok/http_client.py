"""The HTTP client for one TikTok address: proxy and certificates from the environment, deadlines.

httpx2 limits only the pause between two bytes, so an answer whose header, interim answers or chunk
extensions arrive byte by byte could take days. Here each request has a deadline that no read or
write of its connection exceeds.
"""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2

from tiktok_organic.clock import Clock, SystemClock
from tiktok_organic.tiktok.proxy_and_certificates import proxy_for, trusted_certificates

__all__ = ["DEADLINE", "http_client"]


DEADLINE = "deadline"
"""The request extension that carries a deadline, in seconds of `Clock.monotonic`."""
# More than the workers of a list of videos, so that a page does not wait for a connection.
_CONNECTIONS = 16


def http_client(
    api_url: str,
    transport: httpx2.BaseTransport | None = None,
    *,
    clock: Clock | None = None,
    environment: Mapping[str, str] = os.environ,
) -> httpx2.Client:
    """Create the client for requests to `api_url`.

    It follows no redirects, because they would send tokens to another host. `transport` replaces
    the network. `environment` has the proxy (`HTTPS_PROXY`, `NO_PROXY`, …) and the certificates
    (`SSL_CERT_FILE`, `SSL_CERT_DIR`). Certificates of https addresses are always checked. Raises
    BadValue with the variable's name if a value cannot be used.
    """
    return httpx2.Client(
        transport=transport or _Network(api_url, clock or SystemClock(), environment),
        # httpx2 would read the proxies itself and report an unusable one without its variable's
        # name.
        trust_env=False,
        timeout=httpx2.Timeout(60.0, connect=10.0),
        follow_redirects=False,
        headers={"User-Agent": "tiktok-organic", "Accept": "application/json"},
    )


class _Network(httpx2.HTTPTransport):
    """httpx2's transport with a pool whose connections apply the deadline of their request.

    httpx2 has no argument for it, so its attribute `_pool` is set here; a test with a raw socket
    server fails if that stops working.
    """

    def __init__(self, api_url: str, clock: Clock, environment: Mapping[str, str]) -> None:
        scheme, host = _scheme_and_host(api_url)
        self._backend = _Backend(clock)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=trusted_certificates(environment) if scheme == "https" else None,
            proxy=proxy_for(scheme, host, environment),
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_CONNECTIONS,
            keepalive_expiry=30.0,
            network_backend=self._backend,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request. The same thread must read the answer's body."""
        self._backend.deadline.at = request.extensions.get(DEADLINE)
        return super().handle_request(request)


def _scheme_and_host(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        return parts.scheme.lower(), parts.hostname or ""
    except ValueError:
        return "", ""  # sending the request raises the error about the address


class _Deadline(threading.local):
    """The deadline of the request that a thread is sending; None without one."""

    at: float | None = None


class _Backend(httpcore2.NetworkBackend):
    """Opens connections whose reads and writes end at the thread's deadline."""

    def __init__(self, clock: Clock) -> None:
        self._plain = httpcore2.SyncBackend()
        self._clock = clock
        self.deadline = _Deadline()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        stream = self._plain.connect_tcp(
            host,
            port,
            self.left(timeout, httpcore2.ConnectTimeout),
            local_address,
            socket_options,
        )
        return _Stream(stream, self)

    def left(self, timeout: float | None, error: type[Exception]) -> float | None:
        """Return `timeout`, or the time to the deadline if that is shorter.

        Raises `error` after it.
        """
        if self.deadline.at is None:
            return timeout
        seconds = self.deadline.at - self._clock.monotonic()
        if seconds <= 0:
            raise error("the deadline has passed")
        return seconds if timeout is None else min(timeout, seconds)


class _Stream(httpcore2.NetworkStream):
    """A connection that serves one request after another, each with its own deadline."""

    def __init__(self, stream: httpcore2.NetworkStream, backend: _Backend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._backend.left(timeout, httpcore2.ReadTimeout)
        # The timeout of httpx2 restarts with every byte received. A server that sends a byte a
        # minute would hold a sync for hours, so each read gets what is left of the deadline.
        data = self._stream.read(max_bytes, left)
        self._backend.left(timeout, httpcore2.ReadTimeout)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._backend.left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._backend.left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
