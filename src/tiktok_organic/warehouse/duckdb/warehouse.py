"""DuckDB: a file as the warehouse, open only while a load is committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiktok_organic.clock import Clock, SystemClock
from tiktok_organic.errors import DestinationRefused
from tiktok_organic.table_definition import BATCH_ROWS, Table
from tiktok_organic.view_definition import View
from tiktok_organic.warehouse import sql_select
from tiktok_organic.warehouse.contract import READ_SECONDS, CommitJournal, Held, TableState
from tiktok_organic.warehouse.duckdb.address import address_of
from tiktok_organic.warehouse.duckdb.file import DuckDBFile
from tiktok_organic.warehouse.duckdb.load import DuckDBLoad, transaction
from tiktok_organic.warehouse.duckdb.open_files import CATALOG
from tiktok_organic.warehouse.duckdb.rows import StoredRows, held, in_utc, stored_rows, within
from tiktok_organic.warehouse.duckdb.tables import DuckDBTables
from tiktok_organic.warehouse.duckdb.views import DuckDBViews
from tiktok_organic.warehouse.spool import Spool
from tiktok_organic.warehouse.sql_dialect import DUCKDB
from tiktok_organic.warehouse.wanted_rows import Condition, Wanted

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DuckDBLoad", "DuckDBWarehouse"]

# Schemas and catalogs that every DuckDB database has.
_RESERVED = {"information_schema", "pg_catalog", "temp", "system"}


class DuckDBWarehouse:
    """The warehouse in the file that `url` names; datasets are its schemas.

    `patience`: seconds to wait for a program that has the file open. `spool`: the folder for staged
    rows, by default the system's temporary one.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock | None = None,
        patience: float = 15.0,
        spool: Path | None = None,
    ) -> None:
        self._file = DuckDBFile(address_of(url), clock=clock or SystemClock(), patience=patience)
        self._spool = spool

    @property
    def path(self) -> Path:
        """The absolute path of the file."""
        return self._file.path

    def check(self, dataset: str) -> None:
        _check_name(dataset)
        self._file.check()

    @contextmanager
    def load(
        self,
        dataset: str,
        *,
        run: str,  # noqa: ARG002 - a file needs no job names
        attempt: int,  # noqa: ARG002 - the same
        journal: CommitJournal | None = None,  # noqa: ARG002 - a commit ends with this process
    ) -> Iterator[DuckDBLoad]:
        _check_name(dataset)
        with Spool(self._spool) as spool:
            yield DuckDBLoad(self._file, dataset, spool)

    def count(self, dataset: str, table: Table) -> int | None:
        with self._reading(dataset, table) as stored:
            if stored is None:
                return None
            found = stored.connection.execute(f"SELECT count(*) FROM {stored.target}").fetchall()  # noqa: S608 - quoted
            return int(found[0][0])

    def is_foreign(self, dataset: str, table: Table) -> bool:
        if not self.path.exists():
            return False
        with self._file.open(write=False) as connection:
            return bool(DuckDBTables(connection, CATALOG, dataset).foreign([table]))

    def rows(
        self,
        dataset: str,
        table: Table,
        *,
        where: Sequence[Condition] = (),
        order: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        with self._reading(dataset, table) as stored:
            return [] if stored is None else stored.rows(where, order, limit)

    def rows_of(
        self,
        dataset: str,
        wanted: Sequence[Wanted],
        *,
        last_run: str | None = None,  # noqa: ARG002 - reading the file is cheap
    ) -> list[Held]:
        if not self.path.exists():
            return [Held(TableState.MISSING, []) for _ in wanted]
        with self._file.open(write=False) as connection:
            tables = DuckDBTables(connection, CATALOG, dataset)
            return [held(connection, tables, one) for one in wanted]

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
        with self._reading(dataset, view) as stored:
            if stored is None:
                return None
            with within(stored.connection, READ_SECONDS, self.path):
                found = stored.answer(totals_by, where, order, limit).to_arrow_table().to_pylist()
        return [{name: in_utc(value) for name, value in row.items()} for row in found]

    def distinct(self, dataset: str, table: Table, columns: Sequence[str]) -> set[tuple[Any, ...]]:
        if not self.path.exists():
            return set()
        with self._file.open(write=False) as connection:
            tables = DuckDBTables(connection, CATALOG, dataset)
            if not tables.has(table, columns):
                return set()
            return set(
                connection.execute(
                    sql_select.distinct(DUCKDB, tables.target(table), columns)
                ).fetchall()
            )

    def batches(self, dataset: str, table: Table) -> Iterator[pa.RecordBatch]:
        """Implement `Warehouse.batches`; the file is closed before the first batch is returned."""
        with Spool(self._spool) as spool:
            with self._reading(dataset, table, spool.folder) as stored:
                for batch in stored.select().to_arrow_reader(BATCH_ROWS) if stored else ():
                    spool.add(table, batch.cast(table.schema))
            spool.finish()
            yield from spool.batches(table)

    def drop(self, dataset: str, tables: Sequence[Table], views: Sequence[View] = ()) -> None:
        if not self.path.exists():
            return
        with self._file.open(write=True) as connection, transaction(connection):
            DuckDBViews(connection, CATALOG, dataset).drop(views)
            DuckDBTables(connection, CATALOG, dataset).drop(tables)

    def close(self) -> None:
        """Do nothing: the file is closed after each use."""

    @contextmanager
    def _reading(
        self, dataset: str, table: Table, scratch: Path | None = None
    ) -> Iterator[StoredRows | None]:
        """Yield the stored table, or None if the file or the table does not exist."""
        if not self.path.exists():
            yield None
            return
        with self._file.open(write=False, scratch=scratch, heavy=scratch is not None) as connection:
            yield stored_rows(connection, DuckDBTables(connection, CATALOG, dataset), table)


def _check_name(dataset: str) -> None:
    if not dataset or "\0" in dataset:
        raise DestinationRefused(
            f"{dataset!r} cannot be the name of a dataset.",
            remedy="Choose a name such as `tiktok`.",
        )
    if dataset.lower() in _RESERVED:
        raise DestinationRefused(
            f"DuckDB reserves the name {dataset}: {dataset}.profile would mean something else.",
            remedy="Choose another name for the dataset, such as `tiktok`.",
        )
