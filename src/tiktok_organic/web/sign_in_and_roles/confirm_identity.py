"""Confirming the identity again, before a change that only owners may make.

A login or a confirmation is valid for 15 minutes. After that the sent form is shown again as a page
that asks for the password (and the code); it is then sent to its original address, with all entered
values.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from tiktok_organic.actions.people import sign_in
from tiktok_organic.errors import Refused
from tiktok_organic.store.people.people import Person
from tiktok_organic.web.errors.problems import problem
from tiktok_organic.web.forms import Form, Sent
from tiktok_organic.web.request_safety.visitor import visitor_of
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Owner, Viewer
from tiktok_organic.web.sign_in_and_roles.session_cookie import renew_session, session_token
from tiktok_organic.web.site import site_of

__all__ = [
    "ConfirmedOwner",
    "ConfirmedViewer",
    "NotConfirmed",
    "confirm",
    "confirmation_page",
    "is_confirmed",
]

_OURS = ("confirm_password", "confirm_code")


class NotConfirmed(Exception):
    """The person has to confirm their identity first. `form`: what was sent."""

    def __init__(self, person: Person, form: Form, error: Refused | None) -> None:
        super().__init__()
        self.person = person
        self.form = form
        self.error = error


def _confirmed_viewer(request: Request, person: Viewer, form: Sent) -> Person:
    if is_confirmed(request):
        return person
    if form.given("confirm_password") is None:
        raise NotConfirmed(person, form, None)
    try:
        confirm(request, person, form.text("confirm_password"), form.text("confirm_code"))
    except Refused as error:
        raise NotConfirmed(person, form, error) from None
    return person


def is_confirmed(request: Request) -> bool:
    """Whether the person proved who they are a short time ago; a proxy vouches for each request."""
    if getattr(request.state, "signed_on_by_proxy", False):
        return True
    app = site_of(request).app
    now = app.clock.now()
    return sign_in.is_confirmed(app.sessions.find(session_token(request), now), now)


def confirm(request: Request, person: Person, password: str, code: str) -> None:
    """Prove again who one is; the session gets a new token. Raises Refused, TryAgain."""
    app, token = site_of(request).app, session_token(request)
    session = app.sessions.find(token, app.clock.now())
    own = session is not None and session.person_id == person.id  # not when a proxy names another
    renewed = sign_in.confirm(
        app, person, token if own else "", password, code, visitor_of(request)
    )
    if own:
        renew_session(request, renewed)


def _confirmed(person: Owner, confirmed: Annotated[Person, Depends(_confirmed_viewer)]) -> Person:
    return person


ConfirmedViewer = Annotated[Person, Depends(_confirmed_viewer)]
ConfirmedOwner = Annotated[Person, Depends(_confirmed)]


def confirmation_page(request: Request, needed: NotConfirmed) -> Response:
    """Show the form again, with a question."""
    request.state.person = needed.person
    values = {
        "error": problem(needed.error) if needed.error else None,
        "fields": [pair for pair in needed.form.pairs if pair[0] not in _OURS],
        "action": request.url.path,
        "has_password": bool(needed.person.password_hash),
        "has_second_factor": needed.person.has_second_factor,
    }
    return site_of(request).page(request, "confirm.html", values, 403)
