"""The script that commits a load: its deletions and merges, and the checks of remembered rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.bigquery.load_content import LoadContent
from tiktok_organic.warehouse.bigquery.rows_as_parameter import source
from tiktok_organic.warehouse.bigquery.staging import BigQueryStaging
from tiktok_organic.warehouse.bigquery.tables import BigQueryTables
from tiktok_organic.warehouse.bigquery.transaction_script import Script, only_of, unchanged
from tiktok_organic.warehouse.contract import Held, TableState
from tiktok_organic.warehouse.sql_dialect import BIGQUERY

__all__ = ["CommitScript"]


@dataclass(frozen=True)
class CommitScript:
    """Builds the script of one commit into the dataset of `tables`.

    `rows`: by table name, the staged rows as JSON for parameters; None if they are in the tables of
    `staging`. `remembered`: tables whose rows this process remembers instead of reading them; the
    script fails unless they are still as remembered.
    """

    tables: BigQueryTables
    content: LoadContent
    staging: BigQueryStaging
    rows: Mapping[str, str] | None
    remembered: Mapping[Table, Held] = field(default_factory=dict)

    def build(self) -> Script:
        """Return all statements; none if the load changes no row."""
        script = Script()
        merged = self.content.tables_with_rows
        names = {table.name for table in merged}
        for table, column, values in self.content.forgotten:
            # A statement of its own is billed, so the MERGE deletes wherever it can.
            if self.rows is None or not _merge_can_delete(table) or table.name not in names:
                script.forget(self.tables.target(table.name), column, values)
        for table in merged:
            self._merge(script, table)
        if script.statements:
            self._check_others(script, names)
        return script

    def _check_others(self, script: Script, merged: set[str]) -> None:
        """Check the remembered tables that no MERGE of the script checks, by their row counts."""
        script.check_counts(
            {
                self.tables.target(table.name): len(held.rows)
                for table, held in self.remembered.items()
                if held.state is TableState.OURS
                and table.name not in merged
                and table.partition is None  # an owner may require a filter, which is billed
            }
        )

    def _merge(self, script: Script, table: Table) -> None:
        target = self.tables.target(table.name)
        conditions = [
            only_of(script, target, table, column, value)
            for claimed, column, value in self.content.claims
            if claimed.name == table.name
        ]
        held = self.remembered.get(table)
        if held is not None and held.state is TableState.OURS:
            conditions.append(unchanged(target, table, held.rows))
        only = " AND ".join(conditions)
        if self.rows is not None:
            read = source(table, script.parameter("rows", self.rows[table.name]), only)
        else:
            staging = self.staging.target(table)
            read = f"(SELECT * FROM {staging} WHERE {only})" if only else staging  # noqa: S608 - quoted
        forgotten = [
            script.forgotten(f"t.{BIGQUERY.name(column)}", values)
            for forgetful, column, values in self.content.forgotten
            if self.rows is not None and forgetful.name == table.name and _merge_can_delete(table)
        ]
        forget = f"({' OR '.join(forgotten)})" if forgotten else ""
        script.merge(target, read, table, self.content.days[table.name], forget)


def _merge_can_delete(table: Table) -> bool:
    """Whether the MERGE of a table can also delete rows, as if they were deleted before it.

    Not if stored values must be preserved; and a MERGE that reads every partition for it would bill
    them all.
    """
    return not table.cumulative and table.partition is None
