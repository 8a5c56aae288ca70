"""A report: a table, the answers that it needs, and their conversion to rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from tiktok_organic.table_definition import Column, Table
from tiktok_organic.tiktok.record_types import Account, Day, Video

__all__ = [
    "Context",
    "Report",
    "Row",
    "Source",
    "column_values",
    "loaded_at",
    "sync_date",
    "username",
]

Row = tuple[Any, ...]


class Source(Protocol):
    """What a report may read from TikTok's answers, fresh or archived."""

    def account(self) -> Account:
        """Return the account as TikTok described it."""

    def days(self) -> Iterator[Day]:
        """Return the days of the account's daily series, oldest first, each date once."""

    def videos(self) -> Iterator[Video]:
        """Return every public video, each once."""


@dataclass(frozen=True)
class Context:
    """What a row says about its sync.

    The account's id, the username at that time, and two timestamps.
    """

    account_id: str
    username: str
    sync_date: datetime
    loaded_at: datetime


@dataclass(frozen=True)
class Report:
    """One report.

    `table`: its table. `endpoint`: the call that serves it. `scopes`: without one of these it
    fails. `rows(source, context)` returns the rows in the order of the table's columns.
    """

    table: Table
    endpoint: Literal["account", "videos"]
    scopes: tuple[str, ...]
    rows: Callable[[Source, Context], Iterator[Row]]
    sentence: str

    @property
    def name(self) -> str:
        return self.table.name


def column_values(table: Table, origin: str) -> list[str]:
    """Return the table's columns from `origin`, in order.

    They are also the names of TikTok's fields.
    """
    return [column.name for column in table.columns if column.origin == origin]


def loaded_at() -> Column:
    return Column(
        "_quanti_loaded_at",
        "TIMESTAMP",
        "sync",
        "When the row was put into the warehouse.",
        required=True,
    )


def sync_date() -> Column:
    return Column(
        "_quanti_sync_date",
        "TIMESTAMP",
        "sync",
        "When the sync was ordered: one moment for all its tables, and for its repeats.",
        required=True,
    )


def username() -> Column:
    return Column(
        "username", "STRING", "account", "The account's handle, without the @.", required=True
    )
