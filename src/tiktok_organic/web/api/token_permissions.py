"""The caller of the API: the bearer of a token, with the token's scope and its creator's role."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tiktok_organic.actions.people.record_security_event import Visitor, record
from tiktok_organic.store.people.api_tokens import ApiToken
from tiktok_organic.web.api.problem_details import problem
from tiktok_organic.web.request_safety.visitor import visitor_of
from tiktok_organic.web.site import Site, site_of

__all__ = ["Manager", "Orderer", "Reader", "TokenFirst", "TokenRefused"]

_REACH = {"read": 1, "sync": 2, "manage": 3}
_ROLES = {"viewer": 1, "editor": 3, "owner": 3}

WRONG_TOKENS = 60
"""Maximum of wrong tokens from one machine in a minute; above it the response is 429, not 401."""
_TOO_MANY = 429
_NEEDED = "this needs a valid API token"
_ADVICE = "Make a token under Settings → API tokens and send it as `Authorization: Bearer TOKEN`."
_bearer = HTTPBearer(auto_error=False, description="A token from Settings → API tokens.")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class TokenRefused(Exception):
    def __init__(self, status: int, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.status, self.code, self.advice = status, code, advice

    def response(self) -> Response:
        made = problem(self.status, self.code, str(self), self.advice)
        if self.status == _TOO_MANY:
            made.headers["retry-after"] = "60"
        return made


class TokenFirst:
    """Checks the token before a body is read, so that a stranger cannot use memory."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
            given = token if kind.lower() == "bearer" else ""
            try:
                await run_in_threadpool(_find, self._site, given, visitor_of(Request(scope)))
            except TokenRefused as refused:
                await refused.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _find(site: Site, token: str, visitor: Visitor) -> ApiToken:
    """Return the valid token.

    Raises TokenRefused, and records an invalid token without its text. A token has 256 random bits,
    so it cannot be guessed, and a right one is accepted during any flood of wrong ones: the limit
    makes a program in a loop wait, and does not affect other programs.
    """
    now = site.app.clock.now()
    found = site.app.api_tokens.find(token, now) if token else None
    if found is not None:
        return found
    if token:
        record(site.app, "api_token", "failure", "", visitor, "wrong, revoked or expired")
        if site.wrong_tokens.count(visitor.network, now) > WRONG_TOKENS:
            raise TokenRefused(
                _TOO_MANY,
                "too_many_wrong_tokens",
                "this machine has sent too many wrong API tokens",
                "Replace the token, and wait a minute.",
            )
    raise TokenRefused(401, "unauthorized", _NEEDED, _ADVICE)


def _token(request: Request, credentials: _Credentials) -> ApiToken:
    return _find(
        site_of(request), credentials.credentials if credentials else "", visitor_of(request)
    )


def _reaching(request: Request, needed: str, token: ApiToken) -> ApiToken:
    reach = min(_REACH.get(token.scope, 0), _ROLES.get(token.role, 0))
    if reach < _REACH[needed]:
        what = f"{request.method} {request.url.path[:100]} needs {needed}: {token.name}"
        app = site_of(request).app
        record(app, "access", "blocked", token.email, visitor_of(request), what)
        message = f"this needs the scope {needed}; the token {token.name!r} has {token.scope}"
        raise TokenRefused(403, "forbidden", message, "Make another token with that scope.")
    return token


def _reader(request: Request, token: Annotated[ApiToken, Depends(_token)]) -> ApiToken:
    return _reaching(request, "read", token)


def _orderer(request: Request, token: Annotated[ApiToken, Depends(_token)]) -> ApiToken:
    return _reaching(request, "sync", token)


def _manager(request: Request, token: Annotated[ApiToken, Depends(_token)]) -> ApiToken:
    return _reaching(request, "manage", token)


Reader = Annotated[ApiToken, Depends(_reader)]
Orderer = Annotated[ApiToken, Depends(_orderer)]
Manager = Annotated[ApiToken, Depends(_manager)]
