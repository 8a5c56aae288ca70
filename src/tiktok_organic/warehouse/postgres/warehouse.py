"""PostgreSQL: a database as the warehouse, loaded through temporary tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiktok_organic.clock import Clock
from tiktok_organic.errors import DestinationRefused
from tiktok_organic.table_definition import Table
from tiktok_organic.view_definition import View
from tiktok_organic.warehouse import sql_select
from tiktok_organic.warehouse.contract import READ_SECONDS, CommitJournal, Held
from tiktok_organic.warehouse.postgres.load import PostgreSQLLoad
from tiktok_organic.warehouse.postgres.rows import held_rows, in_utc
from tiktok_organic.warehouse.postgres.schema_names import check_name
from tiktok_organic.warehouse.postgres.server import PostgreSQLServer
from tiktok_organic.warehouse.postgres.session import Limits
from tiktok_organic.warehouse.postgres.tables import PostgreSQLTables
from tiktok_organic.warehouse.postgres.views import PostgreSQLViews
from tiktok_organic.warehouse.spool import Spool
from tiktok_organic.warehouse.sql_dialect import POSTGRES
from tiktok_organic.warehouse.wanted_rows import Condition, Wanted

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PostgreSQLWarehouse"]


_READING = Limits(lock=5.0, statement=READ_SECONDS, idle=READ_SECONDS, silence=READ_SECONDS + 10)


class PostgreSQLWarehouse:
    """The warehouse in the database that `url` names; datasets are its schemas.

    No connection remains open between calls. `spool`: the folder for staged rows, by default the
    system's temporary one. `limits`: how long a transaction waits.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock | None = None,
        spool: Path | None = None,
        limits: Limits | None = None,
    ) -> None:
        del clock  # an unreachable server is not waited for
        self._server = PostgreSQLServer(url, limits)
        self._spool = spool

    def check(self, dataset: str) -> None:
        check_name(dataset)
        with self._server.transaction() as session:
            encoding, read_only, temporary, create, use = session.ask(_RIGHTS, [dataset])[0]
        server_name = self._server.server_name
        if encoding != "UTF8":
            raise DestinationRefused(
                f"{server_name} is encoded in {encoding}, which cannot hold every character.",
                remedy=(
                    "Create the database with: createdb --encoding=UTF8 --template=template0 NAME"
                ),
            )
        if read_only == "on":
            raise DestinationRefused(
                f"{server_name} is read-only.", remedy="Name the primary server as the destination."
            )
        if not (temporary and create and use):
            raise DestinationRefused(
                f"{server_name}: this user may not create "
                f"{'tables' if temporary else 'temporary tables'} for {dataset}.",
                remedy=(
                    "Let the owner run: GRANT CREATE, TEMPORARY ON DATABASE the_database TO "
                    "the_user (and GRANT ALL ON SCHEMA, if the schema exists)."
                ),
            )

    @contextmanager
    def load(
        self,
        dataset: str,
        *,
        run: str,  # noqa: ARG002 - a transaction needs no names
        attempt: int,  # noqa: ARG002 - the same
        journal: CommitJournal | None = None,  # noqa: ARG002 - a commit ends with this process
    ) -> Iterator[PostgreSQLLoad]:
        check_name(dataset)
        with Spool(self._spool) as spool:
            yield PostgreSQLLoad(self._server, dataset, spool)

    def count(self, dataset: str, table: Table) -> int | None:
        with self._server.transaction() as session:
            tables = PostgreSQLTables(session, dataset)
            stored = tables.stored().get(table.name)
            if stored is None or stored.foreign(POSTGRES, table):
                return None
            return int(session.ask(f"SELECT count(*) FROM {tables.target(table)}")[0][0])  # noqa: S608 - quoted

    def is_foreign(self, dataset: str, table: Table) -> bool:
        with self._server.transaction() as session:
            return bool(PostgreSQLTables(session, dataset).foreign([table]))

    def rows(
        self,
        dataset: str,
        table: Table,
        *,
        where: Sequence[Condition] = (),
        order: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        return [
            {name: in_utc(value) for name, value in row.items()}
            for batch in self._select(dataset, table, where, order, limit)
            for row in batch.to_pylist()
        ]

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
        with self._server.transaction() as session:
            session.limit(_READING)
            tables = PostgreSQLTables(session, dataset)
            stored = tables.stored().get(view.name)
            if stored is None:
                return None
            if totals_by:
                result = sql_select.totals_table(view, totals_by)
                query = sql_select.totals(
                    POSTGRES,
                    tables.target(view),
                    view,
                    totals_by,
                    where=where,
                    order=order,
                    limit=limit,
                )
            else:
                result, present = view, stored.present(view)
                query = sql_select.select(
                    POSTGRES,
                    tables.target(view),
                    view,
                    present=present,
                    where=where,
                    order=order,
                    limit=limit,
                )
            return [
                {name: in_utc(value) for name, value in row.items()}
                for batch in session.batches(query, result)
                for row in batch.to_pylist()
            ]

    def rows_of(
        self,
        dataset: str,
        wanted: Sequence[Wanted],
        *,
        last_run: str | None = None,  # noqa: ARG002 - one transaction reads everything
    ) -> list[Held]:
        with self._server.transaction() as session:
            tables = PostgreSQLTables(session, dataset)
            stored = tables.stored()
            return [
                held_rows(session, tables.target(one.table), stored.get(one.table.name), one)
                for one in wanted
            ]

    def distinct(self, dataset: str, table: Table, columns: Sequence[str]) -> set[tuple[Any, ...]]:
        with self._server.transaction() as session:
            tables = PostgreSQLTables(session, dataset)
            if not tables.has(table, columns):
                return set()
            return set(session.ask(sql_select.distinct(POSTGRES, tables.target(table), columns)))

    def batches(self, dataset: str, table: Table) -> Iterator[pa.RecordBatch]:
        return self._select(dataset, table)

    def drop(self, dataset: str, tables: Sequence[Table], views: Sequence[View] = ()) -> None:
        with self._server.transaction() as session:
            PostgreSQLViews(session, dataset).drop(views)
            PostgreSQLTables(session, dataset).drop(tables)

    def close(self) -> None:
        """Do nothing: no connection is open between calls."""

    def _select(
        self,
        dataset: str,
        table: Table,
        where: Sequence[Condition] = (),
        order: Sequence[str] = (),
        limit: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        with self._server.transaction() as session:
            tables = PostgreSQLTables(session, dataset)
            stored = tables.stored().get(table.name)
            if stored is not None and not stored.foreign(POSTGRES, table):
                present = stored.present(table)
                query = sql_select.select(
                    POSTGRES,
                    tables.target(table),
                    table,
                    present=present,
                    where=where,
                    order=order,
                    limit=limit,
                )
                yield from session.batches(query, table)


# A user of an existing schema needs rights on that schema, not the right to create schemas.
_RIGHTS = """
SELECT current_setting('server_encoding'), current_setting('transaction_read_only'),
       has_database_privilege(current_database(), 'TEMPORARY'),
       has_database_privilege(current_database(), 'CREATE')
         OR EXISTS (SELECT FROM pg_namespace WHERE nspname = $1),
       COALESCE((SELECT has_schema_privilege(oid, 'CREATE') AND has_schema_privilege(oid, 'USAGE')
                 FROM pg_namespace WHERE nspname = $1), true)
"""
