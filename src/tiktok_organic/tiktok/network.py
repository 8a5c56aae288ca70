"""The HTTP client for one TikTok address: proxy and certificates from the environment, deadlines.

httpx2 limits only the pause between two bytes, so an answer whose header, interim answers or chunk
extensions arrive byte by byte could take days. Here each request has a deadline that no read or
write of its connection exceeds.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpcore2
import httpx2

from tiktok_organic.clock import Clock, SystemClock
from tiktok_organic.errors import BadValue
from tiktok_organic.loopback import is_loopback

__all__ = ["DEADLINE", "http_client"]

DEADLINE = "deadline"
"""The request extension that carries a deadline, in seconds of `Clock.monotonic`."""
_CONNECTIONS = 16
_PROXY_EXAMPLE = "http://proxy.example.com:3128 (or socks5://…)"
_FILE_EXAMPLE = "/etc/ssl/certs/ca-certificates.crt"
_FOLDER_EXAMPLE = "/etc/ssl/certs"


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
            ssl_context=_certificates(environment) if scheme == "https" else None,
            proxy=_proxy(scheme, host, environment),
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


def _certificates(environment: Mapping[str, str]) -> ssl.SSLContext:
    """Return the trusted certificate authorities: those of the environment, else the system's."""
    file, folder = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
    if file:
        try:
            return ssl.create_default_context(cafile=file)
        except (OSError, ValueError) as error:
            problem = f"{file!r} cannot be read as a file of certificates: {error}"
            raise BadValue("SSL_CERT_FILE", problem, example=_FILE_EXAMPLE) from error
    if folder:
        # OpenSSL reads the folders only at each handshake, and the error would then blame TikTok.
        if not any(Path(part).is_dir() for part in folder.split(os.pathsep)):
            problem = f"{folder!r} is not a folder"
            raise BadValue("SSL_CERT_DIR", problem, example=_FOLDER_EXAMPLE)
        return ssl.create_default_context(capath=folder)
    return httpx2.create_ssl_context(trust_env=False)


def _proxy(scheme: str, host: str, environment: Mapping[str, str]) -> httpcore2.Proxy | None:
    """Return the environment's proxy for a host; never one for this machine itself."""
    proxies = _proxies(environment)
    # A proxy would look up 127.0.0.1 on its own machine, and the simulator would not be found.
    if not host or is_loopback(host) or _bypassed(host, proxies.get("no", "")):
        return None
    name = scheme if proxies.get(scheme) else "all"
    value = proxies.get(name, "").strip()
    return _read_proxy(_variable(name, environment), value) if value else None


def _proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies by scheme; `no` lists hosts without one.

    Lower-case names have precedence.
    """
    ordered = sorted(environment.items(), key=lambda item: item[0].islower())
    found = {
        name.lower().removesuffix("_proxy"): value
        for name, value in ordered
        if name.lower().endswith("_proxy")
    }
    if not any(found.values()) and environment is os.environ:
        return getproxies()  # the settings of macOS and Windows
    return found


def _bypassed(host: str, no_proxy: str) -> bool:
    """Whether `NO_PROXY` contains the host: a name, a parent domain, a network, or `*`."""
    return any(_covers(part.strip().lower(), host.lower()) for part in no_proxy.split(","))


def _covers(part: str, host: str) -> bool:
    if part == "*":
        return True
    name = part.removeprefix("*").removeprefix(".")
    if name and (host == name or host.endswith(f".{name}")):
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(part, strict=False)
    except ValueError:
        return False


def _variable(scheme: str, environment: Mapping[str, str]) -> str:
    """Return the variable in the user's spelling."""
    name = f"{scheme}_proxy"
    return name if environment.get(name) else name.upper()


def _read_proxy(variable: str, value: str) -> httpcore2.Proxy:
    """Read a proxy's address. Raises BadValue without its password."""
    address = value if "://" in value else f"http://{value}"
    if address.lower().startswith("socks://"):  # GNOME sets this form
        address = "socks5" + address[len("socks") :]
    try:
        proxy = httpx2.Proxy(address)
    except (ValueError, httpx2.InvalidURL):
        proxy = None
    if proxy is None or not proxy.url.host:
        shown = _without_password(value)
        problem = f"{shown!r} is not the address of a proxy (http, https or socks5)"
        raise BadValue(variable, problem, example=_PROXY_EXAMPLE)
    return httpcore2.Proxy(
        httpcore2.URL(
            scheme=proxy.url.raw_scheme,
            host=proxy.url.raw_host,
            port=proxy.url.port,
            target=proxy.url.raw_path,
        ),
        auth=proxy.raw_auth,
    )


def _without_password(value: str) -> str:
    """A proxy's address with its user and password hidden, also when it is not a valid address."""
    before, at, behind = value.rpartition("@")
    scheme = before.partition("://")[0] + "://" if "://" in before else ""
    return f"{scheme}…@{behind}" if at else value
