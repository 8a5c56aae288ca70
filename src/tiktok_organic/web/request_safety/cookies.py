"""The cookies of the page: how they are named, set and read.

Under https a name that begins with `__Host-` is used: browsers accept it from this very host only,
never from a neighbour domain.
"""

from __future__ import annotations

from fastapi import Request, Response

from tiktok_organic.web.site import site_of

__all__ = ["cookie_name", "delete_cookie", "read_cookie", "set_cookie"]


def cookie_name(request: Request, name: str) -> str:
    """The name under which the browser keeps the cookie."""
    return f"__Host-{name}" if site_of(request).is_secure(request) else name


def read_cookie(request: Request, name: str) -> str:
    """The value; "" if none exists."""
    return request.cookies.get(cookie_name(request, name), "")


def set_cookie(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    """Let the browser keep a value that no script may read."""
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=seconds,
        path=_path(request),
        secure=site_of(request).is_secure(request),
        httponly=True,
        # `strict` would omit the cookie when TikTok redirects back to the page after a consent, and
        # the person would seem to be logged out.
        samesite="lax",
    )


def delete_cookie(request: Request, response: Response, name: str) -> None:
    """Let the browser forget it."""
    response.delete_cookie(
        cookie_name(request, name),
        path=_path(request),
        secure=site_of(request).is_secure(request),
    )


def _path(request: Request) -> str:
    site = site_of(request)
    return "/" if site.is_secure(request) else site.prefix or "/"  # `__Host-` asks for "/"
