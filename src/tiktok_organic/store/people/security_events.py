"""Security events: who did what, from where, and the outcome.

They are kept for a year, at most 50,000.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import events as table

__all__ = ["Event", "Events"]

LIFE = timedelta(days=365)
MOST = 50_000
_LONGEST = 300
_PRUNED_EVERY = 100


@dataclass(frozen=True)
class Event:
    """A security event.

    `kind`: such as `login`. `outcome`: `success`, `failure` or `blocked`. `who`: the e-mail address
    of the person, or the typed text. `address`: the network address of the origin. `what`: the
    object, such as the invited person.
    """

    at: datetime
    kind: str
    outcome: str
    who: str
    address: str
    what: str = ""


class Events:
    """The events in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, event: Event) -> None:
        """Store an event; occasionally delete events that are too old or too many."""
        values = {
            "at": event.at,
            "kind": event.kind,
            "outcome": event.outcome,
            "who": _short(event.who),
            "address": _short(event.address),
            "what": _short(event.what),
        }
        with self._database.begin() as connection:
            made = connection.execute(insert(table).values(values)).inserted_primary_key
            number = int(made[0]) if made is not None else 0
            if number % _PRUNED_EVERY == 0:
                old = (table.c.at < event.at - LIFE) | (table.c.id <= number - MOST)
                connection.execute(delete(table).where(old))

    def newest(self, limit: int, *, skip: int = 0) -> list[Event]:
        """Return the newest events first."""
        return list(self._read(limit, skip))

    def count(self) -> int:
        """Return the number of stored events."""
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar() or 0)

    def _read(self, limit: int, skip: int) -> Iterator[Event]:
        statement = select(table).order_by(table.c.id.desc()).limit(limit).offset(skip)
        with self._database.read() as connection:
            for row in connection.execute(statement):
                yield Event(row.at, row.kind, row.outcome, row.who, row.address, row.what)


def _short(text: str) -> str:
    """Shorten a typed text to a line, without characters that no database can store."""
    printable = "".join(
        c if c.isprintable() and not 0xD800 <= ord(c) < 0xE000 else "�" for c in text
    )
    return printable[:_LONGEST]
