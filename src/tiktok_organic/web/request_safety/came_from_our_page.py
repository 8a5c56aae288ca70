"""Where a GET that begins something came from."""

from __future__ import annotations

from fastapi import Request

from tiktok_organic.web.site import site_of

__all__ = ["is_from_here"]


def is_from_here(request: Request) -> bool:
    """Whether the person followed a link of ours or typed the address.

    Another site can lead a browser to any address of ours; it must begin nothing there.
    """
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        return fetched_from in ("same-origin", "none")
    base = site_of(request).base_url(request)
    came_from = request.headers.get("referer") or request.headers.get("origin") or ""
    return came_from == base or came_from.startswith(f"{base}/")
