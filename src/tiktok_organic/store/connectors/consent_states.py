"""Consents in progress: the purpose of each, and who may return the answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from tiktok_organic.errors import Refused
from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import authorizations as table

__all__ = ["LIFE", "Authorizations", "Purpose"]

LIFE = timedelta(minutes=10)
"""TikTok's authorization codes are valid for the same time (document 1738083939371009)."""
# Longer than it is valid, so that a late or repeated answer gets an error that names the reason.
_REMEMBERED = timedelta(days=1)


@dataclass(frozen=True)
class Purpose:
    """The purpose of a consent.

    `api_url`: the TikTok that shows the consent page; its code is sent to no other address.
    `redirect_url`: the address that TikTok was asked to redirect to. `connector_id`: the connector
    to reconnect, None for a new one. `draft_id`: the draft that the answer belongs to, None in the
    terminal.
    """

    api_url: str
    redirect_url: str
    connector_id: str | None = None
    draft_id: str | None = None


class Authorizations:
    """States of the OAuth flow.

    A state is valid once, for ten minutes, and only together with the browser session (or process)
    that began. The store has a hash of each state.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, state: str, bound_to: str, now: datetime, purpose: Purpose) -> None:
        """Store a state, and delete states older than a day."""
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.created_at < now - _REMEMBERED))
            connection.execute(
                insert(table).values(
                    state_hash=_hash(state),
                    bound_to=bound_to,
                    draft_id=purpose.draft_id,
                    connector_id=purpose.connector_id,
                    api_url=purpose.api_url,
                    redirect_url=purpose.redirect_url,
                    created_at=now,
                )
            )

    def find(self, state: str, bound_to: str) -> Purpose | None:
        """Return the purpose of a state of this session, also if it was used or has expired."""
        with self._database.read() as connection:
            row = connection.execute(select(table).where(_bound_state(state, bound_to))).first()
        if row is None:
            return None
        return Purpose(row.api_url, row.redirect_url, row.connector_id, row.draft_id)

    def use(self, state: str, bound_to: str, now: datetime) -> Purpose:
        """Mark a state as used, and return its purpose. Raises Refused."""
        with self._database.begin() as connection:
            this_consent = _bound_state(state, bound_to)
            row = connection.execute(select(table).where(this_consent)).first()
            if row is None:
                raise Refused(
                    "this address belongs to another attempt to connect",
                    code="wrong_state",
                )
            if row.used_at is None and now - row.created_at > LIFE:
                raise Refused(
                    "the authorization code has expired (TikTok allows 10 minutes)",
                    code="state_expired",
                )
            # One UPDATE checks and marks it: of two requests with this state only one succeeds.
            unused = and_(this_consent, table.c.used_at.is_(None))
            if not connection.execute(update(table).where(unused).values(used_at=now)).rowcount:
                raise Refused(
                    "this address was already used",
                    code="state_used",
                )
            return Purpose(row.api_url, row.redirect_url, row.connector_id, row.draft_id)


def _bound_state(state: str, bound_to: str) -> ColumnElement[bool]:
    return and_(table.c.state_hash == _hash(state), table.c.bound_to == bound_to)


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()
