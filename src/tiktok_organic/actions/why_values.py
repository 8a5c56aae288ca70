"""Values of rows for an explanation: as JSON, as conditions, and those behind a view's value."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tiktok_organic.clock import timestamp
from tiktok_organic.history.relations import Relation
from tiktok_organic.table import Column
from tiktok_organic.warehouse.base import Condition

__all__ = ["as_stored", "conditions_on", "json_value"]


def conditions_on(
    relation: Relation, name: str, value: str | int | date | datetime
) -> list[Condition]:
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    if not is_day or relation.table.column(name).type != "TIMESTAMP":
        return [Condition(name, "=", value)]
    start = datetime.combine(value, time(), UTC)  # type: ignore[arg-type]  # a date, for the column is one
    return [Condition(name, ">=", start), Condition(name, "<", start + timedelta(days=1))]


def json_value(value: object) -> Any:
    if isinstance(value, datetime):
        return timestamp(value) if value.tzinfo is not None else value.isoformat()
    return value.isoformat() if isinstance(value, date) else value


def as_stored(column: Column, text: str | None) -> str | int | None:
    """Convert a value of the change table, whose numbers are text, to the daily table's type."""
    return int(text) if text is not None and column.type == "INTEGER" else text
