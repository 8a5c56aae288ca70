"""The origin of a request."""

from __future__ import annotations

from fastapi import Request

from tiktok_organic.actions.sign_in import Visitor

__all__ = ["DEVICE", "visitor_of"]

DEVICE = "tiktok_organic_device"
"""The cookie of a browser in which a person has logged in.

It grants nothing, but such a browser is not slowed down by the wrong attempts of others.
"""


def visitor_of(request: Request) -> Visitor:
    """Return the address of the client (behind trusted proxies), its browser and device."""
    return Visitor(
        address=request.client.host if request.client is not None else "",
        browser=request.headers.get("user-agent", ""),
        device=request.cookies.get(DEVICE, "")[:100],
    )
