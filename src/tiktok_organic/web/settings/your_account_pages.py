"""Settings → Your account: time zone, password, second factor, sessions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.people import manage_people, second_factor
from tiktok_organic.actions.people.record_security_event import record
from tiktok_organic.connector_rules import check_timezone
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.people.people import Person
from tiktok_organic.store.people.sessions import hashed
from tiktok_organic.web.errors.problems import http_status, problem
from tiktok_organic.web.forms import Sent
from tiktok_organic.web.request_safety.visitor import visitor_of
from tiktok_organic.web.sign_in_and_roles.confirm_identity import (
    ConfirmedViewer,
    confirm,
    is_confirmed,
)
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import SignedIn, Viewer
from tiktok_organic.web.sign_in_and_roles.session_cookie import forget_session, session_token
from tiktok_organic.web.site import Site, site_of
from tiktok_organic.web.texts.formatting import time_zones

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/settings/account")
def account(request: Request, person: Viewer) -> Response:
    return _account(site_of(request), request, person, None)


@router.post("/settings/account")
def save_account(request: Request, person: Viewer, form: Sent) -> Response:
    site = site_of(request)
    try:
        zone = check_timezone(form.text("timezone"))
    except TikTokOrganicError as error:
        return _account(site, request, person, error)
    site.app.people.change(person.id, {"timezone": zone})
    return site.go("/settings/account", said="saved")


@router.post("/settings/password")
def change_password(request: Request, person: Viewer, form: Sent) -> Response:
    site = site_of(request)
    try:
        manage_people.change_password(
            site.app, person, form.text("former"), form.text("password"), visitor_of(request)
        )
    except TikTokOrganicError as error:
        return _account(site, request, person, error)
    response = site.go("/login", said="password")
    forget_session(request, response)
    return response


@router.get("/settings/second-factor")
def ask_for_second_factor(request: Request, person: SignedIn) -> Response:
    """Show the first step; people who need a second factor are redirected here."""
    site = site_of(request)
    if person.has_second_factor or not person.password_hash:
        return site.go("/settings/account")
    if is_confirmed(request):
        return _enrollment(site, request, second_factor.begin(person.email), None)
    return _password_first(site, request, person, None)


@router.post("/settings/second-factor/begin")
def begin_second_factor(request: Request, person: SignedIn, form: Sent) -> Response:
    """Ask for the password first: a person at an unlocked browser must not add a second factor."""
    site = site_of(request)
    if person.has_second_factor:
        return site.go("/settings/account")
    try:
        confirm(request, person, form.text("present"), "")
    except TikTokOrganicError as error:
        return _password_first(site, request, person, error)
    return _enrollment(site, request, second_factor.begin(person.email), None)


@router.post("/settings/second-factor")
def switch_on_second_factor(request: Request, person: SignedIn, form: Sent) -> Response:
    site, secret = site_of(request), form.text("secret")
    if not is_confirmed(request):
        return site.go("/settings/second-factor")
    try:
        codes = second_factor.switch_on(site.app, person, secret, form.text("code"))
    except TikTokOrganicError as error:
        return _enrollment(site, request, second_factor.begin(person.email, secret), error)
    record(site.app, "second_factor", "success", person.email, visitor_of(request), "switched on")
    site.app.sessions.end_others(person.id, session_token(request))
    values = {"tab": "account", "codes": codes, "error": None}
    return site.page(request, "settings_recovery_codes.html", values)


@router.post("/settings/second-factor/remove")
def remove_second_factor(request: Request, person: Viewer, form: Sent) -> Response:
    site = site_of(request)
    try:
        confirm(request, person, form.text("present"), form.text("code"))
    except TikTokOrganicError as error:
        return _account(site, request, person, error)
    second_factor.remove_second_factor(site.app.people, person.id)
    record(site.app, "second_factor", "success", person.email, visitor_of(request), "switched off")
    return site.go("/settings/account", said="saved")


@router.post("/settings/sessions/{session_id}/end")
def end_session(request: Request, person: ConfirmedViewer, session_id: str) -> Response:
    site = site_of(request)
    site.app.sessions.end_one(person.id, session_id)
    record(site.app, "logout", "success", person.email, visitor_of(request), "another session")
    return site.go("/settings/account", said="session_ended")


def _password_first(
    site: Site, request: Request, person: Person, error: TikTokOrganicError | None
) -> Response:
    values = {
        "required": second_factor.is_missing(site.app, person),
        "error": problem(error) if error else None,
    }
    status = http_status(error) if error else 200
    return site.page(request, "settings_second_factor_begin.html", values, status)


def _enrollment(
    site: Site,
    request: Request,
    enrollment: second_factor.Enrollment,
    error: TikTokOrganicError | None,
) -> Response:
    person: Person = request.state.person
    values: dict[str, Any] = {
        "required": second_factor.is_missing(site.app, person),
        "enrollment": enrollment,
        "error": problem(error) if error else None,
    }
    status = http_status(error) if error else 200
    return site.page(request, "settings_second_factor.html", values, status)


def _account(
    site: Site, request: Request, person: Person, error: TikTokOrganicError | None
) -> Response:
    values = {
        "tab": "account",
        "zones": time_zones(),
        "sessions": site.app.sessions.of_person(person.id, site.app.clock.now()),
        "this_session": hashed(session_token(request)),
        "codes_left": len(person.recovery_codes),
        "error": problem(error) if error else None,
    }
    return site.page(request, "settings_account.html", values, http_status(error) if error else 200)
