"""Settings → Your account: the time zone and the password of the person who is logged in."""

from __future__ import annotations

from zoneinfo import available_timezones

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions import people
from tiktok_organic.connector import check_timezone
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.people import Person
from tiktok_organic.web.forms import Sent
from tiktok_organic.web.guard import Viewer, forget_session
from tiktok_organic.web.problems import problem, status_of
from tiktok_organic.web.site import Site, site_of

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
        people.change_password(site.app, person, form.text("former"), form.text("password"))
    except TikTokOrganicError as error:
        return _account(site, request, person, error)
    response = site.go("/login", said="password")
    forget_session(request, response)
    return response


def _account(
    site: Site, request: Request, person: Person, error: TikTokOrganicError | None
) -> Response:
    values = {
        "tab": "account",
        "zones": sorted(available_timezones()),
        "error": problem(error) if error else None,
    }
    return site.page(request, "settings_account.html", values, status_of(error) if error else 200)
