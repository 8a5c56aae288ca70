"""Signing in: password, second factor, sessions, and confirming the identity again."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from tiktok_organic.actions.people.passwords import hash_password, needs_new_hash, verify_password
from tiktok_organic.actions.people.record_security_event import Visitor, record
from tiktok_organic.actions.people.second_factor import verify_code
from tiktok_organic.actions.people.slow_down_sign_in import begin_attempt, brakes_of
from tiktok_organic.app import App
from tiktok_organic.errors import Refused
from tiktok_organic.store.people.people import Person
from tiktok_organic.store.people.sessions import Session
from tiktok_organic.store.people.sign_in_attempts import Brake

__all__ = ["CONFIRMED_FOR", "confirm", "enter_code", "is_confirmed", "log_in", "start_session"]

CONFIRMED_FOR = timedelta(minutes=15)
"""How long a login or a confirmation is sufficient for changes that only owners may make."""


def log_in(app: App, email: str, password: str, visitor: Visitor) -> Person:
    """Return the person if the password is right.

    Raises Refused: wrong e-mail or password (not saying which), or too many attempts, saying how
    long to wait; TryAgain when too many people are logging in.
    """
    person = app.people.by_email(email)
    brakes = brakes_of(app.sessions, app.clock.now(), email, person, visitor)
    # The attempt is counted before the password is verified: parallel guesses would otherwise all
    # pass before the first failure is counted.
    begin_attempt(app, brakes, "login", email, visitor)
    # An unknown address verifies against an empty hash, which takes as long as a real one, so that
    # response times do not reveal who has an account.
    stored = person.password_hash if person is not None else ""
    if not verify_password(stored, password) or person is None:
        record(app, "login", "failure", email, visitor)
        raise Refused(
            "the e-mail address or the password is wrong",
            code="login_failed",
        )
    app.sign_in_attempts.succeeded(brakes)
    if needs_new_hash(person.password_hash):
        app.people.change(person.id, {"password_hash": hash_password(password)})
    if not person.has_second_factor:
        record(app, "login", "success", person.email, visitor, "password")
    return person


def start_session(app: App, person: Person, visitor: Visitor) -> str:
    """Create a session and return its token; with a second factor it waits for `enter_code`."""
    token, now = secrets.token_urlsafe(32), app.clock.now()
    app.sessions.begin(
        token,
        person.id,
        now,
        address=visitor.address,
        browser=visitor.browser,
        expects_code=person.has_second_factor,
        confirmed_at=None if person.has_second_factor else now,
    )
    return token


def enter_code(app: App, pending: str, code: str, visitor: Visitor) -> tuple[Person, str]:
    """Return the person and the token of a complete session, which replaces the pending one.

    Raises Refused for a wrong code, too many attempts, and a login that took too long.
    """
    session = app.sessions.find(pending, app.clock.now())
    if session is None or not session.expects_code:
        raise Refused(
            "the login took too long",
            code="login_ended",
        )
    person = app.people.get(session.person_id)
    _check_code(app, person, code, visitor)
    # A new token replaces the pending one: a person who saw the token before the second factor was
    # entered cannot use it afterwards.
    app.sessions.end(pending)
    token, now = secrets.token_urlsafe(32), app.clock.now()
    app.sessions.begin(
        token,
        person.id,
        now,
        address=visitor.address,
        browser=visitor.browser,
        confirmed_at=now,
    )
    record(app, "login", "success", person.email, visitor, "password and code")
    return person, token


def is_confirmed(session: Session | None, now: datetime) -> bool:
    """Whether the person confirmed their identity recently."""
    if session is None or session.confirmed_at is None:
        return False
    return now - session.confirmed_at < CONFIRMED_FOR


def confirm(
    app: App, person: Person, token: str, password: str, code: str, visitor: Visitor
) -> str:
    """Confirm the identity again, and return the new token of the session.

    With the password and the second factor, if it is on. Raises Refused, TryAgain.
    """
    verify_person(app, person, password, visitor, "confirm")
    if person.has_second_factor:
        _check_code(app, person, code, visitor)
    record(app, "confirm", "success", person.email, visitor)
    renewed = secrets.token_urlsafe(32)
    app.sessions.renew(token, renewed, app.clock.now())
    return renewed


def verify_person(app: App, person: Person, password: str, visitor: Visitor, kind: str) -> None:
    """Check the present password of a person who is logged in; slowed down like a login."""
    brakes = [Brake(f"{kind}:{person.id}")]
    begin_attempt(app, brakes, kind, person.email, visitor)
    if not verify_password(person.password_hash, password):
        record(app, kind, "failure", person.email, visitor)
        raise Refused(
            "the present password is wrong",
            code="login_failed",
        )
    app.sign_in_attempts.succeeded(brakes)


def _check_code(app: App, person: Person, code: str, visitor: Visitor) -> None:
    brakes = [Brake(f"code:{person.id}")]
    begin_attempt(app, brakes, "code", person.email, visitor)
    if not verify_code(app, person.id, code):
        record(app, "code", "failure", person.email, visitor)
        raise Refused(
            "this code is not right",
            code="code_wrong",
        )
    app.sign_in_attempts.succeeded(brakes)
