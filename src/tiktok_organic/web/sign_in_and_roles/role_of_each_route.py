"""The roles of people on the page, and who may call which route.

A viewer reads everything and changes nothing. An editor also connects accounts, and syncs, changes,
pauses and removes connectors, with a warehouse that is in use already. An owner also changes the
settings, people, API tokens and notifications, and enters new warehouses.

Every route that is not public names one role below as the type of its `person`. Routes with
`ConfirmedOwner` (`confirm_identity.py`) also ask for the password again. The scopes of API tokens
are in `web/api/token_permissions.py`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from tiktok_organic.actions.people.second_factor import is_missing
from tiktok_organic.store.people.people import Person
from tiktok_organic.web.sign_in_and_roles.session_cookie import current_person
from tiktok_organic.web.site import site_of

__all__ = [
    "Editor",
    "NotAllowed",
    "NotLoggedIn",
    "Owner",
    "SecondFactorMissing",
    "SignedIn",
    "Viewer",
    "refuse_unless_owner",
]


class NotLoggedIn(Exception):
    """The visitor is not logged in: the page shows the login, the API answers 401."""


class SecondFactorMissing(Exception):
    """A person who has to set up a second factor before anything else."""


class NotAllowed(Exception):
    """The person's role is not sufficient."""

    def __init__(self, needed: str) -> None:
        super().__init__(needed)
        self.needed = needed


def _signed_in(request: Request) -> Person:
    person = current_person(request)
    if person is None:
        raise NotLoggedIn
    request.state.person = person
    return person


def _viewer(request: Request, person: Annotated[Person, Depends(_signed_in)]) -> Person:
    by_proxy = getattr(request.state, "signed_on_by_proxy", False)
    if not by_proxy and is_missing(site_of(request).app, person):
        raise SecondFactorMissing
    return person


def _editor(person: Annotated[Person, Depends(_viewer)]) -> Person:
    if not person.may_edit:
        raise NotAllowed("editor")
    return person


def _owner(person: Annotated[Person, Depends(_viewer)]) -> Person:
    refuse_unless_owner(person)
    return person


def refuse_unless_owner(person: Person) -> None:
    """Raise NotAllowed, for a step that only some inputs of a route need."""
    if not person.is_owner:
        raise NotAllowed("owner")


SignedIn = Annotated[Person, Depends(_signed_in)]
"""Also a person who has to set up a second factor first."""
Viewer = Annotated[Person, Depends(_viewer)]
Editor = Annotated[Person, Depends(_editor)]
Owner = Annotated[Person, Depends(_owner)]
