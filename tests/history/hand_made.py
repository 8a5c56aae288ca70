"""A dataset whose rows are written by hand, with our views on it, in a DuckDB in memory."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb

from tiktok_organic.history.table_columns import HISTORY
from tiktok_organic.history.views import views
from tiktok_organic.reports import REPORTS
from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.sql_dialect import DUCKDB

__all__ = ["ACCOUNT", "TABLES", "TIMEZONE", "HandMade", "at", "complete", "micros"]

ACCOUNT = "open-id"
TIMEZONE = "Europe/Berlin"
TABLES: dict[str, Table] = {**{name: r.table for name, r in REPORTS.items()}, **HISTORY}

_FILLED: dict[str, dict[str, Any]] = {
    "profile": {"_quanti_loaded_at": datetime(2026, 1, 1, tzinfo=UTC), "username": "bakery"},
    "profile_snapshot_metric": {"username": "bakery"},
    "profile_daily_metric": {"_quanti_ad_account": ACCOUNT, "username": "bakery"},
}


def at(text: str) -> datetime:
    """`2026-03-01 12:30` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def complete(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row of table `name` with values for the required columns that the case does not state."""
    table = TABLES[name]
    row = {**_FILLED.get(name, {}), **row}
    if "account_id" in table.names:
        row.setdefault("account_id", ACCOUNT)
    if name == "profile_daily_metric":
        row |= {"_quanti_date": row["date"], "_quanti_id": f"bakery|{row['date']}"}
    for column in table.columns:
        if column.required and column.name not in row:
            row[column.name] = row["_quanti_sync_date"] if column.type == "TIMESTAMP" else "x"
    assert set(row) <= set(table.names), set(row) - set(table.names)
    return row


class HandMade:
    """`writes` takes rows by table, `reads` gives those of a view."""

    def __init__(self) -> None:
        self._engine = duckdb.connect()
        self._engine.execute("SET TimeZone = 'America/New_York'")
        for table in TABLES.values():
            self._engine.execute(sql.create_table(DUCKDB, table.name, table))
        for view in views(TIMEZONE):
            query = view.query("duckdb", DUCKDB.name)
            self._engine.execute(f"CREATE VIEW {DUCKDB.name(view.name)} AS {query}")

    def empties(self) -> None:
        for name in TABLES:
            self._engine.execute(f"DELETE FROM {DUCKDB.name(name)}")

    def writes(self, **tables: list[dict[str, Any]]) -> HandMade:
        for name, rows in tables.items():
            for row in (complete(name, row) for row in rows):
                columns = ", ".join(map(DUCKDB.name, row))
                marks = ", ".join("?" for _ in row)
                statement = f"INSERT INTO {DUCKDB.name(name)} ({columns}) VALUES ({marks})"
                self._engine.execute(statement, list(row.values()))
        return self

    def reads(self, view: str, *columns: str, order: str = "ALL") -> list[tuple[Any, ...]]:
        chosen = ", ".join(map(DUCKDB.name, columns)) or "*"
        query = f"SELECT {chosen} FROM {DUCKDB.name(view)} ORDER BY {order}"
        rows = self._engine.sql(query).to_arrow_table().to_pylist()
        return [tuple(_in_utc(value) for value in row.values()) for row in rows]

    def closes(self) -> None:
        self._engine.close()


def _in_utc(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    return value


def days(first: str, count: int) -> list[date]:
    """`count` days from `first` on."""
    start = date.fromisoformat(first)
    return [start + timedelta(days=n) for n in range(count)]
