"""Settings from the page, encrypted because destinations have passwords."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select

from tiktok_organic.store.database import Database
from tiktok_organic.store.encryption.cipher import Cipher
from tiktok_organic.store.insert_or_replace import insert_or_replace
from tiktok_organic.store.schema import preferences as table

__all__ = ["ChosenSetting", "ChosenSettings"]


@dataclass(frozen=True)
class ChosenSetting:
    """A setting from the page: its value, the time, and the e-mail address of the person."""

    value: str = field(repr=False)
    changed_at: datetime
    changed_by: str


class ChosenSettings:
    """Settings by name, without prefix."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def all(self) -> dict[str, ChosenSetting]:
        """Return all settings. Raises Refused if the encryption key does not decrypt them."""
        with self._database.read() as connection:
            rows = connection.execute(select(table)).all()
        return {
            row.name: ChosenSetting(self._cipher.decrypt(row.value), row.changed_at, row.changed_by)
            for row in rows
        }

    def texts(self) -> dict[str, str]:
        """Return only the values."""
        return {name: preference.value for name, preference in self.all().items()}

    def change(self, values: Mapping[str, str], by: str, now: datetime) -> None:
        """Set all of them, or none."""
        rows = [
            {
                "name": name,
                "value": self._cipher.encrypt(value),
                "changed_at": now,
                "changed_by": by,
            }
            for name, value in values.items()
        ]
        with self._database.begin() as connection:
            insert_or_replace(connection, table, rows)

    def forget(self, names: Collection[str]) -> None:
        """Delete the settings."""
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.name.in_(names)))
