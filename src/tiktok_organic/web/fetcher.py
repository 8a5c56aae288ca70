"""Fetches pictures for the page, and nothing that is not a picture on a public address."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections import OrderedDict
from urllib.parse import urlsplit

import httpx2

__all__ = ["LARGEST", "Fetcher", "Picture", "public_address"]

LARGEST = 2 * 1024 * 1024
_KINDS = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/svg+xml", "image/avif")
_KEPT = 300

Picture = tuple[bytes, str]


class Fetcher:
    """Fetches pictures from public https addresses, and from the simulator's (`trusted`), without following redirects.

    The name is looked up once and the connection goes to that very address, so that a name which means something else
    a moment later leads nowhere else.
    """

    def __init__(self, transport: httpx2.BaseTransport | None = None) -> None:
        self._transport = transport
        self._kept: OrderedDict[str, Picture | None] = OrderedDict()
        self._lock = threading.Lock()

    def picture(self, url: str, trusted: str = "") -> Picture | None:
        """The picture and its type; None when there is none to be had."""
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
            ):
                return None
            address = public_address(parts.hostname)
            if address is None:
                return None
            literal = f"[{address}]" if ":" in address else address
            target = parts._replace(netloc=literal).geturl()
            headers, extensions = {"host": parts.hostname}, {"sni_hostname": parts.hostname}
        client = httpx2.Client(
            transport=self._transport, timeout=5.0, follow_redirects=False, trust_env=False
        )
        with client, client.stream("GET", target, headers=headers, extensions=extensions) as answer:
            return _read(answer)


def public_address(host: str) -> str | None:
    """The address that a name stands for, if all of its addresses are public ones."""
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    if not found or not all(ipaddress.ip_address(one.partition("%")[0]).is_global for one in found):
        return None
    return min(found, key=lambda one: ":" in one)


def _read(answer: httpx2.Response) -> Picture | None:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.status_code != 200 or kind not in _KINDS:
        return None
    body = b""
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > LARGEST:
            return None
    return body, kind
