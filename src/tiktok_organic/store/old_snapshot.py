"""A snapshot of an earlier version, brought up to date. Imported only for such a one: Alembic is slow to load."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import JSON, BigInteger, Connection, MetaData, Table, create_engine

from tiktok_organic.store.database import Database
from tiktok_organic.store.migration import configuration, refuse_unknown
from tiktok_organic.store.schema import microseconds
from tiktok_organic.store.snapshot import AT_ONCE, from_text, take

__all__ = ["modernised"]


def modernised(document: dict[str, Any]) -> dict[str, Any]:
    """The document as this version would have taken it. Its rows become an SQLite store of their own schema in a
    temporary folder, and go through the migrations that every store of that age goes through. Raises Refused for a
    schema that is newer than ours."""
    refuse_unknown(document["schema"], "the backup")
    with tempfile.TemporaryDirectory(prefix="tiktok-organic-restore-") as folder:
        url = f"sqlite:///{Path(folder) / 'store.db'}"
        _make(url, document)
        database = Database(url)
        try:
            return {**document, **take(database)}
        finally:
            database.close()


def _make(url: str, document: dict[str, Any]) -> None:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            config = configuration()
            config.attributes["connection"] = connection
            command.upgrade(config, document["schema"])
            for table in _tables(connection):
                rows = [_values(table, row) for row in document["tables"].get(table.name, [])]
                for first in range(0, len(rows), AT_ONCE):
                    connection.execute(table.insert(), rows[first : first + AT_ONCE])
    finally:
        engine.dispose()


def _tables(connection: Connection) -> list[Table]:
    """As they were then, read from the database."""
    found = MetaData()
    found.reflect(connection)
    for table in found.tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON):
                column.type.none_as_null = True
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def _values(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {
        column.name: _value(column.type, row[column.name])
        for column in table.columns
        if column.name in row
    }


def _value(kind: Any, value: Any) -> Any:
    """A database knows a moment only as a large number: where it stands as text, it is one."""
    if isinstance(kind, BigInteger) and isinstance(value, str):
        return microseconds(datetime.fromisoformat(value))
    return from_text(kind, value)
