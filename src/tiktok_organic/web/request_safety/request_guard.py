"""Refuse foreign hosts, requests from other sites and large bodies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from fastapi.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tiktok_organic.web.request_safety.allowed_hosts import AllowedHosts
from tiktok_organic.web.request_safety.request_size_limit import LARGEST_BODY, Counted, too_large
from tiktok_organic.web.request_safety.security_headers import https_only, with_security_headers

__all__ = ["Guard"]

HEALTH = "/healthz"

_TOO_LARGE = 413
# The event's text for a request that was refused with that status.
_BLOCKED = {421: "unknown host", 403: "sent by another site", _TOO_LARGE: "too large"}
NoteBlocked = Callable[[Scope, str, Mapping[str, str]], Awaitable[None]]
_SAFE = ("GET", "HEAD", "OPTIONS")
_API = "/api/v1/"


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
        self._hsts = https_only(public_url)
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
        sending = with_security_headers(noting, hsts, state)
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
        # more than 4,300 digits, so only a part is read.
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


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
