"""Confirming the identity again, before a change that only owners may make.

A login or a confirmation is valid for 15 minutes. After that the sent form is shown again as a page
that asks for the password (and the code); it is then sent to its original address, with all entered
values.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from tiktok_organic.actions import sign_in
from tiktok_organic.errors import Refused
from tiktok_organic.store.people import Person
from tiktok_organic.web.forms import Form, Sent
from tiktok_organic.web.guard import Owner, session_token
from tiktok_organic.web.problems import problem
from tiktok_organic.web.site import site_of
from tiktok_organic.web.visitor import visitor_of

__all__ = ["ConfirmedOwner", "NotConfirmed", "confirmation_page"]

_OURS = ("confirm_password", "confirm_code")


class NotConfirmed(Exception):
    """The person has to confirm their identity first. `form`: what was sent."""

    def __init__(self, person: Person, form: Form, error: Refused | None) -> None:
        super().__init__()
        self.person = person
        self.form = form
        self.error = error


def _confirmed(request: Request, person: Owner, form: Sent) -> Person:
    app = site_of(request).app
    if getattr(request.state, "signed_on_by_proxy", False):
        return person
    token = session_token(request)
    if sign_in.is_confirmed(app, app.sessions.find(token, app.clock.now())):
        return person
    if form.given("confirm_password") is None:
        raise NotConfirmed(person, form, None)
    try:
        sign_in.confirm(
            app,
            person,
            token,
            form.text("confirm_password"),
            form.text("confirm_code"),
            visitor_of(request),
        )
    except Refused as error:
        raise NotConfirmed(person, form, error) from None
    return person


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
