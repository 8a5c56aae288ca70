"""Login sessions. Only a hash of each session's token is stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import devices
from tiktok_organic.store.schema import sessions as table

__all__ = ["DEVICE_LIFE", "LONGEST", "Session", "Sessions", "hashed"]

LONGEST = timedelta(days=30)
"""A session ends after this time, and after a week without use."""
DEVICE_LIFE = timedelta(days=365)
"""How long a browser counts as known after its person's last login."""

_IDLE = timedelta(days=7)
_NOTED_EVERY = timedelta(minutes=5)
_CODE_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Session:
    """A session: one browser of one person.

    `id`: identifies the session in a form, and grants nothing. `confirmed_at`: when the person last
    confirmed their identity. `expects_code`: the password was right, the second factor is still
    missing; such a session grants access only to the page that asks for the code.
    """

    id: str
    person_id: str
    created_at: datetime
    seen_at: datetime
    confirmed_at: datetime | None
    address: str
    browser: str
    expects_code: bool


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
    ) -> None:
        """Store a session, and delete ended ones."""
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.created_at < now - LONGEST))
            connection.execute(
                insert(table).values(
                    token_hash=hashed(token),
                    person_id=person_id,
                    created_at=now,
                    seen_at=now,
                    confirmed_at=None if expects_code else now,
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
        if session is None or now - session.created_at > LONGEST or now - session.seen_at > _IDLE:
            return None
        if session.expects_code and now - session.created_at > _CODE_WITHIN:
            return None
        if now - session.seen_at > _NOTED_EVERY:
            with self._database.begin() as connection:
                connection.execute(
                    update(table).where(table.c.token_hash == session.id).values(seen_at=now)
                )
        return session

    def person(self, token: str, now: datetime) -> str | None:
        """Return the person of a complete session; None if there is none."""
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
        return [session for session in found if not session.expects_code]

    def confirm(self, token: str, now: datetime) -> None:
        """Record that the person has confirmed their identity."""
        with self._database.begin() as connection:
            connection.execute(
                update(table).where(table.c.token_hash == hashed(token)).values(confirmed_at=now)
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
    )
