"""The person behind a provider's claims."""

from __future__ import annotations

from typing import Any

from tiktok_organic.actions.people.manage_people import make_person
from tiktok_organic.actions.people.record_security_event import Visitor, record
from tiktok_organic.app import App
from tiktok_organic.errors import Refused
from tiktok_organic.store.people.people import Person

__all__ = ["person_of"]


def person_of(app: App, claims: dict[str, Any], visitor: Visitor) -> Person:
    """Return the person with these claims.

    A person is found by issuer and subject; the first time by an e-mail address that the provider
    has verified. New people get an account only if OIDC_NEW_PEOPLE allows it. Raises Refused.
    """
    subject = f"{claims['iss']}|{claims['sub']}"
    email = str(claims.get("email", ""))
    person = app.people.by_subject(subject)
    if person is None:
        person = _first_time(app, subject, email, claims.get("email_verified") is True, visitor)
    record(app, "login", "success", person.email, visitor, "single sign-on")
    return person


def _first_time(app: App, subject: str, email: str, verified: bool, visitor: Visitor) -> Person:
    known = app.people.by_email(email) if email and verified else None
    if known is not None and not known.sso_subject:
        app.people.change(known.id, {"sso_subject": subject})
        return app.people.get(known.id)
    role = app.settings.oidc_new_people
    if known is None and email and verified and role != "nobody":
        return make_person(app, email, role, subject, visitor)
    record(app, "login", "failure", email or subject, visitor, "single sign-on without an account")
    raise Refused(
        f"{email or 'this person'} has no account here",
        code="no_account",
    )
