"""Settings: who may come in, which programs may, and one's own account."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions import people
from tiktok_organic.connector import check_timezone
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.people import Person
from tiktok_organic.web.forms import Sent
from tiktok_organic.web.guard import COOKIE, Owner, Viewer
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
    response.delete_cookie(COOKIE, path=site.prefix or "/")
    return response


@router.get("/settings/people")
def everybody(request: Request, person: Owner) -> Response:
    return _people(site_of(request), request, {})


@router.post("/settings/people")
def invite(request: Request, person: Owner, form: Sent) -> Response:
    site = site_of(request)
    try:
        token = people.invite(site.app, person, form.text("email"), form.text("role"))
    except TikTokOrganicError as error:
        values = {"error": problem(error), "entered": form.text("email")}
        return _people(site, request, values, status_of(error))
    address = f"{site.base_url(request)}/welcome/{token}"
    return _people(site, request, {"address": address, "invited": form.text("email")})


@router.post("/settings/people/{person_id}/role")
def change_role(request: Request, person: Owner, person_id: str, form: Sent) -> Response:
    site = site_of(request)
    people.change_role(site.app, person_id, form.text("role"))
    return site.go("/settings/people", said="saved")


@router.post("/settings/people/{person_id}/remove")
def remove(request: Request, person: Owner, person_id: str) -> Response:
    site = site_of(request)
    people.remove(site.app, person_id)
    return site.go("/settings/people", said="person_removed")


@router.post("/settings/invitations/{invitation_id}/withdraw")
def withdraw(request: Request, person: Owner, invitation_id: str) -> Response:
    site = site_of(request)
    site.app.invitations.withdraw(invitation_id)
    return site.go("/settings/people", said="withdrawn")


@router.get("/settings/tokens")
def tokens(request: Request, person: Owner) -> Response:
    return _tokens(site_of(request), request, {})


@router.post("/settings/tokens")
def make_token(request: Request, person: Owner, form: Sent) -> Response:
    site = site_of(request)
    try:
        token = people.api_token(site.app, person, form.text("name"), form.text("scope"))
    except TikTokOrganicError as error:
        return _tokens(site, request, {"error": problem(error)}, status_of(error))
    return _tokens(site, request, {"made": token})


@router.post("/settings/tokens/{token_id}/revoke")
def revoke_token(request: Request, person: Owner, token_id: str) -> Response:
    site = site_of(request)
    people.revoke_token(site.app, token_id)
    return site.go("/settings/tokens", said="token_revoked")


def _account(
    site: Site, request: Request, person: Person, error: TikTokOrganicError | None
) -> Response:
    values = {
        "tab": "account",
        "zones": sorted(available_timezones()),
        "error": problem(error) if error else None,
    }
    return site.page(request, "settings_account.html", values, status_of(error) if error else 200)


def _people(site: Site, request: Request, said: dict[str, Any], status: int = 200) -> Response:
    values = {
        "tab": "people",
        "people": site.app.people.all(),
        "invitations": [
            one for one in site.app.invitations.open(site.app.clock.now()) if one.email
        ],
        "roles": people.ROLES,
        "error": None,
        "address": "",
        "invited": "",
        "entered": "",
    }
    return site.page(request, "settings_people.html", {**values, **said}, status)


def _tokens(site: Site, request: Request, said: dict[str, Any], status: int = 200) -> Response:
    values = {"tab": "tokens", "tokens": site.app.api_tokens.all(), "error": None, "made": ""}
    return site.page(request, "settings_tokens.html", {**values, **said}, status)
