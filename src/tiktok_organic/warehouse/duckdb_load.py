"""A load into a dataset of a DuckDB file: staged as Parquet, committed in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from tiktok_organic.table import Table
from tiktok_organic.view import View
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.base import Loaded, taken
from tiktok_organic.warehouse.duckdb_engines import CATALOG
from tiktok_organic.warehouse.duckdb_file import DuckDBFile
from tiktok_organic.warehouse.duckdb_tables import DuckDBTables
from tiktok_organic.warehouse.duckdb_views import DuckDBViews, ViewFailed
from tiktok_organic.warehouse.spool import Spool
from tiktok_organic.warehouse.sql_dialect import DUCKDB

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

__all__ = ["DuckDBLoad", "transaction"]


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
            with transaction(connection):
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
def transaction(connection: DuckDBPyConnection) -> Iterator[None]:
    """Run a transaction; after an exception the connection is closed, which rolls back."""
    connection.execute("BEGIN TRANSACTION")
    yield
    connection.execute("COMMIT")
