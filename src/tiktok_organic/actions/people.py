"""Who may open the page: the first owner, invitations, logging in, roles. Passwords are kept as argon2id hashes."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from tiktok_organic.app import App
from tiktok_organic.connector import check_timezone
from tiktok_organic.errors import BadValue, NotFound, Refused
from tiktok_organic.store.invitations import Invitation
from tiktok_organic.store.people import Person

if TYPE_CHECKING:
    from argon2 import PasswordHasher

__all__ = [
    "ROLES",
    "accept",
    "api_token",
    "change_password",
    "change_role",
    "first_invitation",
    "invite",
    "log_in",
    "log_out_everywhere",
    "remove",
    "revoke_token",
    "session_for",
]

ROLES = {
    "owner": "Everything: connectors, people, tokens",
    "editor": "Connectors: connect, sync, change, remove",
    "viewer": "Looks at everything, changes nothing",
}
_SHORTEST = 10
_LONGEST = 500
_FREE_FAILURES = 5
_PAUSE = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(minutes=15)
_hashing = threading.BoundedSemaphore(2)  # 64 MiB and a tenth of a second of a core each


def first_invitation(app: App) -> str | None:
    """A token that makes its bearer the first owner; None when there is a person already."""
    if app.people.count():
        return None
    token = secrets.token_urlsafe(32)
    app.invitations.add(token, "", "owner", "the first start", app.clock.now())
    return token


def invite(app: App, by: Person, email: str, role: str) -> str:
    """A token for one person. Raises BadValue, and Refused for an address that has an account."""
    address = _check_email(email)
    if app.people.by_email(address) is not None:
        raise Refused(
            f"{address} has an account already",
            code="email_taken",
            advice="Change their role in the list.",
        )
    token = secrets.token_urlsafe(32)
    app.invitations.add(token, address, _check_role(role), by.email, app.clock.now())
    return token


def accept(app: App, invitation: Invitation, email: str, password: str, timezone: str) -> Person:
    """The invited person. Raises BadValue, Conflict; Refused when the invitation was used meanwhile."""
    now = app.clock.now()
    person = Person(
        id=f"p-{secrets.token_hex(6)}",
        email=_check_email(invitation.email or email),
        role=invitation.role,
        timezone=_known_zone(timezone, app.settings_for("TIMEZONE").timezone),
        created_at=now,
        password_hash=_hashed(_check_password(password)),
    )
    with app.database.begin() as connection:
        if not app.invitations.use(invitation, now, connection):
            raise Refused(
                "this address was used already", code="invitation_ended", advice="Log in instead."
            )
        app.people.add(person, connection)
    return person


def log_in(app: App, email: str, password: str, machine: str) -> Person:
    """Raises Refused: wrong e-mail or password (not saying which), or too many attempts, saying how long to wait."""
    keys = (f"email:{email.strip().casefold()[:200]}", f"machine:{machine}")
    for key in keys:
        _refuse_hurry(app, key)
    person = app.people.by_email(email)
    if not _verified(person.password_hash if person else _nobody(), password) or person is None:
        for key in keys:
            app.people.failed(key, app.clock.now())
        raise Refused(
            "this e-mail address and password do not belong together",
            code="login_failed",
            advice="Check both. An owner can remove and invite you again if the password is lost.",
        )
    app.people.forgive(keys[0])
    return person


def session_for(app: App, person: Person) -> str:
    """A new session's token."""
    token = secrets.token_urlsafe(32)
    app.sessions.begin(token, person.id, app.clock.now())
    return token


def log_out_everywhere(app: App, person: Person) -> None:
    app.sessions.end_all(person.id)


def change_password(app: App, person: Person, former: str, password: str) -> None:
    """Ends every session of the person. Raises Refused, BadValue."""
    if not _verified(person.password_hash, former):
        raise Refused("the present password is wrong", code="login_failed", advice="Type it again.")
    app.people.change(person.id, {"password_hash": _hashed(_check_password(password))})
    app.sessions.end_all(person.id)


