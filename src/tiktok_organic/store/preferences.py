"""Settings that were chosen on the page, sealed: a destination or a notification's address holds passwords."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select

from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import preferences as table
from tiktok_organic.store.seal import Seal
from tiktok_organic.store.upsert import upsert

__all__ = ["Preference", "Preferences"]


@dataclass(frozen=True)
class Preference:
    """What was chosen, when, and the e-mail address of who chose it."""

    value: str = field(repr=False)
    changed_at: datetime
    changed_by: str


class Preferences:
    """By the name of the setting, without its prefix."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal

    def all(self) -> dict[str, Preference]:
        """Raises Refused when the sealing key does not open them."""
        with self._database.read() as connection:
            rows = connection.execute(select(table)).all()
        return {
            row.name: Preference(self._seal.open(row.value), row.changed_at, row.changed_by)
            for row in rows
        }

    def texts(self) -> dict[str, str]:
        """The values alone."""
        return {name: preference.value for name, preference in self.all().items()}

    def change(self, values: Mapping[str, str], by: str, now: datetime) -> None:
        """All of them, or none."""
        rows = [
            {"name": name, "value": self._seal.seal(value), "changed_at": now, "changed_by": by}
            for name, value in values.items()
        ]
        with self._database.begin() as connection:
            upsert(connection, table, rows)

    def forget(self, names: Collection[str]) -> None:
        """As if nobody had ever chosen them."""
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.name.in_(names)))
