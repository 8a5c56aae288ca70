"""A connection that is half made, so that leaving the wizard and coming back goes on where it stopped."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from tiktok_organic.actions.consent import Consent
from tiktok_organic.app import App
from tiktok_organic.tiktok.models import Account
from tiktok_organic.tiktok.oauth import Tokens

__all__ = ["Draft", "forget_draft", "read_draft", "write_draft"]

_ACCOUNT = ("username", "display_name", "profile_image", "is_business_account", "followers_count")


@dataclass(frozen=True)
class Draft:
    """`asked_api_url`: at which TikTok consent was asked for last, `reconnecting`: for which connector ("": a new one).
    `reports`, `name`, `dataset`, `destination`: as accepted; empty before that."""

    asked_api_url: str = ""
    reconnecting: str = ""
    consent: Consent | None = None
    reports: tuple[str, ...] = ()
    name: str = ""
    dataset: str = ""
    destination: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def step(self) -> int:
        """The first step that is not done, from 1."""
        if self.consent is None:
            return 1
        if not self.extra.get("confirmed"):
            return 2
        return 3 if not self.reports else 4 if not self.name else 5


def read_draft(app: App, person_id: str) -> Draft:
    """What the person has entered so far."""
    kept = app.drafts.read(person_id, person_id)
    if not kept:
        return Draft()
    consent = kept.pop("consent", None)
    draft = Draft(**{**kept, "reports": tuple(kept.get("reports", ()))})
    return replace(draft, consent=_consent(consent) if consent else None)


def write_draft(app: App, person_id: str, draft: Draft) -> None:
    values = {**asdict(replace(draft, consent=None)), "consent": _document(draft.consent)}
    if not app.drafts.change(person_id, person_id, values, app.clock.now()):
        app.drafts.add(person_id, person_id, values, app.clock.now())


def forget_draft(app: App, person_id: str) -> None:
    app.drafts.forget(person_id, person_id)


def _document(consent: Consent | None) -> dict[str, Any] | None:
    if consent is None:
        return None
    tokens = asdict(consent.tokens)
    for name in ("access_expires", "consent_ends"):
        tokens[name] = tokens[name].isoformat()
    return {
        "tokens": tokens,
        "account": {name: getattr(consent.account, name) for name in _ACCOUNT},
        "api_url": consent.api_url,
    }


def _consent(kept: dict[str, Any]) -> Consent:
    tokens = dict(kept["tokens"])
    for name in ("access_expires", "consent_ends"):
        tokens[name] = datetime.fromisoformat(tokens[name])
    tokens["scopes"] = tuple(tokens["scopes"])
    return Consent(Tokens(**tokens), Account(**kept["account"]), kept["api_url"])
