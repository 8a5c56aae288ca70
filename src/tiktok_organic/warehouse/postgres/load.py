"""One load into PostgreSQL: copied into temporary tables, then merged in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.contract import Loaded, taken
from tiktok_organic.warehouse.postgres.replaced_text import text_without_nul, without_nul
from tiktok_organic.warehouse.postgres.schema_names import LONGEST_NAME
from tiktok_organic.warehouse.postgres.server import PostgreSQLServer
from tiktok_organic.warehouse.postgres.session import Session
from tiktok_organic.warehouse.postgres.tables import PostgreSQLTables
from tiktok_organic.warehouse.postgres.views import PostgreSQLViews
from tiktok_organic.warehouse.spool import Spool
from tiktok_organic.warehouse.spooled_load import SpooledLoad
from tiktok_organic.warehouse.sql_dialect import POSTGRES

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PostgreSQLLoad"]


class PostgreSQLLoad(SpooledLoad):
    """A load into one schema; the server is not contacted before `commit`."""

    def __init__(self, server: PostgreSQLServer, dataset: str, spool: Spool) -> None:
        super().__init__(dataset, spool)
        self._server = server
        self._replaced: dict[str, int] = {}

    def stage(self, table: Table, batch: pa.RecordBatch) -> None:
        clean, replaced = without_nul(batch)
        if replaced:
            self._replaced[table.name] = self._replaced.get(table.name, 0) + replaced
        super().stage(table, clean)

    def forget(self, table: Table, column: str, values: Sequence[str]) -> None:
        super().forget(table, column, [text_without_nul(value) for value in values])

    def commit(self) -> Loaded:
        self._spool.finish()
        with self._server.transaction() as session:
            # Before the lock: copying takes most of the time, and other loads of this dataset wait
            # only for the merge.
            staged = [
                (table, self._ingest(session, table)) for table in self._spool.tables.values()
            ]
            tables = PostgreSQLTables(session, self._dataset)
            tables.lock()
            foreign = tables.foreign(self._spool.tables.values())
            staged = [(table, source) for table, source in staged if table.name not in foreign]
            tables.ensure(table for table, _ in staged)
            for table, column, value in self._claims:
                # In the transaction, under the lock: another process may have loaded another
                # account since the first check.
                if session.ask(
                    sql.other_values(POSTGRES, tables.target(table), column, "$1"), [value]
                ):
                    raise taken(self._dataset)
            for table, column, values in self._forgotten:
                session.do_each(
                    f"DELETE FROM {tables.target(table)} WHERE {POSTGRES.name(column)} = $1",  # noqa: S608 - quoted
                    values,
                )
            for table, source in staged:
                if source and table.name in self._replaced:  # two keys may have become one
                    source = sql.one_of_each(POSTGRES, source, table)
                if source:
                    session.do(sql.insert_or_update(POSTGRES, tables.target(table), source, table))
            refused = PostgreSQLViews(session, self._dataset).ensure(self._views, foreign)
        rows = {table.name: self._spool.rows[table.name] for table, _ in staged}
        return Loaded(
            rows=rows,
            replaced_characters={n: count for n, count in self._replaced.items() if n in rows},
            refused_views=refused,
            refused_tables=foreign,
        )

    def _ingest(self, session: Session, table: Table) -> str | None:
        """Copy the staged rows into a temporary table, before any lock; None without rows."""
        if not self._spool.rows[table.name]:
            return None
        name = f"staged_{table.name}"[:LONGEST_NAME]
        session.ingest(name, table, self._spool.batches(table))
        return POSTGRES.name("pg_temp", name)
