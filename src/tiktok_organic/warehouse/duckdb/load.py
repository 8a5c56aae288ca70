"""A load into a dataset of a DuckDB file, committed in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from tiktok_organic.table_definition import Table
from tiktok_organic.view_definition import View
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.contract import Loaded, taken
from tiktok_organic.warehouse.duckdb.file import DuckDBFile
from tiktok_organic.warehouse.duckdb.open_files import CATALOG
from tiktok_organic.warehouse.duckdb.tables import DuckDBTables
from tiktok_organic.warehouse.duckdb.views import DuckDBViews, ViewFailed
from tiktok_organic.warehouse.spool import Spool
from tiktok_organic.warehouse.spooled_load import SpooledLoad
from tiktok_organic.warehouse.sql_dialect import DUCKDB

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["DuckDBLoad", "transaction"]


class DuckDBLoad(SpooledLoad):
    """A load into one dataset of the file; the file is not opened before `commit`."""

    def __init__(self, file: DuckDBFile, dataset: str, spool: Spool) -> None:
        super().__init__(dataset, spool)
        self._file = file

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
        # A small load needs no folder for what does not fit into memory.
        scratch = spool.folder if spool.heavy else None
        opened = self._file.open(write=True, scratch=scratch, heavy=spool.heavy)
        with opened as connection:
            tables = DuckDBTables(connection, CATALOG, self._dataset)
            foreign = tables.foreign(spool.tables.values())
            wanted = [table for table in spool.tables.values() if table.name not in foreign]
            # Before the transaction, because an error would abort it.
            ready = tables.ready(wanted)
            with self._sources(connection, wanted) as sources, transaction(connection):
                created = () if ready else tables.ensure(wanted)
                self._check_and_forget(connection, tables)
                for table, source in sources:
                    new = table.name in created
                    self._merge(connection, tables.target(table), source, table, new=new)
                refused = DuckDBViews(connection, CATALOG, self._dataset).ensure(views, foreign)
        rows = {table.name: spool.rows[table.name] for table in wanted}
        return Loaded(rows=rows, refused_views=refused, refused_tables=foreign)

    def _check_and_forget(self, connection: DuckDBPyConnection, tables: DuckDBTables) -> None:
        for table, column, value in self._claims:
            query = sql.other_values(DUCKDB, tables.target(table), column, "?")
            if connection.execute(query, [value]).fetchall():
                raise taken(self._dataset)
        for table, column, values in self._forgotten:
            among = f"{DUCKDB.name(column)} IN (SELECT unnest(?::VARCHAR[]))"
            statement = f"DELETE FROM {tables.target(table)} WHERE {among}"  # noqa: S608 - quoted
            connection.execute(statement, [values]).fetchall()

    @contextmanager
    def _sources(
        self, connection: DuckDBPyConnection, tables: Iterable[Table]
    ) -> Iterator[list[tuple[Table, str]]]:
        """Return the staged rows for a FROM clause, of each table that has some.

        DuckDB knows the number of rows of both kinds, and so keeps the smaller side of the join in
        memory. After an exception the connection is closed.
        """
        import pyarrow as pa

        found, views = list[tuple[Table, str]](), list[str]()
        for table in tables:
            batch = self._spool.in_memory(table)
            if batch is not None:
                views.append(f"staged_{table.name}")
                connection.register(views[-1], pa.Table.from_batches([batch]))
                found.append((table, DUCKDB.name("temp", views[-1])))
            elif self._spool.rows[table.name]:
                path = DUCKDB.text(str(self._spool.path(table)))
                found.append((table, f"read_parquet({path})"))
        yield found
        for view in views:
            connection.unregister(view)

    def _merge(
        self, connection: DuckDBPyConnection, target: str, source: str, table: Table, *, new: bool
    ) -> None:
        """Run UPDATE, then INSERT of missing rows; each only if it has something to do.

        MERGE used half as much memory again (see `database_instances.py`).
        """
        staged, updated = self._spool.rows[table.name], 0
        if not new:
            update = sql.update_stored(DUCKDB, target, source, table)
            ((updated,),) = connection.execute(update).fetchall()
        if not updated:
            # No staged row is stored: DuckDB need not look for each of them in the whole table.
            connection.execute(sql.insert_all(DUCKDB, target, source, table)).fetchall()
        elif updated != staged:
            connection.execute(sql.insert_missing(DUCKDB, target, source, table)).fetchall()


@contextmanager
def transaction(connection: DuckDBPyConnection) -> Iterator[None]:
    """Run a transaction; after an exception the connection is closed, which rolls back."""
    connection.execute("BEGIN TRANSACTION")
    yield
    connection.execute("COMMIT")
