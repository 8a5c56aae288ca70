"""Tokens for programs that use the JSON API.

Only a hash of each is stored; the token is shown once, when it is created.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from tiktok_organic.store.database import Database
from tiktok_organic.store.people.sessions import hashed
from tiktok_organic.store.schema import api_tokens as table
from tiktok_organic.store.schema import people

__all__ = ["ApiToken", "ApiTokens"]

# `used_at` is written at most this often, not with each request of a program.
_NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class ApiToken:
    """A token's record.

    `scope`: read, sync (read and order syncs) or manage (all that an editor may do). `role`: its
    creator's.
    """

    id: str
    name: str
    scope: str
    person_id: str
    email: str
    role: str
    created_at: datetime
    used_at: datetime | None
    ends_at: datetime | None


class ApiTokens:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        token: str,
        token_id: str,
        name: str,
        scope: str,
        person_id: str,
        now: datetime,
        *,
        ends_at: datetime | None = None,
    ) -> None:
        with self._database.begin() as connection:
            connection.execute(
                insert(table).values(
                    id=token_id,
                    token_hash=hashed(token),
                    name=name,
                    scope=scope,
                    person_id=person_id,
                    created_at=now,
                    ends_at=ends_at,
                )
            )

    def all(self) -> list[ApiToken]:
        """Return the tokens that were not revoked, newest first."""
        return self._found()

    def find(self, token: str, now: datetime) -> ApiToken | None:
        found = next(iter(self._found(table.c.token_hash == hashed(token))), None)
        if found is not None and found.ends_at is not None and found.ends_at <= now:
            return None
        if found is not None and (found.used_at is None or now - found.used_at > _NOTED_EVERY):
            with self._database.begin() as connection:
                connection.execute(update(table).where(table.c.id == found.id).values(used_at=now))
        return found

    def revoke(self, token_id: str, now: datetime) -> None:
        with self._database.begin() as connection:
            connection.execute(update(table).where(table.c.id == token_id).values(revoked_at=now))

    def _found(self, *wanted: object) -> list[ApiToken]:
        statement = (
            select(table, people.c.email, people.c.role)
            .join(people, people.c.id == table.c.person_id)
            .where(table.c.revoked_at.is_(None), *wanted)  # type: ignore[arg-type]  # SQLAlchemy's expressions
            .order_by(table.c.created_at.desc())
        )
        with self._database.read() as connection:
            return [
                ApiToken(
                    id=r.id,
                    name=r.name,
                    scope=r.scope,
                    person_id=r.person_id,
                    email=r.email,
                    role=r.role,
                    created_at=r.created_at,
                    used_at=r.used_at,
                    ends_at=r.ends_at,
                )
                for r in connection.execute(statement)
            ]
