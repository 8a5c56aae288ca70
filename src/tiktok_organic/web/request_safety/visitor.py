"""The origin of a request."""

from __future__ import annotations

from fastapi import Request

from tiktok_organic.actions.people.record_security_event import Visitor, record
from tiktok_organic.web.request_safety.cookies import read_cookie
from tiktok_organic.web.site import site_of

__all__ = ["DEVICE", "record_connector", "visitor_of"]

DEVICE = "tiktok_organic_device"
"""The cookie of a browser in which a person has logged in.

It grants nothing, but such a browser is not slowed down by the wrong attempts of others.
"""


def visitor_of(request: Request) -> Visitor:
    """Return the address of the client (behind trusted proxies), its browser and device."""
    return Visitor(
        address=request.client.host if request.client is not None else "",
        browser=request.headers.get("user-agent", ""),
        device=read_cookie(request, DEVICE)[:100],
    )


def record_connector(request: Request, who: str, what: str) -> None:
    """Record a change of a connector; "" is none."""
    if what:
        app = site_of(request).app
        record(app, "connector", "success", who, visitor_of(request), what)
