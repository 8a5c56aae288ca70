"""The API as a separate application: its description, its errors, its routes."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette._utils import get_route_path
from starlette.exceptions import HTTPException
from starlette.routing import Route

from tiktok_organic import __version__
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.web.api import (
    connector_routes,
    documentation,
    figure_routes,
    run_routes,
    video_routes,
)
from tiktok_organic.web.api.problem_details import RESPONSES, problem
from tiktok_organic.web.api.token_permissions import TokenFirst, TokenRefused
from tiktok_organic.web.errors.problems import advice, http_status
from tiktok_organic.web.site import Site

__all__ = ["create"]

_log = logging.getLogger("tiktok_organic.web")

_PARTS = (connector_routes, video_routes, figure_routes, run_routes, documentation)
_ABOUT = """
Everything the page can do with connectors and runs.

Send `Authorization: Bearer TOKEN`. Create tokens under Settings → API tokens; their scope is
`read`, `sync` (read, and order syncs) or `manage` (all that an editor may do). Errors are
`application/problem+json` with `code`, `detail` and `advice`. Timestamps are UTC, such as
`2026-11-23T03:00:00.000000Z`.
"""


def create(site: Site) -> FastAPI:
    made = FastAPI(
        title="tiktok-organic",
        version=__version__,
        description=_ABOUT.strip(),
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        responses=RESPONSES,
        servers=[{"url": f"{site.prefix}/api/v1"}],
        root_path_in_servers=False,
        redirect_slashes=False,
    )
    made.state.site = site
    made.add_middleware(TokenFirst, site=site)
    for part in _PARTS:
        made.include_router(part.router)
    _add_errors(made)
    return made


def _add_errors(made: FastAPI) -> None:
    @made.exception_handler(TokenRefused)
    async def stranger(_request: Request, error: TokenRefused) -> Response:
        return error.response()

    @made.exception_handler(TikTokOrganicError)
    async def refused(_request: Request, error: TikTokOrganicError) -> Response:
        return problem(http_status(error), error.code, error.message, advice(error))

    @made.exception_handler(RequestValidationError)
    async def unreadable(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return problem(
            422,
            "bad_value",
            f"{place}: {first['msg']}",
            "The API's description names what is valid.",
        )

    @made.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            error.headers = {"allow": ", ".join(sorted(_methods(request)))}
        response = problem(error.status_code, f"http_{error.status_code}", str(error.detail), "")
        response.headers.update(error.headers or {})
        return response

    @made.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        _log.error("the API failed: %s", request.url.path, exc_info=error)
        return problem(
            500,
            "defect",
            "this is a bug of tiktok-organic",
            "The log of `tiktok-organic serve` says more.",
        )


def _methods(request: Request) -> set[str]:
    """Return the methods at the path of a request: several routes may have it."""
    path = get_route_path(request.scope)
    return {
        method
        for part in _PARTS
        for route in part.router.routes
        if isinstance(route, Route) and route.path_regex.match(path)
        for method in route.methods or ()
    }
