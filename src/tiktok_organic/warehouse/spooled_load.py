"""What DuckDB's and PostgreSQL's loads share: everything is collected before the commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tiktok_organic.table_definition import Table
from tiktok_organic.view_definition import View
from tiktok_organic.warehouse.spool import Spool

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SpooledLoad"]


class SpooledLoad:
    """The content of one load, without its commit; the methods are those of `base.Load`."""

    def __init__(self, dataset: str, spool: Spool) -> None:
        self._dataset = dataset
        self._spool = spool
        self._forgotten: list[tuple[Table, str, list[str]]] = []
        self._claims: list[tuple[Table, str, str]] = []
        self._views: list[View] = []

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
