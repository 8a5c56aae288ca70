"""The ASGI application: routes, files, errors, start and stop."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from tiktok_organic.actions import people
from tiktok_organic.actions.demo_tiktok import DemoTikTok
from tiktok_organic.actions.sign_in import record
from tiktok_organic.app import App
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.monitoring import monitoring_routes
from tiktok_organic.store.people import Person
from tiktok_organic.web import (
    account_pages,
    answer_downloads,
    connect_pages,
    connector_actions,
    connector_list,
    connector_pages,
    connector_settings,
    consent_pages,
    downloads,
    general_settings,
    notification_pages,
    people_pages,
    pictures,
    run_pages,
    sign_in_pages,
    token_pages,
    video_page,
    video_pages,
)
from tiktok_organic.web.allowed_hosts import AllowedHosts
from tiktok_organic.web.api import application as api
from tiktok_organic.web.api.problem_details import problem as api_problem
from tiktok_organic.web.blocked_requests import BlockedRequests
from tiktok_organic.web.confirmation import NotConfirmed, confirmation_page
from tiktok_organic.web.guard import (
    Guard,
    NotAllowed,
    NotLoggedIn,
    SecondFactorMissing,
    current_person,
)
from tiktok_organic.web.problems import advice_for, problem, status_of
from tiktok_organic.web.proxies import BehindProxies
from tiktok_organic.web.site import STATIC, Site, site_of
from tiktok_organic.web.visitor import visitor_of
from tiktok_organic.work.engine import Engine

__all__ = ["create", "set_up_address"]

_log = logging.getLogger("tiktok_organic.web")


def create(
    app: App,
    engine: Engine | None = None,
    *,
    demo: DemoTikTok | None = None,
    listens_on: str = "",
) -> FastAPI:
    """Create the page and the JSON API, and with an engine the routes for monitoring."""
    site = Site(app, demo)

    made = FastAPI(
        title="tiktok-organic",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # it repeats the Host header; `_add_errors` redirects without one
    )
    made.state.site = site
    if engine is not None:
        made.router.routes.extend(monitoring_routes(app, engine, advice_for))
    # The last middleware added is the outermost: proxies are resolved first, then the guard checks
    # the host, and compression is nearest to the routes.
    made.add_middleware(GZipMiddleware, minimum_size=1024)
    made.add_middleware(
        Guard,
        public_url=app.settings.public_url,
        hosts=AllowedHosts(app.settings, listens_on),
        note=BlockedRequests(app),
    )
    made.add_middleware(BehindProxies, trusted_proxies=app.settings.trusted_proxies)
    for part in (
        sign_in_pages,
        consent_pages,
        connect_pages,
        connector_list,
        connector_pages,
        connector_settings,
        connector_actions,
        run_pages,
        downloads,
        answer_downloads,
        video_pages,
        video_page,
        pictures,
        general_settings,
        notification_pages,
        account_pages,
        people_pages,
        token_pages,
    ):
        made.include_router(part.router)
    made.mount("/api/v1", api.create(site))
    made.mount("/static", _Lasting(directory=STATIC), name="static")
    _add_errors(made)
    _resume_demo(site)
    return made


def set_up_address(app: App, base_url: str) -> str | None:
    """Return the address at which the first person chooses a password; None if a person exists."""
    token = people.first_invitation(app)
    return None if token is None else f"{base_url.rstrip('/')}/welcome/{token}"


def _resume_demo(site: Site) -> None:
    try:
        site.demo.resume()
    except (TikTokOrganicError, OSError) as error:
        _log.warning("the demo's simulator could not be started again: %s", error)


def _is_landing(site: Site, path: str) -> bool:
    """Return whether a path is that of the registered redirect address.

    It is checked if no other route has the path, and is not a route itself, because an owner may
    change it on the page.
    """
    settings = site.app.settings_for("REDIRECT_URL")
    ours, theirs = urlsplit(settings.public_url), urlsplit(settings.redirect_url)
    registered = theirs.path.removeprefix(ours.path.rstrip("/"))
    if not theirs.hostname or ours.hostname not in (None, theirs.hostname):
        return False
    return bool(registered.strip("/")) and path == registered


class _Lasting(StaticFiles):
    """Files whose addresses change with their content."""

    async def get_response(self, path: str, scope: Any) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def _add_errors(made: FastAPI) -> None:
    @made.exception_handler(NotLoggedIn)
    async def stranger(request: Request, _error: Exception) -> Response:
        site = site_of(request)
        wanted = _page_of(site, request)
        # A form sent after the session ended was not saved; the login page must say that.
        lost = request.method != "GET" and request.url.path != "/logout"
        to = site.at(
            "/login",
            next=None if wanted == "/" else wanted,
            said="logged_out" if lost else None,
        )
        # htmx follows a 303 itself and would put the login form into a part of the page.
        if request.headers.get("hx-request"):
            return Response(status_code=401, headers={"hx-redirect": to})
        return Response(status_code=303, headers={"location": to})

    made.add_exception_handler(SecondFactorMissing, _second_factor_missing)

    @made.exception_handler(NotConfirmed)
    async def not_confirmed(request: Request, error: NotConfirmed) -> Response:
        return await run_in_threadpool(confirmation_page, request, error)

    @made.exception_handler(NotAllowed)
    async def not_allowed(request: Request, error: NotAllowed) -> Response:
        await run_in_threadpool(_record_refusal, request, error)
        values = {
            "title": "Not allowed",
            "message": f"This needs the role {error.needed}.",
            "advice": (
                "You can look at everything. Ask an owner to change your role under "
                "Settings → People."
            ),
        }
        # Rendering reads the store, which blocks; on the event loop it would hold every other
        # request.
        return await run_in_threadpool(_error_page, request, values, 403)

    @made.exception_handler(TikTokOrganicError)
    async def refused(request: Request, error: TikTokOrganicError) -> Response:
        told = problem(error)
        values = {
            "title": _title(status_of(error)),
            "message": told.message,
            "advice": told.advice,
            "details": told.details,
        }
        return await run_in_threadpool(_error_page, request, values, status_of(error))

    @made.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        return await _unknown(request, error)

    @made.exception_handler(RequestValidationError)
    async def unreadable(request: Request, _error: Exception) -> Response:
        values = {
            "title": _title(422),
            "message": "A part of this address cannot be read.",
            "advice": "",
        }
        return await run_in_threadpool(_error_page, request, values, 422)

    @made.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        _log.error("a page failed: %s", request.url.path, exc_info=error)
        values = {
            "title": "Something went wrong here",
            "message": "The page could not be shown because of a fault in this product.",
            "advice": "Nothing was changed half-way. The server's log has the details.",
        }
        return await run_in_threadpool(_error_page, request, values, 500)


def _record_refusal(request: Request, error: NotAllowed) -> None:
    person: Person | None = getattr(request.state, "person", None)
    who = person.email if person is not None else ""
    what = f"{request.method} {request.url.path[:100]} needs the role {error.needed}"
    with suppress(TikTokOrganicError):
        record(site_of(request).app, "access", "blocked", who, visitor_of(request), what)


async def _second_factor_missing(request: Request, _error: Exception) -> Response:
    to = site_of(request).at("/settings/second-factor")
    if request.headers.get("hx-request"):
        return Response(status_code=403, headers={"hx-redirect": to})
    return Response(status_code=303, headers={"location": to})


def _page_of(site: Site, request: Request) -> str:
    """Return the page that a person was on: the requested one, or the one with the form."""
    parts = request.url
    if request.method != "GET":
        parts = URL(request.headers.get("hx-current-url") or request.headers.get("referer", ""))
        own = urlsplit(site.base_url(request)).netloc
        if parts.netloc not in (own, request.url.netloc):
            return "/"
    path = parts.path.removeprefix(site.prefix) or "/"
    return f"{path}?{parts.query}" if parts.query else path


async def _unknown(request: Request, error: HTTPException) -> Response:
    site, path = site_of(request), request.url.path
    if path.startswith("/api/v1/"):  # a line feed in the path: the API's own routes do not match it
        return api_problem(error.status_code, f"http_{error.status_code}", str(error.detail), "")
    if error.status_code == 404 and request.method == "GET":
        to = ""
        if await run_in_threadpool(_is_landing, site, path):
            to = f"{site.at('/connect/return/')}?{request.url.query}"
        elif path.endswith("/"):
            to = site.at(f"/{path.strip('/')}")
        if to:
            return Response(status_code=303, headers={"location": to})
    values = {
        "title": _title(error.status_code),
        "message": _said(error.status_code, str(error.detail)),
        "advice": "",
    }
    return await run_in_threadpool(_error_page, request, values, error.status_code)


def _error_page(request: Request, values: dict[str, str], status: int) -> Response:
    person = getattr(request.state, "person", None)
    with suppress(TikTokOrganicError):  # the store may be the cause
        person = person or current_person(request)
    request.state.person = person
    return site_of(request).page(request, "error.html", {"details": "", **values}, status)


def _title(status: int) -> str:
    return {
        403: "Not allowed",
        404: "Not found",
        409: "Already in use",
        422: "Something to correct",
        503: "Not available just now",
    }.get(status, "That did not work")


def _said(status: int, detail: str) -> str:
    """Return a sentence instead of HTTP's reason phrase."""
    return {
        404: "There is no page at this address",
        405: "This address cannot be used like that",
    }.get(status, detail)
