"""What operators look at: `/healthz`, `/readyz` and `/metrics`, as routes that any web application can take up."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.seal_probe import verify_seal

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from tiktok_organic.app import App
    from tiktok_organic.work.engine import Engine

__all__ = ["bare_application", "operations_routes"]

_LOG = logging.getLogger(__name__)
_STUCK = 120.0
"""Seconds without a turn after which an engine counts as stuck. A store that is away for a while costs readiness, not
health: restarting would not bring it back."""


def operations_routes(app: App, engine: Engine) -> list[Route]:
    """Routes for a web application: `application.router.routes.extend(operations_routes(app, engine))`. They need no
    login, and say nothing about accounts beyond their ids."""

    async def health(_: Request) -> Response:
        # In the event loop, not in a thread: every thread may be busy.
        return _health(engine)

    return [
        Route("/healthz", health, methods=["GET"]),
        Route("/readyz", lambda _: _readiness(app, engine), methods=["GET"]),
        Route("/metrics", lambda _: _metrics(app), methods=["GET"]),
    ]


def bare_application(app: App, engine: Engine) -> Starlette:
    """These routes alone."""
    from starlette.applications import Starlette

    return Starlette(routes=operations_routes(app, engine))


def _health(engine: Engine) -> Response:
    """Whether this process shall go on; 503 asks for a restart."""
    alive = bool(engine.state()["alive"])
    return JSONResponse({"status": "ok" if alive else "failed"}, 200 if alive else 503)


def _readiness(app: App, engine: Engine) -> Response:
    """Whether work can be done: the store answers, its sealing key is ours, the engine turns and takes runs."""
    state = engine.state()
    try:
        waiting = app.orders.waiting()
        verify_seal(app.database, app.seal)
    except TikTokOrganicError as error:
        return JSONResponse({"status": "failed", "error": error.document()}, 503)
    ready = state["seconds_since_turn"] < _STUCK and state["retired"] is None
    document = {"status": "ok" if ready else "failed", "waiting": waiting, **state}
    return JSONResponse(document, 200 if ready else 503)


def _metrics(app: App) -> Response:
    try:
        from tiktok_organic.work.metrics import CONTENT_TYPE, exposition
    except ImportError:
        return PlainTextResponse("prometheus-client is not installed\n", 501)
    try:
        return Response(exposition(app.database, app.clock.now()), media_type=CONTENT_TYPE)
    except TikTokOrganicError as error:
        _LOG.warning("metrics: %s", error.message)
        return PlainTextResponse(f"{error.message}\n", 503)
