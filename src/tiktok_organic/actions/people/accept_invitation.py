"""Accept an invitation or a reset: the new person, or the new password."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Connection

from tiktok_organic.actions.people.manage_people import check_email
from tiktok_organic.actions.people.passwords import check_password, hash_password
from tiktok_organic.actions.people.record_security_event import Visitor, record
from tiktok_organic.app import App
from tiktok_organic.connector_rules import check_timezone
from tiktok_organic.errors import BadValue, Refused
from tiktok_organic.store.people.invitations import Invitation, Invitations
from tiktok_organic.store.people.people import Person

__all__ = ["accept"]


def accept(
    app: App,
    invitation: Invitation,
    email: str,
    password: str,
    timezone: str,
    visitor: Visitor,
) -> Person:
    """Create the invited person, or set the new password after a reset.

    Raises BadValue, Conflict; Refused if the invitation was used in the meantime.
    """
    if invitation.resets:
        return _accept_reset(app, invitation, password, visitor)
    address = check_email(invitation.email or email)
    check_password(password, (address,))
    person = Person(
        id=f"p-{secrets.token_hex(6)}",
        email=address,
        role=invitation.role,
        timezone=_known_zone(timezone, app.settings_for("TIMEZONE").timezone),
        created_at=app.clock.now(),
        password_hash=hash_password(password),
    )
    with app.database.begin() as connection:
        _use(app.invitations, invitation, app.clock.now(), connection)
        app.people.add(person, connection)
    record(app, "account", "success", person.email, visitor, f"new {person.role}")
    return person


def _accept_reset(app: App, invitation: Invitation, password: str, visitor: Visitor) -> Person:
    person = app.people.get(invitation.resets)
    check_password(password, (person.email,), person.password_hash)
    hashed = hash_password(password)
    with app.database.begin() as connection:
        _use(app.invitations, invitation, app.clock.now(), connection)
        app.people.change(person.id, {"password_hash": hashed}, connection)
    app.sessions.end_all(person.id)
    record(app, "password", "success", person.email, visitor, "reset")
    return person


def _use(
    invitations: Invitations, invitation: Invitation, now: datetime, connection: Connection
) -> None:
    if not invitations.use(invitation, now, connection):
        raise Refused(
            "this address was already used",
            code="invitation_ended",
        )


def _known_zone(name: str, otherwise: str) -> str:
    try:
        return check_timezone(name)
    except BadValue:
        return otherwise
