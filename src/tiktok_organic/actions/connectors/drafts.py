"""Drafts: unfinished connections.

A person may have several, in several tabs. Each has an id that the addresses and forms of the page
contain. The errors of a form are part of the draft, so the page that shows them is requested with
GET.
"""

from __future__ import annotations

import dataclasses
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from tiktok_organic.actions.connectors.consent import Consent
from tiktok_organic.errors import NotFound
from tiktok_organic.store.connectors.connection_drafts import Drafts
from tiktok_organic.tiktok.record_types import Account
from tiktok_organic.tiktok.token_pair import TokenPair

__all__ = [
    "Draft",
    "Refusal",
    "begin_draft",
    "discard_draft",
    "draft_gone",
    "finish_draft",
    "read_draft",
    "save_draft",
    "unfinished_drafts",
]

_ACCOUNT = ("username", "display_name", "profile_image", "is_business_account", "followers_count")
# Drafts without a consent per person. Older ones are deleted.
_MOST = 20


@dataclass(frozen=True)
class Refusal:
    """Why a form was refused.

    `field`: the field to correct, "" if unknown. `details`: the technical message. `entered`: the
    entered values, without secrets.
    """

    step: int
    code: str
    message: str
    advice: str
    details: str = ""
    field: str = ""
    entered: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """An unfinished connection.

    `connector_id`: the connector to reconnect, "" for a new one. `api_url`: the TikTok of the last
    consent, "" for that of the settings. `reports`, `name`, `dataset`, `destination`: the accepted
    values, empty before that. `finished`: the connector that the draft became. `hidden`: the start
    page does not list it.
    """

    id: str
    person_id: str
    connector_id: str = ""
    api_url: str = ""
    consent: Consent | None = None
    confirmed: bool = False
    reports: tuple[str, ...] = ()
    name: str = ""
    dataset: str = ""
    destination: str = ""
    problem: Refusal | None = None
    finished: str = ""
    hidden: bool = False

    @property
    def step(self) -> int:
        """The first unfinished step, from 1."""
        if self.consent is None:
            return 1
        if not self.confirmed:
            return 2
        return 3 if not self.reports else 4 if not self.name else 5

    def with_consent(self, consent: Consent) -> Draft:
        """Return the draft after a new consent.

        Values that were entered for another account are removed.
        """
        known = self.consent
        if known is not None and known.tokens.account_id == consent.tokens.account_id:
            return replace(self, consent=consent, problem=None)
        return Draft(self.id, self.person_id, api_url=self.api_url, consent=consent)


def begin_draft(
    drafts: Drafts, now: datetime, person_id: str, connector_id: str = "", api_url: str = ""
) -> Draft:
    """Store a new draft. Old drafts without a consent are deleted."""
    unfinished = [draft for draft in _all(drafts, person_id) if draft.consent is None]
    for old in unfinished[_MOST - 1 :]:
        drafts.forget(old.id, person_id)
    draft = Draft(f"d-{secrets.token_hex(8)}", person_id, connector_id, api_url)
    drafts.add(draft.id, person_id, _document(draft), now)
    return draft


def read_draft(drafts: Drafts, draft_id: str, person_id: str) -> Draft | None:
    """Return the draft; None if it does not exist or belongs to another person."""
    values = drafts.read(draft_id, person_id)
    return None if values is None else _draft(draft_id, person_id, values)


def unfinished_drafts(drafts: Drafts, person_id: str) -> list[Draft]:
    """Return the new connections with a consent and unfinished steps, newest first."""
    found = _all(drafts, person_id)
    return [draft for draft in found if draft.consent is not None and not draft.finished]


def save_draft(drafts: Drafts, now: datetime, draft: Draft) -> Draft:
    """Write the draft. Raises NotFound if it was discarded in the meantime."""
    if not drafts.change(draft.id, draft.person_id, _document(draft), now):
        raise draft_gone()
    return draft


def draft_gone() -> NotFound:
    """Return the error for a draft that does not exist any more."""
    return NotFound(
        "this connection was discarded",
        code="draft_gone",
    )


def finish_draft(drafts: Drafts, now: datetime, draft: Draft, connector_id: str) -> None:
    """Reduce the draft to the connector's id, in case a form is sent twice."""
    ended = Draft(draft.id, draft.person_id, finished=connector_id)
    drafts.change(draft.id, draft.person_id, _document(ended), now)


def discard_draft(drafts: Drafts, draft_id: str, person_id: str) -> None:
    drafts.forget(draft_id, person_id)


def _all(drafts: Drafts, person_id: str) -> list[Draft]:
    found = drafts.of(person_id)
    return [_draft(draft_id, person_id, values) for draft_id, values in found.items()]


def _document(draft: Draft) -> dict[str, Any]:
    values = asdict(replace(draft, consent=None))
    del values["id"], values["person_id"]
    return {**values, "consent": _consent_document(draft.consent)}


def _draft(draft_id: str, person_id: str, values: dict[str, Any]) -> Draft:
    consent, problem = values["consent"], values["problem"]
    read = {
        "consent": _consent(consent) if consent else None,
        "problem": Refusal(**problem) if problem else None,
        "reports": tuple(values["reports"]),
    }
    return Draft(draft_id, person_id, **{**values, **read})


def _consent_document(consent: Consent | None) -> dict[str, Any] | None:
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


def _consent(values: dict[str, Any]) -> Consent:
    tokens = dict(values["tokens"])
    for name in ("access_expires", "consent_ends"):
        tokens[name] = datetime.fromisoformat(tokens[name])
    tokens["scopes"] = tuple(tokens["scopes"])
    return Consent(TokenPair(**tokens), Account(**values["account"]), values["api_url"])
