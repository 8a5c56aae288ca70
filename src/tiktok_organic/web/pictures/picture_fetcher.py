"""Fetch pictures for the page, from public addresses only."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections import OrderedDict
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx2

from tiktok_organic.clock import Clock, SystemClock

__all__ = ["LARGEST", "Fetcher", "Picture", "public_address"]

LARGEST = 2 * 1024 * 1024
_KINDS = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/svg+xml", "image/avif")
_KEPT = 300
# Seconds for a whole picture; httpx only limits the wait for each part of it.
_LONGEST = 10.0
# Ranges that `is_global` of Python 3.11 considers public.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "::/96",  # IPv4-compatible
        "64:ff9b::/96",  # NAT64: leads to any IPv4 address
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2002::/16",  # 6to4: the same
        "fec0::/10",
        "ff00::/8",
        "168.63.129.16/32",  # Azure's platform address
        "192.88.99.0/24",
        "224.0.0.0/4",
    )
)

Picture = tuple[bytes, str]


class Fetcher:
    """Fetches pictures from public https addresses, and from the simulator's (`trusted`).

    It does not follow redirects. The name is resolved once, and the connection uses that address,
    so that a name that changes a moment later has no effect.
    """

    def __init__(
        self,
        transport: httpx2.BaseTransport | None = None,
        clock: Clock | None = None,
        allowed: Sequence[str] = (),
    ) -> None:
        """`allowed`: the hosts that may be asked; by default every public one."""
        self._allowed = [one.lower() for one in allowed]
        self._transport = transport
        self._clock = clock or SystemClock()
        self._kept: OrderedDict[str, Picture | None] = OrderedDict()
        self._lock = threading.Lock()

    def picture(self, url: str, trusted: str = "") -> Picture | None:
        """Return the picture and its type; None without one."""
        key = url.partition("?")[0] if trusted and url.startswith(trusted) else url
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        try:
            found = self._fetch(url, trusted)
        except (httpx2.HTTPError, OSError, ValueError):
            return None
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def _fetch(self, url: str, trusted: str) -> Picture | None:
        parts = urlsplit(url)
        target, headers, extensions = url, {}, {}
        if not (trusted and url.startswith(f"{trusted}/")):
            if (
                parts.scheme != "https"
                or not parts.hostname
                or parts.port not in (None, 443)
                or parts.username
                or not is_allowed(parts.hostname, self._allowed)
            ):
                return None
            address = public_address(parts.hostname)
            if address is None:
                return None
            literal = f"[{address}]" if ":" in address else address
            target = parts._replace(netloc=literal).geturl()
            headers, extensions = {"host": parts.hostname}, {"sni_hostname": parts.hostname}
        client = httpx2.Client(
            transport=self._transport,
            timeout=5.0,
            follow_redirects=False,
            trust_env=False,
            verify=parts.scheme == "https",  # reading the system's certificates takes 18 ms
        )
        with (
            client,
            client.stream("GET", target, headers=headers, extensions=extensions) as response,
        ):
            return self._read(response)

    def _read(self, response: httpx2.Response) -> Picture | None:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status_code != 200 or kind not in _KINDS:
            return None
        ends, body = self._clock.monotonic() + _LONGEST, bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LARGEST or self._clock.monotonic() > ends:
                return None
        return bytes(body), kind


def is_allowed(host: str, allowed: Sequence[str]) -> bool:
    """Whether a list contains the host, or a domain above it (`*.example.com`).

    An empty list allows every host.
    """
    below = tuple(one.removeprefix("*") for one in allowed if one.startswith("*."))
    return not allowed or host in allowed or host.endswith(below)


def public_address(host: str) -> str | None:
    """Return the address of a name if all of its addresses are public."""
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    if not found or not all(_is_public(one.partition("%")[0]) for one in found):
        return None
    return min(found, key=lambda one: ":" in one)


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_global and not any(
        address in network for network in _NOT_PUBLIC if network.version == address.version
    )
