"""What a load into BigQuery writes and deletes, collected before anything is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.bigquery.transaction_script import LOADED_AT, Days
from tiktok_organic.warehouse.contract import Held, TableState
from tiktok_organic.warehouse.remembered_rows import rows_after
from tiktok_organic.warehouse.spool import Spool

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LoadContent"]


class LoadContent:
    """The content of one load.

    `spool`: the staged rows. `days`: by table name, the partitions that they belong to.
    `forgotten`: deleted rows, by a table, a column and its values. `claims`: the only value that a
    column of a table may have.
    """

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.days: dict[str, Days] = {}
        self.forgotten: list[tuple[Table, str, list[str]]] = []
        self.claims: list[tuple[Table, str, str]] = []
        self._answers = hashlib.blake2b(digest_size=8)

    def add(self, table: Table, batch: pa.RecordBatch) -> None:
        """Add rows."""
        self.spool.add(table, batch)
        self.days.setdefault(table.name, Days()).add(table, batch)
        # Without the time of the load: a retry of the same answers is then recognised.
        if LOADED_AT in table.names:
            same = batch.select([name for name in table.names if name != LOADED_AT])
            self._answers.update(table.name.encode() + b"\0" + same.serialize().to_pybytes())

    def forget(self, table: Table, column: str, values: Sequence[str]) -> None:
        """Delete the rows that have one of the values in the column."""
        self.spool.declare(table)
        if values:
            self.forgotten.append((table, table.column(column).name, list(values)))

    def claim(self, table: Table, column: str, value: str) -> None:
        """Refuse the load if a stored row has another value in the column."""
        self.claims.append((table, table.column(column).name, value))

    @property
    def tables_with_rows(self) -> list[Table]:
        """The tables that rows were staged for."""
        return [table for table in self.spool.tables.values() if self.spool.rows[table.name]]

    @property
    def answers_digest(self) -> str:
        """The digest of TikTok's answers in it.

        Tables that are computed from stored rows are left out: they differ after a commit.
        """
        return self._answers.hexdigest()

    def held_after(self, table: Table, before: Held) -> Held:
        """Return what a table of ours holds after the load."""
        staged = (row for batch in self.spool.batches(table) for row in batch.to_pylist())
        return Held(TableState.OURS, rows_after(table, before.rows, staged, self.forgotten))
