"""The responses to requests that end with an exception."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL
from starlette.exceptions import HTTPException

from tiktok_organic.actions.people.record_security_event import record
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.people.people import Person
from tiktok_organic.web.api.problem_details import problem as api_problem
from tiktok_organic.web.errors.problems import http_status, problem
from tiktok_organic.web.request_safety.visitor import visitor_of
from tiktok_organic.web.sign_in_and_roles.confirm_identity import NotConfirmed, confirmation_page
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import (
    NotAllowed,
    NotLoggedIn,
    SecondFactorMissing,
)
from tiktok_organic.web.sign_in_and_roles.session_cookie import current_person
from tiktok_organic.web.site import Site, site_of

__all__ = ["HANDLERS"]

_log = logging.getLogger("tiktok_organic.web")


async def _not_logged_in(request: Request, _error: Exception) -> Response:
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


async def _not_confirmed(request: Request, error: NotConfirmed) -> Response:
    return await run_in_threadpool(confirmation_page, request, error)


async def _not_allowed(request: Request, error: NotAllowed) -> Response:
    await run_in_threadpool(_record_refusal, request, error)
    values = {
        "title": "Not allowed",
        "message": f"This needs the role {error.needed}.",
        "advice": (
            "You can look at everything. Ask an owner to change your role under Settings → People."
        ),
    }
    # Rendering reads the store, which blocks; on the event loop it would hold every other
    # request.
    return await run_in_threadpool(_error_page, request, values, 403)


async def _refused(request: Request, error: TikTokOrganicError) -> Response:
    shown = problem(error)
    values = {
        "title": _title(http_status(error)),
        "message": shown.message,
        "advice": shown.advice,
        "details": shown.details,
    }
    return await run_in_threadpool(_error_page, request, values, http_status(error))


async def _unreadable(request: Request, _error: Exception) -> Response:
    values = {
        "title": _title(422),
        "message": "A part of this address cannot be read.",
        "advice": "",
    }
    return await run_in_threadpool(_error_page, request, values, 422)


async def _broken(request: Request, error: Exception) -> Response:
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
        "message": _sentence(error.status_code, str(error.detail)),
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


def _sentence(status: int, detail: str) -> str:
    """Return a sentence instead of HTTP's reason phrase."""
    return {
        404: "This page does not exist",
        405: "This address cannot be used like that",
    }.get(status, detail)


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


HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    NotLoggedIn: _not_logged_in,
    SecondFactorMissing: _second_factor_missing,
    NotConfirmed: _not_confirmed,
    NotAllowed: _not_allowed,
    TikTokOrganicError: _refused,
    HTTPException: _unknown,
    RequestValidationError: _unreadable,
    Exception: _broken,
}
"""Which function responds to each exception."""
