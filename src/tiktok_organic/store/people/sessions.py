"""Login sessions. Only a hash of each session's token is stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import authorizations, devices
from tiktok_organic.store.schema import sessions as table

__all__ = ["DEVICE_LIFE", "LONGEST", "Session", "Sessions", "bound_to_session", "hashed"]

LONGEST = timedelta(days=30)
"""A session ends after this time, after a week without use, and at its own `ends_at`."""
DEVICE_LIFE = timedelta(days=365)
"""How long a browser counts as known after its person's last login."""

_IDLE = timedelta(days=7)
# `seen_at` is written at most this often.
_NOTED_EVERY = timedelta(minutes=5)
# After the password, the code of the second factor must follow within this time.
_CODE_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Session:
    """A session: one browser of one person.

    `id`: identifies the session in a form, and grants nothing. `confirmed_at`: when the person last
    confirmed their identity. `expects_code`: the password was right, the second factor is still
    missing; such a session grants access only to the page that asks for the code. `ends_at`: when a
    session of single sign-on ends at the latest.
    """

    id: str
    person_id: str
    created_at: datetime
    seen_at: datetime
    confirmed_at: datetime | None
    address: str
    browser: str
    expects_code: bool
    ends_at: datetime | None = None


def hashed(token: str) -> str:
    """Return the stored hash of a token of 256 random bits: it needs no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Sessions:
    """Sessions, and known browsers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self,
        token: str,
        person_id: str,
        now: datetime,
        *,
        address: str = "",
        browser: str = "",
        expects_code: bool = False,
        confirmed_at: datetime | None = None,
        ends_at: datetime | None = None,
    ) -> None:
        """Store a session, and delete ended ones.

        `confirmed_at`: when the person confirmed their identity, if that is known.
        """
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.created_at < now - LONGEST))
            connection.execute(
                insert(table).values(
                    token_hash=hashed(token),
                    person_id=person_id,
                    created_at=now,
                    seen_at=now,
                    confirmed_at=confirmed_at,
                    ends_at=ends_at,
                    # Both come with the request and may have any length.
                    address=address[:100],
                    browser=browser[:300],
                    expects_code=expects_code,
                )
            )

    def find(self, token: str, now: datetime) -> Session | None:
        """Return the session of a token; None if it has ended or does not exist."""
        statement = select(table).where(table.c.token_hash == hashed(token))
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        session = _session(row) if row is not None else None
        if session is None or _has_ended(session, now):
            return None
        if session.expects_code and now - session.created_at > _CODE_WITHIN:
            return None
        # Not at every request: a page with its parts would write into the store several times.
        if now - session.seen_at > _NOTED_EVERY:
            with self._database.begin() as connection:
                connection.execute(
                    update(table).where(table.c.token_hash == session.id).values(seen_at=now)
                )
        return session

    def person(self, token: str, now: datetime) -> str | None:
        """Return the person of a complete session; None if none exists."""
        session = self.find(token, now)
        return session.person_id if session is not None and not session.expects_code else None

    def of_person(self, person_id: str, now: datetime) -> list[Session]:
        """Return a person's complete sessions that have not ended, newest use first."""
        statement = (
            select(table)
            .where(table.c.person_id == person_id, table.c.created_at > now - LONGEST)
            .where(table.c.seen_at > now - _IDLE)
            .order_by(table.c.seen_at.desc())
        )
        with self._database.read() as connection:
            found = [_session(row) for row in connection.execute(statement)]
        return [one for one in found if not one.expects_code and not _has_ended(one, now)]

    def renew(self, token: str, new_token: str, now: datetime) -> None:
        """Give a session a new token: the person has just confirmed their identity.

        A consent that was begun in another tab stays bound to the session.
        """
        old, new = hashed(token), hashed(new_token)
        with self._database.begin() as connection:
            connection.execute(
                update(table)
                .where(table.c.token_hash == old)
                .values(token_hash=new, confirmed_at=now)
            )
            connection.execute(
                update(authorizations)
                .where(authorizations.c.bound_to == bound_to_session(old))
                .values(bound_to=bound_to_session(new))
            )

    def end_others(self, person_id: str, token: str) -> None:
        """End every session of the person but this one."""
        with self._database.begin() as connection:
            connection.execute(
                delete(table).where(
                    table.c.person_id == person_id, table.c.token_hash != hashed(token)
                )
            )

    def end(self, token: str) -> None:
        """End one session."""
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.token_hash == hashed(token)))

    def end_one(self, person_id: str, session_id: str) -> None:
        """End a session of that person, by its id."""
        with self._database.begin() as connection:
            connection.execute(
                delete(table).where(
                    table.c.token_hash == session_id, table.c.person_id == person_id
                )
            )

    def end_all(self, person_id: str) -> None:
        """End all sessions of a person, and delete their known browsers."""
        with self._database.begin() as connection:
            for part in (table, devices):
                connection.execute(delete(part).where(part.c.person_id == person_id))

    def know_device(self, token: str, person_id: str, now: datetime) -> None:
        """Record a browser in which the person has logged in; delete those older than a year."""
        with self._database.begin() as connection:
            connection.execute(delete(devices).where(devices.c.seen_at < now - DEVICE_LIFE))
            connection.execute(delete(devices).where(devices.c.token_hash == hashed(token)))
            connection.execute(
                insert(devices).values(token_hash=hashed(token), person_id=person_id, seen_at=now)
            )

    def knows_device(self, token: str, person_id: str, now: datetime) -> bool:
        """Whether the person has logged in from that browser within a year."""
        statement = select(devices.c.seen_at).where(
            devices.c.token_hash == hashed(token), devices.c.person_id == person_id
        )
        with self._database.read() as connection:
            seen_at = connection.execute(statement).scalar()
        return seen_at is not None and now - seen_at < DEVICE_LIFE


def bound_to_session(session_id: str) -> str:
    """What a begun consent is bound to: this session of this browser."""
    return f"session:{session_id}"


def _has_ended(session: Session, now: datetime) -> bool:
    if now - session.created_at > LONGEST or now - session.seen_at > _IDLE:
        return True
    return session.ends_at is not None and now >= session.ends_at


def _session(row: Row[Any]) -> Session:
    return Session(
        id=row.token_hash,
        person_id=row.person_id,
        created_at=row.created_at,
        seen_at=row.seen_at,
        confirmed_at=row.confirmed_at,
        address=row.address or "",
        browser=row.browser or "",
        expects_code=bool(row.expects_code),
        ends_at=row.ends_at,
    )
