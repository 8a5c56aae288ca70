"""Every table and view of a dataset by name, with its key, for `why` and `reconcile`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Literal

from tiktok_organic.errors import BadValue
from tiktok_organic.history.table_columns import ACCOUNT_USERNAME, HISTORY
from tiktok_organic.history.views import views
from tiktok_organic.history.views.view_columns import DECLARED
from tiktok_organic.reports import REPORTS
from tiktok_organic.table_definition import Column, Table

__all__ = ["OWN_COLUMNS", "SYNC_COLUMNS", "Key", "Relation", "read_key", "relations"]

Key = dict[str, str | int | date | datetime]
"""The values of key columns. A `date` for a TIMESTAMP column means the newest row of that day."""

OWN_COLUMNS = ("username", "account_id", "_quanti_ad_account")
"""Key columns with the account; they may be omitted, because a dataset has one account."""

SYNC_COLUMNS = ("_quanti_sync_date", "sync_date")
"""Key columns with a sync; without one the newest row is used."""

_VIEW_KEYS: Mapping[str, tuple[str, ...]] = {
    "account_daily": ("account_id", "date"),
    "video_latest": ("item_id",),
    "video_daily": ("item_id", "date"),
    "video_by_age": ("item_id", "age_days"),
    "video_hashtag": ("item_id", "hashtag"),
    "audience_country": ("account_id", "sync_date", "country"),
    "audience_city": ("account_id", "sync_date", "city"),
    "audience_age": ("account_id", "sync_date", "age"),
    "audience_gender": ("account_id", "sync_date", "gender"),
    "audience_hour": ("account_id", "date", "hour_utc"),
    "video_impression_source": ("item_id", "sync_date", "source"),
    "video_audience_country": ("item_id", "sync_date", "country"),
    "absence": ("table_name", "column_name", "item_id", "date"),
}

_EXAMPLES = {
    "DATE": "2026-11-01",
    "TIMESTAMP": "2026-11-01T03:00:00Z",
    "INTEGER": "7",
    "STRING": "7412345678901234567",
}


@dataclass(frozen=True)
class Relation:
    """A table or view. `reads`: what a view is computed from; empty for a table."""

    kind: Literal["report", "history", "view"]
    table: Table
    reads: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def sync_column(self) -> str | None:
        """The key column with the sync, if the key has one."""
        return next((name for name in self.table.key if name in SYNC_COLUMNS), None)

    @property
    def own_key(self) -> tuple[str, ...]:
        """The key columns with the account, which are equal in all rows."""
        if self.name == ACCOUNT_USERNAME.name:
            return ("account_id",)
        return tuple(name for name in self.table.key if name in OWN_COLUMNS)

    @property
    def asked_key(self) -> tuple[str, ...]:
        """The key columns that distinguish rows."""
        return tuple(name for name in self.table.key if name not in self.own_key)


@cache
def relations() -> dict[str, Relation]:
    """Return all by name: the four tables, the history tables, the views."""
    found = [Relation("report", report.table) for report in REPORTS.values()]
    found += [Relation("history", table) for table in HISTORY.values()]
    queries = {view.name: view for view in views("UTC")}
    for view in DECLARED:
        read: list[str] = []

        def target(name: str, read: list[str] = read) -> str:
            read.append(name)
            return name

        queries[view.name].query("duckdb", target)
        table = Table(view.name, view.about, _VIEW_KEYS[view.name], view.columns)
        found.append(Relation("view", table, tuple(dict.fromkeys(read))))
    return {relation.name: relation for relation in found}


def read_key(relation: Relation, text: str) -> Key:
    """Parse the key columns' values in `text`, separated by `|`.

    The account's columns may be omitted, and also the sync, which then is the newest one. Raises
    BadValue.
    """
    table = relation.table
    parts = [part.strip() for part in text.split("|")]
    for names in _spellings(relation):
        if len(names) == len(parts):
            try:
                return {
                    name: _value(table.column(name), part)
                    for name, part in zip(names, parts, strict=True)
                    if part or not _may_be_empty(relation, name)
                }
            except (ValueError, OverflowError):  # or a time that is before year 1 in UTC
                continue
    wanted = "|".join(relation.asked_key or table.key)
    example = "|".join(_EXAMPLES[table.column(name).type] for name in wanted.split("|"))
    raise BadValue("key", f"{text!r} is not {wanted} of {relation.name}", example=example)


def _spellings(relation: Relation) -> list[tuple[str, ...]]:
    """Return the possible columns of a key, the complete key last of those of equal length."""
    key, asked = relation.table.key, relation.asked_key
    without_sync = [
        tuple(name for name in names if name != relation.sync_column) for names in (asked, key)
    ]
    return [asked, key, *without_sync]


def _may_be_empty(relation: Relation, name: str) -> bool:
    """Whether an empty part means the account, the newest sync, or null in `absence`."""
    return name in relation.own_key or name == relation.sync_column or relation.name == "absence"


def _value(column: Column, text: str) -> str | int | date | datetime:
    if not text:
        raise ValueError("a part of the key is empty")
    if column.type == "DATE":
        return date.fromisoformat(text)
    if column.type == "INTEGER":
        number = int(text)
        if not -(2**63) <= number < 2**63:
            raise ValueError("no column has so large a number")
        return number
    if column.type != "TIMESTAMP":
        return text
    if len(text) <= len("2026-11-01"):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
