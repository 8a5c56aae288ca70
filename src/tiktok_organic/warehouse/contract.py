"""The contract of every warehouse. A back end must pass the contract tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tiktok_organic.clock import Clock
from tiktok_organic.errors import Conflict
from tiktok_organic.table_definition import Table
from tiktok_organic.view_definition import View
from tiktok_organic.warehouse.wanted_rows import Condition, Wanted

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "READ_SECONDS",
    "CommitJournal",
    "Held",
    "Load",
    "Loaded",
    "OpenWarehouse",
    "RowsChanged",
    "TableState",
    "Warehouse",
    "WarehouseFactory",
    "taken",
]

READ_SECONDS = 20.0
"""The longest duration of one query of `Warehouse.read`: a user waits for a page."""


@dataclass(frozen=True)
class Loaded:
    """The result of one commit: rows and replaced characters per table, and its costs.

    `refused_views`: by name, why a view was not created or replaced; the rows are written anyway.
    `refused_tables`: by name, why a table with `recognised_by` was not changed; it belongs to a
    user.
    """

    rows: Mapping[str, int]
    replaced_characters: Mapping[str, int] = field(default_factory=dict)
    bytes_billed: int | None = None
    refused_views: Mapping[str, str] = field(default_factory=dict)
    refused_tables: Mapping[str, str] = field(default_factory=dict)


class TableState(StrEnum):
    """What a dataset has under the name of one of our tables."""

    MISSING = "missing"
    OURS = "ours"
    FOREIGN = "foreign"
    """A person's own table or view (`Table.recognised_by`); it is not read."""


class Held(NamedTuple):
    """What a dataset holds of a table."""

    state: TableState
    rows: list[dict[str, Any]]


class RowsChanged(Exception):
    """The rows that `Warehouse.rows_of` remembered are not those that are stored.

    Nothing was written; the next `rows_of` reads them.
    """


class CommitJournal(Protocol):
    """Stores the id of a commit job before the job is sent, for the next attempt to find."""

    def read(self) -> str | None:
        """Return the id that a former attempt of the run stored."""

    def write(self, job: str) -> None:
        """Store the id, durably."""

    def clear(self) -> None:
        """Delete the id: the job has succeeded."""


class Load(Protocol):
    """The rows of one sync for one dataset: all of them become visible at `commit`, or none.

    Staged batches are stored outside the process's memory. Leaving the context without `commit` (an
    exception, a kill) does not change the dataset.
    """

    def stage(self, table: Table, batch: pa.RecordBatch) -> None:
        """Stage a batch of `table.schema` for the commit.

        Rows within one load have distinct keys.
        """

    def declare(self, table: Table) -> None:
        """Create the table in the commit, even if nothing is staged for it."""

    def forget(self, table: Table, column: str, values: Sequence[str]) -> None:
        """Delete rows whose `column` has one of `values`, before rows are written."""

    def claim(self, table: Table, column: str, value: str) -> None:
        """Refuse the commit with Conflict if a stored row of `table` has another value in `column`.

        Checked in the writing transaction; on BigQuery only if rows of the table are staged.
        """

    def define(self, view: View) -> None:
        """Create the view; called in an order in which views read only earlier ones.

        DuckDB and PostgreSQL create it in the commit, BigQuery directly after it. A table or view
        of that name that is not ours is not changed, and the reason is in `Loaded.refused_views`.
        """

    def commit(self) -> Loaded:
        """Create what is missing, and merge all staged rows, in one transaction.

        A missing column is added. A stored row with the same `table.matched_on` is replaced; in a
        cumulative table its `match` and `kept` columns do not change, and a stored value is not
        replaced by null, nor by '[]' in a JSON column. A table with `recognised_by` is skipped if a
        user's own table or view has its name, together with the views that read it
        (`Loaded.refused_tables`). Raises DestinationRefused (another column type, a permission),
        DestinationBusy (unreachable, locked, full) and RowsChanged (see `Warehouse.rows_of`);
        nothing was written then.
        """


class Warehouse(Protocol):
    """A destination."""

    def check(self, dataset: str) -> None:
        """Test the connection, and whether `dataset` could be created or used; write nothing.

        Raises DestinationRefused or DestinationBusy, saying what is missing.
        """

    def load(
        self, dataset: str, *, run: str, attempt: int, journal: CommitJournal | None = None
    ) -> AbstractContextManager[Load]:
        """Return a load into `dataset`.

        `run` and `attempt` identify it in a warehouse that recognises repeated jobs. `journal`: for
        a warehouse whose commit may continue after this process was killed (BigQuery).
        """

    def count(self, dataset: str, table: Table) -> int | None:
        """Return the number of rows of the table; None if it does not exist."""

    def is_foreign(self, dataset: str, table: Table) -> bool:
        """Whether a user's own table or view has the table's name (see `Table.recognised_by`)."""

    def rows(
        self,
        dataset: str,
        table: Table,
        *,
        where: Sequence[Condition] = (),
        order: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return the rows that meet every condition, as dictionaries by column name.

        They have the given order (`-name` descends). TIMESTAMP values are aware datetimes in UTC,
        DATETIME values naive ones, DATE values dates. A table that does not exist, or that is a
        user's own (`Table.recognised_by`), has no rows.
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
        """Return rows of a view or table for a page, like `rows`; None if it does not exist.

        With `totals_by`, one row for each combination of these columns, with the sums of the view's
        INTEGER columns; `order` then names these columns. Raises DestinationBusy if the warehouse
        needs longer than READ_SECONDS.
        """

    def rows_of(
        self, dataset: str, wanted: Sequence[Wanted], *, last_run: str | None = None
    ) -> list[Held]:
        """Return what the dataset holds of several tables of moderate size, at once.

        Rows that do not meet the conditions may be transferred too: BigQuery lists whole tables in
        parallel, without a job and without costs. `last_run`: the run that wrote the dataset last,
        as far as the store knows. BigQuery returns the rows that this process remembers of that
        run's load; the next `commit` checks them, and raises RowsChanged if they are outdated.
        """

    def distinct(self, dataset: str, table: Table, columns: Sequence[str]) -> set[tuple[Any, ...]]:
        """Return the distinct combinations of the columns' values.

        Nothing without the table or a column.
        """

    def batches(self, dataset: str, table: Table) -> Iterator[pa.RecordBatch]:
        """Yield the whole table in `table.schema`, for moving it; a missing column is null."""

    def drop(self, dataset: str, tables: Sequence[Table], views: Sequence[View] = ()) -> None:
        """Drop the tables and our views, and the dataset if it is empty then.

        A view of that name that is not ours remains, and so does a user's own table
        (`Table.recognised_by`).
        """

    def close(self) -> None:
        """Close connections."""


class WarehouseFactory(Protocol):
    """Creates a back end from its destination address; staged rows are in the folder `spool`."""

    def __call__(self, url: str, *, clock: Clock, spool: Path) -> Warehouse: ...


def taken(dataset: str, content: str = "rows of another account") -> Conflict:
    """Return the error for a load into a dataset with another account's `content`."""
    return Conflict(
        f"the dataset {dataset!r} holds {content}",
        code="dataset_taken",
    )


OpenWarehouse = Callable[[str], AbstractContextManager[Warehouse]]
"""Opens a destination, and closes it afterwards; the argument is its address."""
