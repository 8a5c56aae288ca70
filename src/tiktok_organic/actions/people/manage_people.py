"""Users of the page: the first owner, invitations, roles, resets, API tokens."""

from __future__ import annotations

import secrets

from tiktok_organic.actions.connectors.connector_events import SHELL_NAME
from tiktok_organic.actions.people.passwords import check_password, hash_password
from tiktok_organic.actions.people.record_security_event import Visitor, record
from tiktok_organic.actions.people.sign_in import verify_person
from tiktok_organic.app import App
from tiktok_organic.errors import BadValue, NotFound, Refused
from tiktok_organic.store.people.people import People, Person

__all__ = [
    "ROLES",
    "SHELL",
    "change_password",
    "change_role",
    "check_email",
    "first_invitation",
    "invite",
    "make_person",
    "person_named",
    "remove",
    "reset",
]


ROLES = {
    "owner": "Everything: connectors, people, tokens",
    "editor": "Connectors: connect, sync, change, remove",
    "viewer": "Looks at everything, changes nothing",
}
SHELL = Visitor(SHELL_NAME)
"""A user with a shell on the server has all rights anyway."""


def first_invitation(app: App) -> str | None:
    """Return a token that makes its bearer the first owner; None if a person exists."""
    if app.people.count():
        return None
    token = secrets.token_urlsafe(32)
    app.invitations.add(token, "", "owner", "the first start", app.clock.now())
    return token


def invite(app: App, by: Person | None, email: str, role: str, visitor: Visitor) -> str:
    """Return a token for one new person. `by`: None for the command line.

    Raises BadValue, and Refused for an address that has an account.
    """
    address = check_email(email)
    if app.people.by_email(address) is not None:
        raise Refused(
            f"{address} already has an account",
            code="email_taken",
        )
    token = secrets.token_urlsafe(32)
    maker = by.email if by is not None else SHELL.address
    inviter = by.id if by is not None else ""
    app.invitations.add(
        token, address, _check_role(role), maker, app.clock.now(), inviter_id=inviter
    )
    record(app, "invitation", "success", maker, visitor, f"{address} as {role}")
    return token


def reset(app: App, email: str, *, second_factor: bool) -> str:
    """Return a token with which that person chooses a new password; all their sessions end.

    `second_factor`: also switch it off. Raises NotFound.
    """
    person = person_named(app.people, email)
    token = secrets.token_urlsafe(32)
    app.sessions.end_all(person.id)
    if second_factor:
        from tiktok_organic.actions.people.second_factor import remove_second_factor

        remove_second_factor(app.people, person.id)
    app.invitations.add(
        token, person.email, person.role, SHELL.address, app.clock.now(), resets=person.id
    )
    record(app, "reset", "success", SHELL.address, SHELL, person.email)
    return token


def person_named(people: People, email: str) -> Person:
    """Return the person with that e-mail address. Raises NotFound."""
    person = people.by_email(email)
    if person is None:
        raise NotFound(
            f"no account has the e-mail address {email!r}",
            code="unknown_person",
        )
    return person


def make_person(app: App, email: str, role: str, subject: str, visitor: Visitor) -> Person:
    """Create a person who only signs on through a provider. Raises BadValue, Conflict."""
    person = Person(
        id=f"p-{secrets.token_hex(6)}",
        email=check_email(email),
        role=_check_role(role),
        timezone=app.settings_for("TIMEZONE").timezone,
        created_at=app.clock.now(),
        sso_subject=subject,
    )
    with app.database.begin() as connection:
        app.people.add(person, connection)
    record(app, "account", "success", person.email, visitor, f"new {role} by single sign-on")
    return person


def change_password(app: App, person: Person, former: str, password: str, visitor: Visitor) -> None:
    """End every session of the person and withdraw their invitations. Raises Refused, BadValue."""
    verify_person(app, person, former, visitor, "password")
    check_password(password, (person.email,), person.password_hash)
    hashed = hash_password(password)
    with app.database.begin() as connection:
        app.people.change(person.id, {"password_hash": hashed}, connection)
        app.invitations.withdraw_of(person.id, connection)
    app.sessions.end_all(person.id)
    record(app, "password", "success", person.email, visitor, "changed")


def change_role(app: App, by: str, person_id: str, role: str, visitor: Visitor) -> None:
    """Change a person's role; invitations by a former owner are withdrawn.

    Raises Refused if no owner would remain.
    """
    _check_role(role)
    with app.database.begin() as connection:
        owners = app.people.owners(connection)
        person = app.people.locked(person_id, connection)
        if role != "owner":
            _keep_an_owner(owners, person)
            app.invitations.withdraw_of(person.id, connection)
        app.people.change(person.id, {"role": role}, connection)
    record(app, "role", "success", by, visitor, f"{person.email}: {person.role} to {role}")


def remove(app: App, by: str, person_id: str, visitor: Visitor) -> None:
    """Remove a person. Raises Refused if no owner would remain."""
    with app.database.begin() as connection:
        owners = app.people.owners(connection)
        person = app.people.locked(person_id, connection)
        _keep_an_owner(owners, person)
        app.invitations.withdraw_of(person.id, connection)
        app.people.remove(person.id, connection)
    record(app, "removal", "success", by, visitor, person.email)


def check_email(email: str) -> str:
    """Return the address without surrounding spaces. Raises BadValue."""
    text = email.strip()
    name, at, host = text.rpartition("@")
    plausible = bool(name and at and "." in host.strip(".")) or host == "localhost"
    if not plausible or any(c.isspace() for c in text):
        raise BadValue("E-mail", "this is not an e-mail address", example="alice@example.com")
    # The longest address that SMTP can deliver (RFC 5321).
    if len(text) > 254 or not text.isprintable():
        raise BadValue("E-mail", "this address is too long", example="alice@example.com")
    return text


def _keep_an_owner(owners: list[str], person: Person) -> None:
    if owners == [person.id]:
        raise Refused(
            f"{person.email} is the only owner",
            code="last_owner",
        )


def _check_role(role: str) -> str:
    if role not in ROLES:
        raise BadValue("Role", f"{role!r} is not one of {', '.join(ROLES)}", example="editor")
    return role
