"""Proxies in front of the page: which of them are trusted, and the address of the client."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tiktok_organic.settings import listed

__all__ = ["BehindProxies", "direct_peer", "is_trusted"]


class BehindProxies:
    """Stores the direct peer, then lets the proxies of TRUSTED_PROXIES name their client.

    The server's own handling of these headers is off: it would lose the peer, which alone decides
    whether PROXY_AUTH_HEADER counts.
    """

    def __init__(self, app: ASGIApp, trusted_proxies: str) -> None:
        self._app = ProxyHeadersMiddleware(
            app,  # type: ignore[arg-type]  # Starlette's and uvicorn's words for the same
            list(listed(trusted_proxies)),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("client"):
            host, port = scope["client"]
            scope["client"] = (_plain(host), port)
            scope.setdefault("state", {})["peer"] = _plain(host)
        await self._app(scope, receive, send)  # type: ignore[arg-type]  # as above


def direct_peer(connection: HTTPConnection) -> str:
    """Return the address of the direct peer, whatever its headers contain; "" if unknown."""
    return str(getattr(connection.state, "peer", ""))


def is_trusted(address: str, trusted_proxies: str) -> bool:
    """Whether that address is one of TRUSTED_PROXIES."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(one) for one in listed(trusted_proxies))


def _plain(host: str) -> str:
    """Return the IPv4 address of a peer that an IPv6 socket accepted."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return host if mapped is None else str(mapped)
