"""API tokens of a person: create and revoke them."""

from __future__ import annotations

import secrets
from datetime import timedelta

from tiktok_organic.actions.people.record_security_event import Visitor, record
from tiktok_organic.app import App
from tiktok_organic.errors import BadValue, NotFound
from tiktok_organic.store.people.people import Person

__all__ = ["api_token", "revoke_token"]


def api_token(
    app: App,
    person: Person,
    name: str,
    scope: str,
    visitor: Visitor,
    *,
    life: timedelta | None = None,
) -> str:
    """Create a token for a program; it is shown once. `life`: its validity. Raises BadValue."""
    if scope not in ("read", "sync", "manage"):
        raise BadValue("Scope", f"{scope!r} is not one of read, sync, manage", example="read")
    text = " ".join(name.split())
    if not text or len(text) > 100 or not text.isprintable():
        raise BadValue(
            "Name", "give it a printable name of at most 100 characters", example="nightly dbt job"
        )
    token = f"to_{secrets.token_urlsafe(32)}"
    now = app.clock.now()
    ends_at = now + life if life is not None else None
    app.api_tokens.add(
        token, f"t-{secrets.token_hex(4)}", text, scope, person.id, now, ends_at=ends_at
    )
    record(app, "token", "success", person.email, visitor, f"{text} ({scope})")
    return token


def revoke_token(app: App, by: Person, token_id: str, visitor: Visitor) -> None:
    """Revoke a token. Raises NotFound."""
    found = {token.id: token.name for token in app.api_tokens.all()}
    if token_id not in found:
        raise NotFound(
            "this token does not exist",
            code="unknown_token",
        )
    app.api_tokens.revoke(token_id, app.clock.now())
    record(app, "token", "success", by.email, visitor, f"{found[token_id]} revoked")
