"""Convert values of rows: into JSON, into conditions of a query, and from the change table."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from tiktok_organic.clock import timestamp
from tiktok_organic.history.tables_and_views import Relation
from tiktok_organic.table_definition import Column
from tiktok_organic.warehouse.wanted_rows import Condition

__all__ = ["as_stored", "conditions_on", "json_value"]


def conditions_on(
    relation: Relation, name: str, value: str | int | date | datetime
) -> list[Condition]:
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    if not is_day or relation.table.column(name).type != "TIMESTAMP":
        return [Condition(name, "=", value)]
    # To its last microsecond, because no day follows 9999-12-31.
    start, end = (datetime.combine(value, clock, UTC) for clock in (time.min, time.max))  # type: ignore[arg-type]  # a date, for the column is one
    return [Condition(name, ">=", start), Condition(name, "<=", end)]


def json_value(value: object) -> Any:
    if isinstance(value, datetime):
        return timestamp(value) if value.tzinfo is not None else value.isoformat()
    return value.isoformat() if isinstance(value, date) else value


def as_stored(column: Column, text: str | None) -> str | int | None:
    """Convert a value of the change table, whose numbers are text, to the daily table's type."""
    return int(text) if text is not None and column.type == "INTEGER" else text
