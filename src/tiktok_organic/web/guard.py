"""Who may do what, and what a browser is told to refuse. Every route that is not public names one of the roles here."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tiktok_organic.errors import NotFound
from tiktok_organic.store.people import Person
from tiktok_organic.web.site import site_of

__all__ = [
    "COOKIE",
    "Editor",
    "Guard",
    "NotAllowed",
    "NotLoggedIn",
    "Owner",
    "Viewer",
    "current_person",
]

COOKIE = "tiktok_organic_session"
LARGEST_BODY = 256 * 1024

_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_SAFE = ("GET", "HEAD", "OPTIONS")
_API = "/api/v1/"


class NotLoggedIn(Exception):
    """A stranger: the page shows the login, the API answers 401."""


class NotAllowed(Exception):
    """A person whose role does not reach."""

    def __init__(self, needed: str) -> None:
        super().__init__(needed)
        self.needed = needed


def current_person(request: Request) -> Person | None:
    """Whose session the cookie names."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    site = site_of(request)
    person_id = site.app.sessions.person(token, site.app.clock.now())
    try:
        return site.app.people.get(person_id) if person_id else None
    except NotFound:
        return None


def _viewer(request: Request) -> Person:
    person = current_person(request)
    if person is None:
        raise NotLoggedIn
    request.state.person = person
    return person


def _editor(person: Annotated[Person, Depends(_viewer)]) -> Person:
    if person.role not in ("owner", "editor"):
        raise NotAllowed("editor")
    return person


def _owner(person: Annotated[Person, Depends(_viewer)]) -> Person:
    if person.role != "owner":
        raise NotAllowed("owner")
    return person


Viewer = Annotated[Person, Depends(_viewer)]
Editor = Annotated[Person, Depends(_editor)]
Owner = Annotated[Person, Depends(_owner)]


class Guard:
    """Before every route: refuse changes that another site has sent, and bodies that nobody needs. After it: headers.

    A change is accepted when the browser says that it comes from our own pages (Sec-Fetch-Site), or, from browsers
    that do not say, when Origin is ours. The API looks at no cookie but at a token, which no browser adds by itself.
    """

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        self._public = _origin(public_url) if public_url else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        refusal = self._refusal(scope, headers)
        if refusal:
            await PlainTextResponse(refusal, 403 if "site" in refusal else 413)(
                scope, receive, _with_headers(send)
            )
            return
        await self._app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: MutableMapping[str, str]) -> str:
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            return "The request is too large."
        if scope["method"] in _SAFE or scope["path"].startswith(_API):
            return ""
        if self._same_site(scope, headers):
            return ""
        return "This request came from another site, or the browser did not say from where. Reload the page."

    def _same_site(self, scope: Scope, headers: MutableMapping[str, str]) -> bool:
        fetched_from = headers.get("sec-fetch-site")
        if fetched_from is not None:
            return fetched_from == "same-origin"
        own = {f"{scope['scheme']}://{headers.get('host', '')}", self._public}
        return headers.get("origin", "") in own - {""}


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            present: list[Any] = message.setdefault("headers", [])
            given = {name for name, _ in present}
            for name, value in {**_HEADERS, "cache-control": "no-store"}.items():
                if name.encode() not in given:
                    present.append((name.encode(), value.encode()))
        await send(message)

    return sending


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
