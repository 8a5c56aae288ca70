"""Reading tables and views of an open DuckDB file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

from tiktok_organic.errors import DestinationBusy
from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse import sql_select
from tiktok_organic.warehouse.contract import Held, TableState
from tiktok_organic.warehouse.duckdb.tables import DuckDBTables
from tiktok_organic.warehouse.sql_dialect import DUCKDB
from tiktok_organic.warehouse.wanted_rows import Condition, Wanted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

__all__ = ["StoredRows", "held", "in_utc", "stored_rows", "within"]


@dataclass(frozen=True)
class StoredRows:
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
        statement = sql_select.select(
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
        statement = sql_select.totals(
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
                row[name] = in_utc(row[name])
        return found


def stored_rows(
    connection: DuckDBPyConnection, tables: DuckDBTables, table: Table
) -> StoredRows | None:
    present = tables.present(table)
    return StoredRows(connection, table, tables.target(table), present) if present else None


def held(connection: DuckDBPyConnection, tables: DuckDBTables, wanted: Wanted) -> Held:
    stored = stored_rows(connection, tables, wanted.table)
    if stored is not None:
        return Held(TableState.OURS, replace(stored, table=wanted.shown).rows(wanted.where))
    foreign = tables.foreign([wanted.table])
    return Held(TableState.FOREIGN if foreign else TableState.MISSING, [])


@contextmanager
def within(connection: DuckDBPyConnection, seconds: float, path: Path) -> Iterator[None]:
    """Interrupt the query inside the `with` after this many seconds.

    Raises DestinationBusy then.
    """
    import duckdb

    # DuckDB has no timeout for statements; `interrupt` may be called from another thread.
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


def in_utc(value: Any) -> Any:
    aware = isinstance(value, datetime) and value.tzinfo is not None
    return value.astimezone(UTC) if aware else value
