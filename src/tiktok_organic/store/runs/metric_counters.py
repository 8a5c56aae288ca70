"""Counters over all processes that only increase: requests, rows, seconds."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from tiktok_organic.store.database import Database
from tiktok_organic.store.insert_or_replace import insert_of
from tiktok_organic.store.schema import counters as table

__all__ = ["Counters"]

Key = tuple[str, str]
"""A counter's name and its label ("" if it has none)."""


class Counters:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, amounts: Mapping[Key, float]) -> None:
        """Add to several counters in one transaction; in a fixed order, which avoids deadlocks."""
        rows = [
            {"name": name, "label": label, "value": float(v)}
            for (name, label), v in sorted(amounts.items())
            if v
        ]
        if not rows:
            return
        with self._database.begin() as connection:
            statement = insert_of(connection, table)
            total = {"value": table.c.value + statement.excluded.value}
            connection.execute(
                statement.on_conflict_do_update(index_elements=["name", "label"], set_=total), rows
            )

    def all(self) -> dict[Key, float]:
        with self._database.read() as connection:
            return {(row.name, row.label): row.value for row in connection.execute(select(table))}
