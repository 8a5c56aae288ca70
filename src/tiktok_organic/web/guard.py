"""Roles and access: who may call which route, and the security headers.

Every route that is not public names one of the roles here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tiktok_organic.actions.second_factor import is_missing
from tiktok_organic.errors import NotFound, Refused
from tiktok_organic.store.people import Person
from tiktok_organic.store.sessions import LONGEST
from tiktok_organic.web.allowed_hosts import AllowedHosts
from tiktok_organic.web.cookies import delete_cookie, read_cookie, set_cookie
from tiktok_organic.web.proxy_sign_on import person_named_by_proxy
from tiktok_organic.web.request_size_limit import LARGEST_BODY, Counted, too_large
from tiktok_organic.web.site import site_of

__all__ = [
    "COOKIE",
    "Editor",
    "Guard",
    "NotAllowed",
    "NotLoggedIn",
    "Owner",
    "SecondFactorMissing",
    "SignedIn",
    "Viewer",
    "begin_session",
    "current_person",
    "forget_session",
    "is_still_here",
    "renew_session",
    "session_token",
]

COOKIE = "tiktok_organic_session"
HEALTH = "/healthz"

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src "
        "'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_HSTS = "max-age=31536000"
_TOO_LARGE = 413
# The event's text for a request that was refused with that status.
_BLOCKED = {421: "unknown host", 403: "sent by another site", _TOO_LARGE: "too large"}
NoteBlocked = Callable[[Scope, str, Mapping[str, str]], Awaitable[None]]
_SAFE = ("GET", "HEAD", "OPTIONS")
_API = "/api/v1/"


class NotLoggedIn(Exception):
    """The visitor is not logged in: the page shows the login, the API answers 401."""


class SecondFactorMissing(Exception):
    """A person who has to set up a second factor before anything else."""


class NotAllowed(Exception):
    """The person's role is not sufficient."""

    def __init__(self, needed: str) -> None:
        super().__init__(needed)
        self.needed = needed


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


def _signed_in(request: Request) -> Person:
    person = current_person(request)
    if person is None:
        raise NotLoggedIn
    request.state.person = person
    return person


def _viewer(request: Request, person: Annotated[Person, Depends(_signed_in)]) -> Person:
    by_proxy = getattr(request.state, "signed_on_by_proxy", False)
    if not by_proxy and is_missing(site_of(request).app, person):
        raise SecondFactorMissing
    return person


def _editor(person: Annotated[Person, Depends(_viewer)]) -> Person:
    if person.role not in ("owner", "editor"):
        raise NotAllowed("editor")
    return person


def _owner(person: Annotated[Person, Depends(_viewer)]) -> Person:
    if person.role != "owner":
        raise NotAllowed("owner")
    return person


SignedIn = Annotated[Person, Depends(_signed_in)]
"""Also a person who has to set up a second factor first."""
Viewer = Annotated[Person, Depends(_viewer)]
Editor = Annotated[Person, Depends(_editor)]
Owner = Annotated[Person, Depends(_owner)]


class Guard:
    """Refuses foreign hosts, changes from another site, and bodies that are too large.

    After each route it adds headers. A change is accepted if the browser reports that it comes from
    our own pages (Sec-Fetch-Site), or, from browsers that do not report it, if Origin is ours. The
    API checks a token and no cookie; no browser adds a token automatically.
    """

    def __init__(
        self, app: ASGIApp, public_url: str, hosts: AllowedHosts, note: NoteBlocked
    ) -> None:
        self._app = app
        self._note = note
        self._public = _origin(public_url) if public_url else ""
        whole_host = not urlsplit(public_url).path.strip("/")
        self._hsts = f"{_HSTS}; includeSubDomains" if whole_host else _HSTS
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        hsts = self._hsts if self._is_secure(scope) else ""
        state = scope.setdefault("state", {})
        sending = _with_headers(noting, hsts, state)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, sending)
            await self._note(scope, _BLOCKED[refusal.status_code], headers)
            return
        await Counted(self._app, LARGEST_BODY)(scope, receive, sending)
        if status == _TOO_LARGE:
            await self._note(scope, _BLOCKED[_TOO_LARGE], headers)

    def _is_secure(self, scope: Scope) -> bool:
        return self._public.startswith("https:") or scope["scheme"] == "https"

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        # Load balancers check /healthz by IP address. Any other unknown host may be a DNS rebinding
        # attack, in which a foreign name points at this server.
        if scope["path"] != HEALTH and not self._hosts.allows(headers.get("host", "")):
            return PlainTextResponse(
                "This name of the server is not known here. TIKTOK_ORGANIC_PUBLIC_URL or "
                "TIKTOK_ORGANIC_ALLOWED_HOSTS must name it.",
                421,
            )
        length = headers.get("content-length", "0")
        # `isdigit` accepts digits such as ², on which `int` fails; Python also refuses to convert
        # more than 4,300 digits, hence the slice.
        if not (length.isascii() and length.isdigit()) or int(length[:20]) > LARGEST_BODY:
            return too_large(scope["path"])
        if scope["method"] in _SAFE or scope["path"].startswith(_API):
            return None
        if self._same_site(scope, headers):
            return None
        return PlainTextResponse(
            "This request came from another site, or the browser did not say from where. Reload "
            "the page.",
            403,
        )

    def _same_site(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        fetched_from = headers.get("sec-fetch-site")
        # Browsers set Sec-Fetch-Site and pages cannot change it.
        if fetched_from is not None:
            return fetched_from == "same-origin"
        own = {f"{scope['scheme']}://{headers.get('host', '')}", self._public}
        return headers.get("origin", "") in own - {""}


def _with_headers(send: Send, hsts: str, state: Mapping[str, Any]) -> Send:
    always = {**_HEADERS, "cache-control": "no-store"}
    if hsts:
        always["strict-transport-security"] = hsts

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            present: list[Any] = message.setdefault("headers", [])
            given = {name for name, _ in present}
            for name, value in always.items():
                if name.encode() not in given:
                    present.append((name.encode(), value.encode()))
            if "session_cookie" in state:
                present.append((b"set-cookie", state["session_cookie"].encode("latin-1")))
        await send(message)

    return sending


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
