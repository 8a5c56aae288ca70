"""Single-use addresses for one person: the first start's set-up address, and invitations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from tiktok_organic.errors import NotFound
from tiktok_organic.store.database import Database
from tiktok_organic.store.people.sessions import hashed
from tiktok_organic.store.schema import invitations as table

__all__ = ["LIFE", "Invitation", "Invitations"]

LIFE = timedelta(days=7)


@dataclass(frozen=True)
class Invitation:
    """An invitation.

    `id` is the hash of its token; `email` is empty for the first person. `resets`: the id of the
    person who chooses a new password with it; empty for a new person.
    """

    id: str
    email: str
    role: str
    invited_by: str
    created_at: datetime
    resets: str = ""

    @property
    def ends(self) -> datetime:
        return self.created_at + LIFE


class Invitations:
    """Invitations. Only a hash of each token is stored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        token: str,
        email: str,
        role: str,
        invited_by: str,
        now: datetime,
        *,
        inviter_id: str = "",
        resets: str = "",
    ) -> None:
        """Store an invitation; it replaces an older one for the same address.

        `inviter_id`: the person whose rights it depends on; empty if it was created in a shell.
        """
        with self._database.begin() as connection:
            connection.execute(
                delete(table).where(table.c.email == email, table.c.used_at.is_(None))
            )
            connection.execute(
                insert(table).values(
                    token_hash=hashed(token),
                    email=email,
                    role=role,
                    invited_by=invited_by,
                    created_at=now,
                    inviter_id=inviter_id or None,
                    resets=resets or None,
                )
            )

    def withdraw_of(self, inviter_id: str, connection: Connection) -> None:
        """Withdraw the unused invitations of a person."""
        made_by_inviter = (table.c.inviter_id == inviter_id) | (table.c.resets == inviter_id)
        connection.execute(delete(table).where(made_by_inviter, table.c.used_at.is_(None)))

    def open(self, now: datetime) -> list[Invitation]:
        """Return the invitations that can still be used."""
        statement = select(table).where(table.c.used_at.is_(None), table.c.created_at > now - LIFE)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(table.c.created_at)).all()
        return [
            Invitation(r.token_hash, r.email, r.role, r.invited_by, r.created_at, r.resets or "")
            for r in rows
        ]

    def find(self, token: str, now: datetime) -> Invitation:
        """Return an invitation. Raises NotFound if it was used, has expired, or does not exist."""
        found = next((i for i in self.open(now) if i.id == hashed(token)), None)
        if found is None:
            raise NotFound(
                "this address is no longer valid",
                code="invitation_ended",
            )
        return found

    def use(self, invitation: Invitation, now: datetime, connection: Connection) -> bool:
        """Mark it as used; return False if another request was faster."""
        # One UPDATE checks and marks it: of two requests with one invitation only one succeeds.
        unused = (table.c.token_hash == invitation.id) & table.c.used_at.is_(None)
        return bool(connection.execute(update(table).where(unused).values(used_at=now)).rowcount)

    def withdraw(self, invitation_id: str) -> None:
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.token_hash == invitation_id))
