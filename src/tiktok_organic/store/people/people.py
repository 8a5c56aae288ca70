"""The users of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from tiktok_organic.caseless import caseless
from tiktok_organic.errors import Conflict, NotFound
from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import api_tokens, devices, drafts, sessions
from tiktok_organic.store.schema import people as table

__all__ = ["People", "Person"]


@dataclass(frozen=True)
class Person:
    """A user of the page.

    `role`: owner, editor or viewer. `timezone`: an IANA name, for the display of times.
    `password_hash` is empty for a person who only signs on through a provider. `totp`: the
    encrypted secret of the second factor, `totp_step` the newest accepted time step,
    `recovery_codes` the hashes of the unused codes. `sso_subject`: issuer and subject at the
    provider.
    """

    id: str
    email: str
    role: str
    timezone: str
    created_at: datetime
    password_hash: str = ""
    totp: bytes | None = None
    totp_step: int = 0
    recovery_codes: tuple[str, ...] = ()
    sso_subject: str = ""

    @property
    def has_second_factor(self) -> bool:
        return self.totp is not None

    @property
    def may_edit(self) -> bool:
        """Whether the person may change connectors.

        `web/sign_in_and_roles/role_of_each_route.py` describes the roles.
        """
        return self.role in ("owner", "editor")

    @property
    def is_owner(self) -> bool:
        """Whether the person may change settings, people and tokens."""
        return self.role == "owner"

    def __repr__(self) -> str:
        return f"Person({self.email!r}, {self.role!r})"


class People:
    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self) -> int:
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar() or 0)

    def all(self) -> list[Person]:
        """Return all people in the order of their creation."""
        with self._database.read() as connection:
            return [
                _person(row)
                for row in connection.execute(select(table).order_by(table.c.created_at))
            ]

    def get(self, person_id: str) -> Person:
        """Return a person. Raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(table).where(table.c.id == person_id)).first()
        if row is None:
            raise _unknown()
        return _person(row)

    def by_email(self, email: str) -> Person | None:
        """Return a person by e-mail address, case-insensitive."""
        with self._database.read() as connection:
            row = connection.execute(
                select(table).where(table.c.email_key == caseless(email.strip()))
            ).first()
        return _person(row) if row is not None else None

    def add(self, person: Person, connection: Connection) -> None:
        """Add a person. Raises Conflict if the e-mail address is in use."""
        key = caseless(person.email)
        if (
            connection.execute(select(table.c.id).where(table.c.email_key == key)).first()
            is not None
        ):
            raise Conflict(
                f"{person.email} already has an account",
                code="email_taken",
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
                sso_subject=person.sso_subject or None,
            )
        )

    def change(
        self, person_id: str, values: Mapping[str, Any], connection: Connection | None = None
    ) -> None:
        """Write these columns of a person."""
        statement = update(table).where(table.c.id == person_id).values(dict(values))
        if connection is not None:
            connection.execute(statement)
            return
        with self._database.begin() as own:
            own.execute(statement)

    def by_subject(self, subject: str) -> Person | None:
        """Return the person with that subject of a provider."""
        statement = select(table).where(table.c.sso_subject == subject)
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return _person(row) if row is not None else None

    def locked(self, person_id: str, connection: Connection) -> Person:
        """Return a person, locked until the transaction ends. Raises NotFound."""
        statement = select(table).where(table.c.id == person_id).with_for_update()
        row = connection.execute(statement).first()
        if row is None:
            raise _unknown()
        return _person(row)

    def owners(self, connection: Connection) -> list[str]:
        """Return the ids of all owners, locked until the transaction ends."""
        # In one order for every process, so that two changes cannot block each other.
        statement = select(table.c.id).where(table.c.role == "owner").order_by(table.c.id)
        return list(connection.execute(statement.with_for_update()).scalars())

    def remove(self, person_id: str, connection: Connection) -> None:
        """Remove a person with their sessions, tokens, drafts and the invitations they made."""
        for part in (sessions, devices, api_tokens, drafts):
            connection.execute(delete(part).where(part.c.person_id == person_id))
        connection.execute(delete(table).where(table.c.id == person_id))


def _unknown() -> NotFound:
    return NotFound(
        "this person does not exist",
        code="unknown_person",
    )


def _person(row: Row[Any]) -> Person:
    return Person(
        id=row.id,
        email=row.email,
        role=row.role,
        timezone=row.timezone,
        created_at=row.created_at,
        password_hash=row.password_hash,
        totp=bytes(row.totp) if row.totp is not None else None,
        totp_step=row.totp_step or 0,
        recovery_codes=tuple(row.recovery_codes or ()),
        sso_subject=row.sso_subject or "",
    )
