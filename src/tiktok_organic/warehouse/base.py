"""What every warehouse must do. A back end is what passes the contract tests, nothing less."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from tiktok_organic.clock import Clock
from tiktok_organic.errors import Conflict
from tiktok_organic.table import Table
from tiktok_organic.view import View

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "READ_SECONDS",
    "CommitJournal",
    "Condition",
    "Load",
    "Loaded",
    "Wanted",
    "Warehouse",
    "WarehouseFactory",
    "taken",
]

READ_SECONDS = 20.0
"""The longest that one query of `Warehouse.read` takes: a person waits for a page."""


@dataclass(frozen=True)
class Loaded:
    """What one commit did: rows written per table, characters replaced per table, what it cost.

    `refused_views`: by name, why a view was not created or replaced; the rows are written all the
    same. `refused_tables`: by name, why a table with `recognised_by` was left alone; it belongs to
    a person.
    """

    rows: Mapping[str, int]
    replaced_characters: Mapping[str, int] = field(default_factory=dict)
    bytes_billed: int | None = None
    refused_views: Mapping[str, str] = field(default_factory=dict)
    refused_tables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """A comparison of a column with a value (text, whole number, day or aware moment), for
    `Warehouse.rows`.
    """

    column: str
    comparison: Literal["=", "<", "<=", ">", ">="]
    value: str | int | date | datetime

    def met_by(self, value: Any) -> bool:
        """Whether a stored value meets it; null never does, as in SQL."""
        return value is not None and bool(_COMPARE[self.comparison](value, self.value))


_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Wanted = tuple[Table, Sequence[Condition]]
"""A table, and the conditions that its rows meet."""


class CommitJournal(Protocol):
    """Stores the id of a commit job before the job is sent, for the next attempt to find."""

    def read(self) -> str | None:
        """The id that a former attempt of the run stored."""

    def write(self, job: str) -> None:
        """Store the id, durably."""

    def clear(self) -> None:
        """The job has succeeded: nothing is left to look up."""


class Load(Protocol):
    """The rows of one sync on their way into one dataset: all of them become visible at `commit`,
    or none.

    Staged batches are spooled outside the process's memory. Leaving the context without `commit`
    (an exception, a kill) leaves the dataset as it was.
    """

    def stage(self, table: Table, batch: pa.RecordBatch) -> None:
        """Keep a batch of `table.schema` for the commit.

        Rows within one load have distinct keys.
        """

    def declare(self, table: Table) -> None:
        """The table shall exist after the commit, even if nothing is staged for it."""

    def forget(self, table: Table, column: str, values: Sequence[str]) -> None:
        """Rows whose `column` holds one of `values` are deleted in the same commit, before rows are
        written.
        """

    def claim(self, table: Table, column: str, value: str) -> None:
        """The commit is refused with Conflict when a stored row of `table` has another value in
        `column`.

        Checked in the transaction that writes; on BigQuery only where rows of the table are staged.
        """

    def define(self, view: View) -> None:
        """The view exists after the commit, as `view` says; called in an order in which views read
        only earlier ones.

        DuckDB and PostgreSQL create it in the commit, BigQuery right after it. A table or view of
        that name that is not ours is left alone, and the reason is in `Loaded.refused_views`.
        """

    def commit(self) -> Loaded:
        """Create what is missing, merge all staged rows, in one transaction.

        A table that lacks a column gains it. A stored row with the same `table.matched_on` is
        replaced; in a cumulative table it keeps its `match` and `kept` columns, and a stored value
        is not replaced by null, nor by '[]' in a JSON column. A table with `recognised_by` whose
        name a person's own table or view has is left out, together with the views that read it
        (`Loaded.refused_tables`). Raises DestinationRefused (foreign type, permission),
        DestinationBusy (away, locked, full); in both cases nothing was written.
        """


class Warehouse(Protocol):
    """One destination."""

    def check(self, dataset: str) -> None:
        """Try the connection, and whether `dataset` could be created or used, writing nothing.

        Raises DestinationRefused or DestinationBusy, saying what is missing.
        """

    def load(
        self, dataset: str, *, run: str, attempt: int, journal: CommitJournal | None = None
    ) -> AbstractContextManager[Load]:
        """A load into `dataset`; `run` and `attempt` name it for a warehouse that recognises
        repeated jobs.

        `journal`: for a warehouse whose commit may go on after this process has died (BigQuery).
        """

    def count(self, dataset: str, table: Table) -> int | None:
        """Rows of the table; None when it does not exist."""

    def is_foreign(self, dataset: str, table: Table) -> bool:
        """Whether a person's own table or view has the table's name (see `Table.recognised_by`)."""

    def rows(
        self,
        dataset: str,
        table: Table,
        *,
        where: Sequence[Condition] = (),
        order: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Rows that meet every condition, as dictionaries by column name, in the given order
        (`-name` descends).

        TIMESTAMP values are aware datetimes in UTC, DATETIME values naive ones, DATE values dates.
        A table that does not exist, or that is a person's own (`Table.recognised_by`), has no rows.
        """

    def read(
        self,
        dataset: str,
        view: Table,
        *,
        totals_by: Sequence[str] = (),
        where: Sequence[Condition] = (),
        order: Sequence[str] = (),
        limit: int,
    ) -> list[dict[str, Any]] | None:
        """Rows of a view or table for a page, as `rows` gives them; None when it does not exist.

        With `totals_by`, one row for each combination of these columns, with the sums of the view's
        INTEGER columns; `order` names those columns then. Raises DestinationBusy when the
        warehouse needs longer than READ_SECONDS.
        """

    def rows_of(self, dataset: str, wanted: Sequence[Wanted]) -> list[list[dict[str, Any]]]:
        """What `rows` returns for each of several tables of moderate size, by one look at the
        dataset.

        Rows that do not meet the conditions may be transferred too: BigQuery lists whole tables
        side by side, without a job and without a bill.
        """

    def distinct(self, dataset: str, table: Table, columns: Sequence[str]) -> set[tuple[Any, ...]]:
        """What the columns hold, each combination once; nothing where there is no such table or
        column.
        """

    def batches(self, dataset: str, table: Table) -> Iterator[pa.RecordBatch]:
        """The whole table in `table.schema`, for moving it elsewhere; a missing column is null."""

    def drop(self, dataset: str, tables: Sequence[Table], views: Sequence[View] = ()) -> None:
        """Drop the tables and our views, and the dataset when nothing else is left in it.

        A view of that name that is not ours stays, and so does a person's own table
        (`Table.recognised_by`).
        """

    def close(self) -> None:
        """Let go of connections."""


class WarehouseFactory(Protocol):
    """How a back end is made from its destination address; rows on their way are kept in the folder
    `spool`.
    """

    def __call__(self, url: str, *, clock: Clock, spool: Path) -> Warehouse: ...


def taken(dataset: str) -> Conflict:
    """The refusal of a load into a dataset that has another account's rows."""
    return Conflict(
        f"the dataset {dataset!r} holds rows of another account",
        code="dataset_taken",
    )
