"""Events of requests that were refused before any page handled them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from tiktok_organic.actions.people.record_security_event import Visitor, admitted, store_event
from tiktok_organic.app import App
from tiktok_organic.errors import TikTokOrganicError

__all__ = ["BlockedRequests"]

_SHOWN = 100


class BlockedRequests:
    """Records them. A flood uses no thread: memory decides whether an event is recorded."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, why: str, headers: Mapping[str, str]) -> None:
        """Record one. An unreachable store does not change the response, which was sent already."""
        client = scope.get("client")
        visitor = Visitor(client[0] if client else "", headers.get("user-agent", ""))
        host, path = headers.get("host", ""), str(scope["path"])
        what = f"{why}: {scope['method']} {path[:_SHOWN]} of {host[:_SHOWN]}"
        event = admitted(self._app, "request", "blocked", "", visitor, what)
        if event is None:
            return
        try:
            await run_in_threadpool(lambda: store_event(self._app.events, event))
        except TikTokOrganicError:
            return
