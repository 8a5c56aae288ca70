"""The cookie of a session, and the person to whom it belongs."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from tiktok_organic.errors import NotFound, Refused
from tiktok_organic.store.people.people import Person
from tiktok_organic.store.people.sessions import LONGEST
from tiktok_organic.web.request_safety.cookies import delete_cookie, read_cookie, set_cookie
from tiktok_organic.web.sign_in_and_roles.sign_on_by_proxy import person_named_by_proxy
from tiktok_organic.web.site import site_of

__all__ = [
    "COOKIE",
    "begin_session",
    "current_person",
    "forget_session",
    "is_still_here",
    "renew_session",
    "session_token",
]

COOKIE = "tiktok_organic_session"


def session_token(request: Request) -> str:
    renewed: str = getattr(request.state, "session_token", "")
    return renewed or read_cookie(request, COOKIE)


def renew_session(request: Request, token: str) -> None:
    """Continue the session with this token; the response of the request sets the cookie."""
    carrier = Response()
    set_cookie(request, carrier, COOKIE, token, int(LONGEST.total_seconds()))
    request.state.session_token = token
    request.state.session_cookie = carrier.headers["set-cookie"]


def begin_session(request: Request, response: Response, token: str, seconds: int) -> None:
    """Set the cookie with a session's token."""
    set_cookie(request, response, COOKIE, token, seconds)


def forget_session(request: Request, response: Response) -> None:
    """Delete the token's cookie and the browser's cache of our pages.

    The cookie of a known browser remains: it grants nothing, and prevents its person from being
    locked out.
    """
    delete_cookie(request, response, COOKIE)
    # Without "cookies", which would also delete the cookie of the known browser.
    response.headers["clear-site-data"] = '"cache", "storage"'


def current_person(request: Request) -> Person | None:
    """Return the person that a trusted proxy names, or else the person of the session.

    Raises Refused if the proxy names a person without an account.
    """
    named = person_named_by_proxy(request)
    if named is not None:
        return named
    token = session_token(request)
    if not token:
        return None
    site = site_of(request)
    person_id = site.app.sessions.person(token, site.app.clock.now())
    try:
        return site.app.people.get(person_id) if person_id else None
    except NotFound:
        return None


def is_still_here(request: Request) -> bool:
    """Whether the person of a long request may still read."""
    try:
        return current_person(request) is not None
    except Refused:
        return False
