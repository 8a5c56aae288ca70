"""Sign-on by a proxy: it authenticates a person and names them in a header (PROXY_AUTH_HEADER)."""

from __future__ import annotations

from fastapi import Request

from tiktok_organic.actions.people.record_security_event import record
from tiktok_organic.errors import Refused
from tiktok_organic.store.people.people import Person
from tiktok_organic.web.request_safety.trusted_proxies import direct_peer, is_trusted
from tiktok_organic.web.request_safety.visitor import visitor_of
from tiktok_organic.web.site import site_of

__all__ = ["person_named_by_proxy"]

# Characters of an e-mail address.
_LONGEST = 254


def person_named_by_proxy(request: Request) -> Person | None:
    """Return the person that a trusted proxy names; None without a valid header.

    The header is valid if the direct peer is one of TRUSTED_PROXIES. Raises Refused if the header
    is sent twice (a proxy that adds it to the client's own), or names a person without an account:
    a session of another person in the same browser must not be used instead.
    """
    site = site_of(request)
    settings = site.app.settings
    header = settings.proxy_auth_header
    if not header or not is_trusted(direct_peer(request), settings.trusted_proxies):
        return None
    named = [value.strip() for value in request.headers.getlist(header)]
    if not any(named):
        return None
    if len(named) > 1:
        raise Refused(
            f"the proxy sent {header} more than once",
            code="sign_on_failed",
            case="proxy",
        )
    email = named[0][:_LONGEST]
    person = site.app.people.by_email(email)
    _note(request, person, email)
    if person is None:
        raise Refused(
            f"{email} has no account here",
            code="no_account",
        )
    request.state.signed_on_by_proxy = True
    return person


def _note(request: Request, person: Person | None, email: str) -> None:
    """Record the first sign-on of the day from each machine."""
    site, visitor = site_of(request), visitor_of(request)
    outcome = "failure" if person is None else "success"
    today = site.app.clock.now().date()
    if site.sign_ons.first(today, outcome, email, visitor.network):
        who = email if person is None else person.email
        record(site.app, "login", outcome, who, visitor, "named by the proxy")
