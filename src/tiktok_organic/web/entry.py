"""Coming in and going out: the first start, invitations, logging in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions import people
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.people import Person
from tiktok_organic.store.sessions import LONGEST
from tiktok_organic.web.forms import Sent
from tiktok_organic.web.guard import (
    Viewer,
    begin_session,
    current_person,
    forget_session,
    session_token,
)
from tiktok_organic.web.problems import problem, status_of
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
        person = people.accept(
            site.app, invitation, form.text("email"), form.text("password"), form.text("timezone")
        )
    except TikTokOrganicError as error:
        values = {
            "invitation": invitation,
            "email": form.text("email"),
            "error": problem(error),
            "first": not invitation.email,
        }
        return site.page(request, "welcome.html", values, status_of(error))
    return _let_in(site, request, person, "/")


@router.get("/login")
def login(request: Request) -> Response:
    site = site_of(request)
    if current_person(request) is not None:
        return site.go("/")
    values = {"email": "", "error": None, "next": _inside(request.query_params.get("next", "/"))}
    return site.page(request, "login.html", {**values, "nobody": site.app.people.count() == 0})


@router.post("/login")
def log_in(request: Request, form: Sent) -> Response:
    site = site_of(request)
    machine = request.client.host if request.client else "?"
    try:
        person = people.log_in(site.app, form.text("email"), form.text("password"), machine)
    except TikTokOrganicError as error:
        told = problem(error)
        values = {
            "email": form.text("email"),
            "error": told,
            "next": _inside(form.text("next")),
            "nobody": False,
        }
        return site.page(request, "login.html", values, status_of(error))
    return _let_in(site, request, person, _inside(form.text("next")))


@router.post("/logout")
def log_out(request: Request, person: Viewer, form: Sent) -> Response:
    site = site_of(request)
    if form.ticked("everywhere"):
        people.log_out_everywhere(site.app, person)
    else:
        site.app.sessions.end(session_token(request))
    response = site.go("/login", said="left_everywhere" if form.ticked("everywhere") else "left")
    forget_session(request, response)
    return response


def _let_in(site: Site, request: Request, person: Person, to: str) -> Response:
    response = site.go(to)
    begin_session(
        request, response, people.session_for(site.app, person), int(LONGEST.total_seconds())
    )
    return response


def _inside(path: str) -> str:
    """A path of ours, never an address of somebody else's."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe and not path.startswith(("/login", "/logout")) else "/"
