"""DuckDB: a file as the warehouse, open only while a load is committed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

from tiktok_organic.clock import Clock, SystemClock
from tiktok_organic.errors import DestinationBusy, DestinationRefused
from tiktok_organic.table import BATCH_ROWS, Table
from tiktok_organic.view import View
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.base import (
    READ_SECONDS,
    CommitJournal,
    Condition,
    Held,
    Loaded,
    TableState,
    Wanted,
    taken,
)
from tiktok_organic.warehouse.duckdb_address import address_of
from tiktok_organic.warehouse.duckdb_file import CATALOG, DuckDBFile
from tiktok_organic.warehouse.duckdb_tables import DuckDBTables
from tiktok_organic.warehouse.duckdb_views import DuckDBViews, ViewFailed
from tiktok_organic.warehouse.spool import Spool
from tiktok_organic.warehouse.sql import DUCKDB

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

__all__ = ["DuckDBLoad", "DuckDBWarehouse"]

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
            return [_held(connection, tables, one) for one in wanted]

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
            with _within(stored.connection, READ_SECONDS, self.path):
                found = stored.answer(totals_by, where, order, limit).to_arrow_table().to_pylist()
        return [{name: _in_utc(value) for name, value in row.items()} for row in found]

    def distinct(self, dataset: str, table: Table, columns: Sequence[str]) -> set[tuple[Any, ...]]:
        if not self.path.exists():
            return set()
        with self._file.open(write=False) as connection:
            tables = DuckDBTables(connection, CATALOG, dataset)
            if not tables.has(table, columns):
                return set()
            return set(
                connection.execute(sql.distinct(DUCKDB, tables.target(table), columns)).fetchall()
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
        with self._file.open(write=True) as connection, _transaction(connection):
            DuckDBViews(connection, CATALOG, dataset).drop(views)
            DuckDBTables(connection, CATALOG, dataset).drop(tables)

    def close(self) -> None:
        """Do nothing: the file is closed after each use."""

    @contextmanager
    def _reading(
        self, dataset: str, table: Table, scratch: Path | None = None
    ) -> Iterator[_Readable | None]:
        """Yield the stored table, or None if the file or the table does not exist."""
        if not self.path.exists():
            yield None
            return
        with self._file.open(write=False, scratch=scratch, heavy=scratch is not None) as connection:
            yield _readable(connection, DuckDBTables(connection, CATALOG, dataset), table)


@dataclass(frozen=True)
class _Readable:
    """A table in an open file."""

    connection: DuckDBPyConnection
    table: Table
    target: str
    present: set[str]

    def select(
        self,
        where: Sequence[Condition] = (),
        order: Sequence[str] = (),
        limit: int | None = None,
    ) -> DuckDBPyRelation:
        statement = sql.select(
            DUCKDB,
            self.target,
            self.table,
            present=self.present,
            where=where,
            order=order,
            limit=limit,
        )
        return self.connection.sql(statement)

    def answer(
        self,
        totals_by: Sequence[str],
        where: Sequence[Condition],
        order: Sequence[str],
        limit: int,
    ) -> DuckDBPyRelation:
        if not totals_by:
            return self.select(where, order, limit)
        statement = sql.totals(
            DUCKDB, self.target, self.table, totals_by, where=where, order=order, limit=limit
        )
        return self.connection.sql(statement)

    def rows(
        self,
        where: Sequence[Condition] = (),
        order: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return what `Warehouse.rows` returns."""
        # Through Arrow: DuckDB's own rows need the package pytz if one has a TIMESTAMP WITH TIME
        # ZONE.
        found: list[dict[str, Any]] = self.select(where, order, limit).to_arrow_table().to_pylist()
        moments = [c.name for c in self.table.columns if c.type == "TIMESTAMP"]
        for row in found:
            for name in moments:
                row[name] = _in_utc(row[name])
        return found


def _readable(
    connection: DuckDBPyConnection, tables: DuckDBTables, table: Table
) -> _Readable | None:
    present = tables.present(table)
    return _Readable(connection, table, tables.target(table), present) if present else None


def _held(connection: DuckDBPyConnection, tables: DuckDBTables, wanted: Wanted) -> Held:
    stored = _readable(connection, tables, wanted.table)
    if stored is not None:
        return Held(TableState.OURS, replace(stored, table=wanted.shown).rows(wanted.where))
    foreign = tables.foreign([wanted.table])
    return Held(TableState.FOREIGN if foreign else TableState.MISSING, [])


