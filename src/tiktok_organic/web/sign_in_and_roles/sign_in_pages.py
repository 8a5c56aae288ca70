"""Logging in and out, the first start, and invitations."""

from __future__ import annotations

import secrets
from datetime import timedelta

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.people import accept_invitation, sign_in
from tiktok_organic.actions.people.record_security_event import record
from tiktok_organic.errors import NotFound, TikTokOrganicError, WrongKey
from tiktok_organic.store.people.people import Person
from tiktok_organic.store.people.sessions import DEVICE_LIFE, LONGEST
from tiktok_organic.web.errors.problems import http_status, problem
from tiktok_organic.web.forms import Sent
from tiktok_organic.web.request_safety.came_from_our_page import is_from_here
from tiktok_organic.web.request_safety.cookies import delete_cookie, read_cookie, set_cookie
from tiktok_organic.web.request_safety.visitor import DEVICE, visitor_of
from tiktok_organic.web.sign_in_and_roles.begin_single_sign_on import BEGUN, begin_at, provider_of
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import SignedIn
from tiktok_organic.web.sign_in_and_roles.session_cookie import (
    begin_session,
    current_person,
    forget_session,
    session_token,
)
from tiktok_organic.web.site import Site, site_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/welcome/{token}")
def welcome(request: Request, token: str) -> Response:
    site = site_of(request)
    invitation = site.app.invitations.find(token, site.app.clock.now())
    values = {
        "invitation": invitation,
        "email": invitation.email,
        "error": None,
        "first": not invitation.email,
    }
    return site.page(request, "welcome.html", values)


@router.post("/welcome/{token}")
def accept(request: Request, token: str, form: Sent) -> Response:
    site = site_of(request)
    invitation = site.app.invitations.find(token, site.app.clock.now())
    try:
        person = accept_invitation.accept(
            site.app,
            invitation,
            form.text("email"),
            form.text("password"),
            form.text("timezone"),
            visitor_of(request),
        )
    except TikTokOrganicError as error:
        values = {
            "invitation": invitation,
            "email": form.text("email"),
            "error": problem(error),
            "first": not invitation.email,
        }
        return site.page(request, "welcome.html", values, http_status(error))
    return _let_in(site, request, person, "/")


@router.get("/login")
def login(request: Request) -> Response:
    site = site_of(request)
    if current_person(request) is not None:
        return site.go("/")
    return _login_page(site, request, "", inside(request.query_params.get("next", "/")), None)


@router.post("/login")
def log_in(request: Request, form: Sent) -> Response:
    site = site_of(request)
    email, to = form.text("email"), inside(form.text("next"))
    try:
        person = sign_in.log_in(site.app, email, form.text("password"), visitor_of(request))
    except TikTokOrganicError as error:
        return _login_page(site, request, email, to, error)
    return _let_in(site, request, person, to)


@router.get("/login/code")
def code(request: Request) -> Response:
    site = site_of(request)
    values = {"error": None, "next": inside(request.query_params.get("next", "/"))}
    return site.page(request, "login_code.html", values)


@router.post("/login/code")
def enter_code(request: Request, form: Sent) -> Response:
    site, to = site_of(request), inside(form.text("next"))
    pending = session_token(request)
    try:
        person, token = sign_in.enter_code(
            site.app, pending, form.text("code"), visitor_of(request)
        )
    except TikTokOrganicError as error:
        if error.code == "login_ended":
            return _login_page(site, request, "", to, error)
        values = {"error": problem(error), "next": to}
        return site.page(request, "login_code.html", values, http_status(error))
    response = site.go(to)
    _set_session(request, response, token)
    _know_device(site, request, response, person)
    return response


@router.get("/login/sso")
def begin_sign_on(request: Request) -> Response:
    site, to = site_of(request), inside(request.query_params.get("next", "/"))
    if not is_from_here(request):  # another site must not log a person in
        return site.go("/login", next=to)
    return begin_at(site, request, to, again=bool(request.query_params.get("again")))


@router.get("/login/sso/return")
def finish_sign_on(request: Request) -> Response:
    from tiktok_organic.actions.people.single_sign_on import Begun, proved_at
    from tiktok_organic.actions.people.single_sign_on_person import person_of

    site, now = site_of(request), site_of(request).app.clock.now()
    to = "/"
    try:
        provider = provider_of(site)
        encrypted = read_cookie(request, BEGUN)
        begun = Begun.read(site.app.cipher.decrypt(encrypted.encode()))
        to = inside(begun.next)
        query = {name: value[:4000] for name, value in request.query_params.items()}
        landing = f"{site.base_url(request)}/login/sso/return"
        claims = provider.finish(begun, query, landing, now)
        person = person_of(site.app, claims, visitor_of(request))
    except (WrongKey, ValueError, TypeError):
        error = NotFound(
            "the login took too long, or was begun in another browser",
            code="sign_on_failed",
        )
        return _login_page(site, request, "", to, error)
    except TikTokOrganicError as error:
        return _login_page(site, request, "", to, error)
    token = secrets.token_urlsafe(32)
    visitor = visitor_of(request)
    site.app.sessions.end(session_token(request))
    site.app.sessions.begin(
        token,
        person.id,
        now,
        address=visitor.address,
        browser=visitor.browser,
        confirmed_at=proved_at(begun, claims, now),
        ends_at=now + timedelta(hours=site.app.settings.oidc_session_hours),
    )
    response = site.go(to)
    _set_session(request, response, token)
    delete_cookie(request, response, BEGUN)
    return response


@router.post("/logout")
def log_out(request: Request, person: SignedIn, form: Sent) -> Response:
    site = site_of(request)
    everywhere = form.ticked("everywhere")
    if everywhere:
        site.app.sessions.end_all(person.id)
    else:
        site.app.sessions.end(session_token(request))
    what = "everywhere" if everywhere else ""
    record(site.app, "logout", "success", person.email, visitor_of(request), what)
    response = site.go("/login", said="left_everywhere" if everywhere else "left")
    forget_session(request, response)
    return response


def _login_page(
    site: Site, request: Request, email: str, to: str, error: TikTokOrganicError | None
) -> Response:
    values = {
        "email": email,
        "error": problem(error) if error else None,
        "next": to,
        "no_accounts": error is None and site.app.people.count() == 0,
        "sign_on": bool(site.app.settings.oidc_issuer),
    }
    return site.page(request, "login.html", values, http_status(error) if error else 200)


def _let_in(site: Site, request: Request, person: Person, to: str) -> Response:
    site.app.sessions.end(session_token(request))  # of the person who used this browser before
    token = sign_in.start_session(site.app, person, visitor_of(request))
    if person.has_second_factor:
        response: Response = site.go("/login/code", next=to)
        _set_session(request, response, token)
        return response
    response = site.go(to)
    _set_session(request, response, token)
    _know_device(site, request, response, person)
    return response


def _set_session(request: Request, response: Response, token: str) -> None:
    begin_session(request, response, token, int(LONGEST.total_seconds()))


def _know_device(site: Site, request: Request, response: Response, person: Person) -> None:
    token = secrets.token_urlsafe(32)
    site.app.sessions.know_device(token, person.id, site.app.clock.now())
    set_cookie(request, response, DEVICE, token, int(DEVICE_LIFE.total_seconds()))


def inside(path: str) -> str:
    """Return a path of this page, never an address of another host."""
    plain = path.isprintable() and not any(mark in path for mark in ("//", "\\", "/.."))
    safe = path.startswith("/") and plain
    return path if safe and not path.startswith(("/login", "/logout")) else "/"
