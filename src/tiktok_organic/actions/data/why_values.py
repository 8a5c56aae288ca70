"""Values of rows for an explanation: as JSON, as conditions, and those behind a view's value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from tiktok_organic.clock import timestamp
from tiktok_organic.history.tables_and_views import Relation
from tiktok_organic.reports import DAILY_REPORT, REPORTS, VIDEO_REPORT
from tiktok_organic.table_definition import Column
from tiktok_organic.warehouse.wanted_rows import Condition

__all__ = ["as_stored", "conditions_on", "inputs_of", "json_value"]

_BASES = {"account_daily": DAILY_REPORT, "video_latest": VIDEO_REPORT}
_OTHER_NAMES = {"new_followers": "daily_new_followers", "lost_followers": "daily_lost_followers"}


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


def inputs_of(relation: Relation, column: Column, row: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the values behind a view's value: the rows that it repeats or is computed from."""
    base = _BASES.get(relation.name)
    if base is None:
        return []
    field = _OTHER_NAMES.get(column.name, column.name)
    names = ["daily_new_followers", "daily_lost_followers"]
    fields = names if column.name == "net_followers" else [field]
    if column.name == "engagement_rate":
        fields = ["likes", "comments", "shares", "video_views"]
    key = row["date"].isoformat() if base == DAILY_REPORT else row["item_id"]
    return [
        {"table": base, "key": key, "column": one}
        for one in fields
        if one in REPORTS[base].table.names
    ]