class DuckDBLoad:
    """A load into one dataset of the file; the file is not opened before `commit`."""

    def __init__(self, file: DuckDBFile, dataset: str, spool: Spool) -> None:
        self._file = file
        self._dataset = dataset
        self._spool = spool
        self._forgotten: list[tuple[Table, str, list[str]]] = []
        self._views: list[View] = []
        self._claims: list[tuple[Table, str, str]] = []

    def stage(self, table: Table, batch: pa.RecordBatch) -> None:
        self._spool.add(table, batch)

    def declare(self, table: Table) -> None:
        self._spool.declare(table)

    def forget(self, table: Table, column: str, values: Sequence[str]) -> None:
        self._spool.declare(table)
        self._forgotten.append((table, table.column(column).name, list(values)))

    def claim(self, table: Table, column: str, value: str) -> None:
        self._spool.declare(table)
        self._claims.append((table, table.column(column).name, value))

    def define(self, view: View) -> None:
        self._views.append(view)

    def commit(self) -> Loaded:
        self._spool.finish()
        views, failed = list(self._views), dict[str, str]()
        while True:
            try:
                done = self._commit(views)
            # the error ends the transaction: the rows are written without that view
            except ViewFailed as failure:
                failed[failure.view.name] = failure.reason
                # DuckDB has no savepoints, so the whole commit is repeated without the view.
                views.remove(failure.view)
            else:
                return replace(done, refused_views={**done.refused_views, **failed})

    def _commit(self, views: Sequence[View]) -> Loaded:
        """Commit the rows and the views; raises ViewFailed for a view that fails."""
        spool = self._spool
        opened = self._file.open(write=True, scratch=spool.folder, heavy=spool.heavy)
        with opened as connection:
            tables = DuckDBTables(connection, CATALOG, self._dataset)
            foreign = tables.foreign(spool.tables.values())
            wanted = [table for table in spool.tables.values() if table.name not in foreign]
            # Before the transaction, because an error would abort it.
            ready = tables.ready(wanted)
            with _transaction(connection):
                if not ready:
                    tables.ensure(wanted)
                self._write(connection, tables, wanted)
                refused = DuckDBViews(connection, CATALOG, self._dataset).ensure(views, foreign)
        rows = {table.name: spool.rows[table.name] for table in wanted}
        return Loaded(rows=rows, refused_views=refused, refused_tables=foreign)

    def _write(
        self, connection: DuckDBPyConnection, tables: DuckDBTables, wanted: Iterable[Table]
    ) -> None:
        for table, column, value in self._claims:
            query = sql.other_values(DUCKDB, tables.target(table), column, "?")
            if connection.execute(query, [value]).fetchall():
                raise taken(self._dataset)
        for table, column, values in self._forgotten:
            among = f"{DUCKDB.name(column)} IN (SELECT unnest(?::VARCHAR[]))"
            statement = f"DELETE FROM {tables.target(table)} WHERE {among}"  # noqa: S608 - quoted
            connection.execute(statement, [values]).fetchall()
        for table in wanted:
            self._merge(connection, tables.target(table), table)

    def _merge(self, connection: DuckDBPyConnection, target: str, table: Table) -> None:
        """Run UPDATE, then INSERT of missing rows.

        MERGE used half as much memory again (see `duckdb_file`).
        """
        staged = self._spool.rows[table.name]
        if not staged:
            return
        # DuckDB reads the row count from Parquet's footer and so keeps the smaller side of the join
        # in memory.
        source = f"read_parquet({DUCKDB.text(str(self._spool.path(table)))})"
        updated = connection.execute(sql.update_stored(DUCKDB, target, source, table)).fetchall()[
            0
        ][0]
        if updated != staged:
            connection.execute(sql.insert_missing(DUCKDB, target, source, table)).fetchall()


@contextmanager
def _within(connection: DuckDBPyConnection, seconds: float, path: Path) -> Iterator[None]:
    """Interrupt the query inside the `with` after this many seconds.

    Raises DestinationBusy then.
    """
    import duckdb

    timer = Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise DestinationBusy(
            f"DuckDB did not answer a query about {path} within {seconds:.0f} seconds",
            remedy="Choose a shorter period, or try again when the machine has less to do.",
        ) from error
    finally:
        timer.cancel()


@contextmanager
def _transaction(connection: DuckDBPyConnection) -> Iterator[None]:
    """Run a transaction; after an exception the connection is closed, which rolls back."""
    connection.execute("BEGIN TRANSACTION")
    yield
    connection.execute("COMMIT")


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


def _in_utc(value: Any) -> Any:
    aware = isinstance(value, datetime) and value.tzinfo is not None
    return value.astimezone(UTC) if aware else value
