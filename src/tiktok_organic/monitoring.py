"""Monitoring: `/healthz`, `/readyz` and `/metrics`, as routes for any web application."""

from __future__ import annotations

import logging
import secrets
from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.encryption.key_check import check_key

if TYPE_CHECKING:
    from tiktok_organic.advice_text import Advise
    from tiktok_organic.app import App
    from tiktok_organic.engine.engine import Engine

__all__ = ["monitoring_routes"]

_LOG = logging.getLogger(__name__)
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
# Seconds without a turn after which an engine counts as stuck. A store that is unreachable for a
# while affects readiness, not health: a restart would not help.
_STUCK = 120.0


def monitoring_routes(app: App, engine: Engine, advise: Advise) -> list[Route]:
    """Return the monitoring routes for a web application.

    `application.router.routes.extend(monitoring_routes(app, engine, advise))`. `/healthz` and the
    status of `/readyz` are public. The details require METRICS_TOKEN; without that setting, a
    program on this machine. `advise`: composes the advice.
    """
    token = app.settings.metrics_token

    async def health(_: Request) -> Response:
        # In the event loop, not in a thread: every thread may be busy.
        return _health(engine)

    return [
        Route("/healthz", health, methods=["GET"]),
        Route(
            "/readyz",
            lambda asked: _readiness(app, engine, advise, full=_may_read(asked, token)),
            methods=["GET"],
        ),
        Route(
            "/metrics",
            lambda asked: _metrics(app) if _may_read(asked, token) else _closed(token),
            methods=["GET"],
        ),
    ]


def _may_read(request: Request, token: str) -> bool:
    """Whether the client may read the details.

    A request that a proxy forwarded is not from this machine.
    """
    if token:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        same = secrets.compare_digest(given.encode(), token.encode())
        return kind.lower() == "bearer" and same
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _closed(token: str) -> Response:
    needed = "the token of METRICS_TOKEN" if token else "TIKTOK_ORGANIC_METRICS_TOKEN to be set"
    text = f"From another machine this needs {needed}, sent as `Authorization: Bearer TOKEN`.\n"
    return PlainTextResponse(text, 401, {"www-authenticate": "Bearer"})


def _health(engine: Engine) -> Response:
    """Whether this process is healthy; 503 asks for a restart."""
    alive = bool(engine.state()["alive"])
    return JSONResponse({"status": "ok" if alive else "failed"}, 200 if alive else 503)


def _readiness(app: App, engine: Engine, advise: Advise, *, full: bool) -> Response:
    """Whether the store answers, the key is right, and the engine runs and accepts runs."""
    state = engine.state()
    try:
        waiting = app.due_work.waiting()
        check_key(app.database, app.cipher)
    except TikTokOrganicError as error:
        advice = advise(error.code, error.facts)
        details = {"code": error.code, "message": error.message, "advice": advice}
        document: dict[str, object] = {"status": "failed", "error": details}
        return JSONResponse(document if full else {"status": "failed"}, 503)
    ready = state["seconds_since_turn"] < _STUCK and state["retired"] is None
    status = "ok" if ready else "failed"
    document = {"status": status, "waiting": waiting, **state} if full else {"status": status}
    return JSONResponse(document, 200 if ready else 503)


def _metrics(app: App) -> Response:
    try:
        from tiktok_organic.store.prometheus_metrics import CONTENT_TYPE, exposition
    except ImportError:
        return PlainTextResponse("prometheus-client is not installed\n", 501)
    try:
        return Response(exposition(app.database, app.clock.now()), media_type=CONTENT_TYPE)
    except TikTokOrganicError as error:
        _LOG.warning("metrics: %s", error.message)
        return PlainTextResponse(f"{error.message}\n", 503)