def change_role(app: App, person_id: str, role: str) -> None:
    """Raises Refused when nobody would own the place any more."""
    person = app.people.get(person_id)
    if _check_role(role) != "owner":
        _keep_an_owner(app, person)
    app.people.change(person.id, {"role": role})


def remove(app: App, person_id: str) -> None:
    """Raises Refused when nobody would own the place any more."""
    person = app.people.get(person_id)
    _keep_an_owner(app, person)
    app.people.remove(person.id)


def _keep_an_owner(app: App, person: Person) -> None:
    owners = [other.id for other in app.people.all() if other.role == "owner"]
    if owners == [person.id]:
        raise Refused(
            f"{person.email} is the only owner",
            code="last_owner",
            advice="Make somebody else an owner first.",
        )


def _refuse_hurry(app: App, key: str) -> None:
    failures, last_at = app.people.failures(key)
    if last_at is None or failures < _FREE_FAILURES:
        return
    pause = min(_PAUSE * 2 ** min(failures - _FREE_FAILURES, 10), _LONGEST_PAUSE)
    left = (last_at + pause - app.clock.now()).total_seconds()
    if left > 0:
        raise Refused(
            "there were too many wrong attempts",
            code="login_slowed",
            advice=f"Try again in {max(1, round(left))} seconds.",
        )


def _check_email(email: str) -> str:
    text = email.strip()
    name, at, host = text.rpartition("@")
    if not ((name and at and "." in host.strip(".")) or host == "localhost") or any(
        c.isspace() for c in text
    ):
        raise BadValue("E-mail", "this is no e-mail address", example="alice@example.com")
    if len(text) > 254 or not text.isprintable():
        raise BadValue("E-mail", "this address is too long", example="alice@example.com")
    return text


def _check_password(password: str) -> str:
    if len(password) < _SHORTEST:
        raise BadValue(
            "Password",
            f"it has fewer than {_SHORTEST} characters",
            example="four random words in a row",
        )
    if len(password) > _LONGEST:
        raise BadValue(
            "Password",
            f"it has more than {_LONGEST} characters",
            example="four random words in a row",
        )
    return password


def _check_role(role: str) -> str:
    if role not in ROLES:
        raise BadValue("Role", f"{role!r} is none of {', '.join(ROLES)}", example="editor")
    return role


def _known_zone(name: str, otherwise: str) -> str:
    try:
        return check_timezone(name)
    except BadValue:
        return otherwise


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """So that an unknown address takes as long as a known one."""
    return _hashed(secrets.token_urlsafe(16))


def _hashed(password: str) -> str:
    with _hashing:
        return _hasher().hash(password)


def _verified(kept: str, password: str) -> bool:
    from argon2.exceptions import VerificationError

    with _hashing:
        try:
            return _hasher().verify(kept, password[:_LONGEST])
        except VerificationError:
            return False


def api_token(app: App, person: Person, name: str, scope: str) -> str:
    """A new token for a program: shown once. Raises BadValue."""
    if scope not in ("read", "sync", "manage"):
        raise BadValue("Scope", f"{scope!r} is none of read, sync, manage", example="read")
    text = " ".join(name.split())
    if not text or len(text) > 100:
        raise BadValue(
            "Name", "give it a name of at most 100 characters", example="nightly dbt job"
        )
    token = f"to_{secrets.token_urlsafe(32)}"
    app.api_tokens.add(token, f"t-{secrets.token_hex(4)}", text, scope, person.id, app.clock.now())
    return token


def revoke_token(app: App, token_id: str) -> None:
    """Raises NotFound."""
    if token_id not in {token.id for token in app.api_tokens.all()}:
        raise NotFound(
            "there is no such token", code="unknown_token", advice="Look at the list of tokens."
        )
    app.api_tokens.revoke(token_id, app.clock.now())
