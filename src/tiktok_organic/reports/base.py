"""What a report is: a table, the answers its rows are made from, and how one becomes the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from tiktok_organic.table import Column, Table
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
        """The account as TikTok described it."""

    def days(self) -> Iterator[Day]:
        """The days of the account's daily series, oldest first, each date once."""

    def videos(self) -> Iterator[Video]:
        """Every public video, each once."""


@dataclass(frozen=True)
class Context:
    """What a row says of the sync that made it: the account's id, the username of the moment, two
    timestamps.
    """

    account_id: str
    username: str
    sync_date: datetime
    loaded_at: datetime


@dataclass(frozen=True)
class Report:
    """`table`: what is written.

    `endpoint`: which call serves it. `scopes`: without any of these it cannot exist.

    `rows(source, context)` gives the rows in the order of the table's columns.
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
    """The names of the table's columns that come from `origin`, in order: also the names of
    TikTok's fields.
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
