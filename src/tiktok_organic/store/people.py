"""The people who may open the page, and how often somebody has failed to log in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from tiktok_organic.errors import Conflict, NotFound
from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import api_tokens, attempts, drafts, sessions
from tiktok_organic.store.schema import people as table
from tiktok_organic.store.upsert import upsert

__all__ = ["People", "Person"]


@dataclass(frozen=True)
class Person:
    """`role`: owner, editor or viewer. `timezone`: an IANA name, in which times are shown."""

    id: str
    email: str
    role: str
    timezone: str
    created_at: datetime
    password_hash: str = ""

    def __repr__(self) -> str:
        return f"Person({self.email!r}, {self.role!r})"


class People:
    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self) -> int:
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar() or 0)

    def all(self) -> list[Person]:
        """In the order in which they came."""
        with self._database.read() as connection:
            return [
                _person(row)
                for row in connection.execute(select(table).order_by(table.c.created_at))
            ]

    def get(self, person_id: str) -> Person:
        """Raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.id == person_id)).first()
        if row is None:
            raise NotFound(
                "there is no such person",
                code="unknown_person",
                advice="Look at the list of people.",
            )
        return _person(row)

    def by_email(self, email: str) -> Person | None:
        """Capitals do not matter."""
        with self._database.read() as connection:
            row = connection.execute(
                select(table).where(table.c.email_key == email.strip().casefold())
            ).first()
        return _person(row) if row is not None else None

    def add(self, person: Person, connection: Connection) -> None:
        """Raises Conflict when the e-mail address is known."""
        key = person.email.casefold()
        if (
            connection.execute(select(table.c.id).where(table.c.email_key == key)).first()
            is not None
        ):
            raise Conflict(
                f"{person.email} has an account already",
                code="email_taken",
                advice="Log in, or use another address.",
            )
        connection.execute(
            insert(table).values(
                id=person.id,
                email=person.email,
                email_key=key,
                password_hash=person.password_hash,
                role=person.role,
                timezone=person.timezone,
                created_at=person.created_at,
            )
        )

    def change(self, person_id: str, values: Mapping[str, Any]) -> None:
        with self._database.begin() as connection:
            connection.execute(update(table).where(table.c.id == person_id).values(dict(values)))

    def remove(self, person_id: str) -> None:
        """With their sessions, tokens and half made connections."""
        with self._database.begin() as connection:
            for part in (sessions, api_tokens, drafts):
                connection.execute(delete(part).where(part.c.person_id == person_id))
            connection.execute(delete(table).where(table.c.id == person_id))

    def failures(self, who: str) -> tuple[int, datetime | None]:
        """How often `who` (an address, a machine) has failed since the last success, and when at last."""
        with self._database.read() as connection:
            row = connection.execute(select(attempts).where(attempts.c.who == who)).first()
        return (row.failures, row.last_at) if row is not None else (0, None)

    def failed(self, who: str, now: datetime) -> None:
        with self._database.begin() as connection:
            row = connection.execute(select(attempts).where(attempts.c.who == who)).first()
            before = row.failures if row is not None else 0
            upsert(connection, attempts, [{"who": who, "failures": before + 1, "last_at": now}])

    def forgive(self, who: str) -> None:
        with self._database.begin() as connection:
            connection.execute(delete(attempts).where(attempts.c.who == who))


def _person(row: Row[Any]) -> Person:
    return Person(row.id, row.email, row.role, row.timezone, row.created_at, row.password_hash)
