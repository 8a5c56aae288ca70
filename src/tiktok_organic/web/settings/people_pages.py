"""Settings → People and Activity: the accounts of this page, invitations, and who did what."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.people import manage_people
from tiktok_organic.actions.people.record_security_event import record
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.web.errors.problems import http_status, problem
from tiktok_organic.web.forms import Sent
from tiktok_organic.web.request_safety.visitor import visitor_of
from tiktok_organic.web.sign_in_and_roles.confirm_identity import ConfirmedOwner
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Owner
from tiktok_organic.web.site import Site, site_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_PAGE = 100


@router.get("/settings/people")
def everybody(request: Request, person: Owner) -> Response:
    return _people(site_of(request), request, {})


@router.post("/settings/people")
def invite(request: Request, person: ConfirmedOwner, form: Sent) -> Response:
    site = site_of(request)
    try:
        token = manage_people.invite(
            site.app, person, form.text("email"), form.text("role"), visitor_of(request)
        )
    except TikTokOrganicError as error:
        values = {"error": problem(error), "entered": form.text("email")}
        return _people(site, request, values, http_status(error))
    address = f"{site.base_url(request)}/welcome/{token}"
    return _people(site, request, {"address": address, "invited": form.text("email")})


@router.post("/settings/people/{person_id}/role")
def change_role(request: Request, person: ConfirmedOwner, person_id: str, form: Sent) -> Response:
    site = site_of(request)
    manage_people.change_role(
        site.app, person.email, person_id, form.text("role"), visitor_of(request)
    )
    return site.go("/settings/people", said="saved")


@router.get("/settings/people/{person_id}/remove")
def confirm_removal(request: Request, person: Owner, person_id: str) -> Response:
    """Ask before a person is removed."""
    site = site_of(request)
    email = site.app.people.get(person_id).email
    values = {
        "tab": "people",
        "error": None,
        "question": f"Remove {email}?",
        "follows": "The person is logged out everywhere and can no longer log in. Connectors and "
        "data stay.",
        "verb": "Remove",
        "back": "/settings/people",
    }
    return site.page(request, "settings_confirm.html", values)


@router.post("/settings/people/{person_id}/remove")
def remove(request: Request, person: ConfirmedOwner, person_id: str) -> Response:
    site = site_of(request)
    manage_people.remove(site.app, person.email, person_id, visitor_of(request))
    return site.go("/settings/people", said="person_removed")


@router.post("/settings/people/{person_id}/end-sessions")
def end_sessions(request: Request, person: ConfirmedOwner, person_id: str) -> Response:
    """Log a person out everywhere; the account stays."""
    site = site_of(request)
    who = site.app.people.get(person_id)
    site.app.sessions.end_all(who.id)
    what = f"every session of {who.email}"
    record(site.app, "logout", "success", person.email, visitor_of(request), what)
    return site.go("/settings/people", said="sessions_ended")


@router.post("/settings/invitations/{invitation_id}/withdraw")
def withdraw(request: Request, person: Owner, invitation_id: str) -> Response:
    site = site_of(request)
    site.app.invitations.withdraw(invitation_id)
    record(site.app, "invitation", "success", person.email, visitor_of(request), "withdrawn")
    return site.go("/settings/people", said="withdrawn")


@router.get("/settings/activity")
def activity(request: Request, person: Owner) -> Response:
    site = site_of(request)
    asked = request.query_params.get("page", "1")
    page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    events = site.app.events.newest(_PAGE + 1, skip=(max(page, 1) - 1) * _PAGE)
    values = {
        "tab": "activity",
        "events": events[:_PAGE],
        "page": max(page, 1),
        "has_more": len(events) > _PAGE,
        "error": None,
    }
    return site.page(request, "settings_activity.html", values)


def _people(site: Site, request: Request, said: dict[str, Any], status: int = 200) -> Response:
    values = {
        "tab": "people",
        "people": site.app.people.all(),
        "invitations": [
            one for one in site.app.invitations.open(site.app.clock.now()) if one.email
        ],
        "roles": manage_people.ROLES,
        "error": None,
        "address": "",
        "invited": "",
        "entered": "",
    }
    return site.page(request, "settings_people.html", {**values, **said}, status)
