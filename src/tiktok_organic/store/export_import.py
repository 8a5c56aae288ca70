"""Export the whole store as one document of plain values, and import it.

It can be imported into the other kind of database (SQLite or PostgreSQL).
"""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, select, text
from sqlalchemy.types import Date

from tiktok_organic.errors import Refused
from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import HEAD, Moment, connectors, metadata

__all__ = ["check_schema", "export_store", "import_store", "refuse_used"]

# Tables that are useless later: requests of the last minute, logins, consents in progress.
_LEFT_OUT = ("sends", "sessions", "attempts", "authorizations", "devices")
# Rows per INSERT.
_AT_ONCE = 500


def export_store(database: Database) -> dict[str, Any]:
    """Export every row, in one transaction."""
    with database.begin() as connection:
        if database.path is None:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        tables = {
            table.name: [_plain(table, row._mapping) for row in connection.execute(select(table))]  # noqa: SLF001 - SQLAlchemy documents `_mapping`
            for table in metadata.sorted_tables
            if table.name not in _LEFT_OUT
        }
    return {"schema": HEAD, "tables": tables}


def check_schema(document: dict[str, Any]) -> None:
    """Raise Refused for a document of another schema than this version's."""
    schema = document["schema"]
    if schema > HEAD:
        raise Refused(
            f"the backup was created by a newer version of tiktok-organic (its schema is {schema})",
            code="store_newer",
        )
    if schema < HEAD:
        raise Refused(
            "the backup was created by an older version of tiktok-organic (its schema is "
            f"{schema})",
            code="store_older",
        )


def import_store(database: Database, document: dict[str, Any]) -> None:
    """Write the rows of a document of this schema into an empty store, all or none.

    Raises Refused for a store with connectors.
    """
    with database.begin() as connection:
        _refuse_used(connection)
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        for table in metadata.sorted_tables:
            rows = [_rich(table, row) for row in document["tables"].get(table.name, [])]
            for first in range(0, len(rows), _AT_ONCE):
                connection.execute(table.insert(), rows[first : first + _AT_ONCE])


def refuse_used(database: Database) -> None:
    """Raise Refused for a store with connectors in it."""
    with database.read() as connection:
        _refuse_used(connection)


def _refuse_used(connection: Connection) -> None:
    if connection.execute(select(connectors.c.id).limit(1)).scalar() is not None:
        raise Refused(
            "the store is not empty: it contains connectors",
            code="store_not_empty",
        )


def _plain(table: Table, row: Any) -> dict[str, Any]:
    return {column.name: _as_text(row[column.name]) for column in table.columns}


def _as_text(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value.isoformat() if isinstance(value, date | datetime) else value


def _rich(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {
        column.name: _from_text(column.type, row[column.name])
        for column in table.columns
        if column.name in row
    }


def _from_text(kind: Any, value: Any) -> Any:
    """Convert a document's value for a column of that type."""
    if value is None:
        return None
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    if isinstance(kind, Moment):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value
