"""Who calls the API: the bearer of a token, as far as its scope and its maker's role reach."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tiktok_organic.store.api_tokens import ApiToken
from tiktok_organic.web.api.problems import problem
from tiktok_organic.web.site import Site, site_of

__all__ = ["Manager", "Orderer", "Reader", "TokenFirst", "TokenRefused"]

_REACH = {"read": 1, "sync": 2, "manage": 3}
_ROLES = {"viewer": 1, "editor": 3, "owner": 3}

_NEEDED = "this needs a valid API token"
_ADVICE = "Make a token under Settings → API tokens and send it as `Authorization: Bearer TOKEN`."
_bearer = HTTPBearer(auto_error=False, description="A token from Settings → API tokens.")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class TokenRefused(Exception):
    def __init__(self, status: int, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.status, self.code, self.advice = status, code, advice


class TokenFirst:
    """Ask for a valid token before a body is read: a stranger's is not worth its memory."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
            find, now = self._site.app.api_tokens.find, self._site.app.clock.now()
            if kind.lower() != "bearer" or await run_in_threadpool(find, token, now) is None:
                await problem(401, "unauthorized", _NEEDED, _ADVICE)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _token(request: Request, credentials: _Credentials) -> ApiToken:
    site = site_of(request)
    found = (
        site.app.api_tokens.find(credentials.credentials, site.app.clock.now())
        if credentials
        else None
    )
    if found is None:
        raise TokenRefused(401, "unauthorized", _NEEDED, _ADVICE)
    return found


def _reaching(needed: str, token: ApiToken) -> ApiToken:
    reach = min(_REACH.get(token.scope, 0), _ROLES.get(token.role, 0))
    if reach < _REACH[needed]:
        message = f"this needs the scope {needed}; the token {token.name!r} has {token.scope}"
        raise TokenRefused(403, "forbidden", message, "Make another token with that scope.")
    return token


def _reader(token: Annotated[ApiToken, Depends(_token)]) -> ApiToken:
    return _reaching("read", token)


def _orderer(token: Annotated[ApiToken, Depends(_token)]) -> ApiToken:
    return _reaching("sync", token)


def _manager(token: Annotated[ApiToken, Depends(_token)]) -> ApiToken:
    return _reaching("manage", token)


Reader = Annotated[ApiToken, Depends(_reader)]
Orderer = Annotated[ApiToken, Depends(_orderer)]
Manager = Annotated[ApiToken, Depends(_manager)]
