"""The script of a load into BigQuery: everything between BEGIN and COMMIT, or nothing.

https://cloud.google.com/bigquery/docs/transactions: an error in the script rolls the transaction
back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.sql_dialect import BIGQUERY, literal

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "CHANGED",
    "LOADED_AT",
    "TAKEN",
    "Days",
    "Script",
    "every_partition",
    "never_expire",
    "only_of",
    "partition_filter",
    "unchanged",
]


@dataclass
class Days:
    """The first and the last day of the partitions that staged rows belong to."""

    first: date | None = None
    last: date | None = None

    def add(self, table: Table, batch: pa.RecordBatch) -> None:
        """Add a batch's days."""
        if table.partition is None or not batch.num_rows:
            return
        import pyarrow.compute as pc

        found = pc.min_max(batch.column(table.names.index(table.partition))).as_py()
        if found["min"] is not None:
            self.first = min(self.first or date.max, _day(found["min"]))
            self.last = max(self.last or date.min, _day(found["max"]))


@dataclass
class Script:
    """Statements of one transaction, and their parameters by name: texts, and lists of texts."""

    statements: list[str] = field(default_factory=list)
    parameters: dict[str, str | list[str]] = field(default_factory=dict)

    def forget(self, target: str, column: str, values: Sequence[str]) -> None:
        """Add a DELETE of the rows whose `column` has one of `values`."""
        condition = self.forgotten(BIGQUERY.name(column), values)
        self.statements.append(f"DELETE FROM {target} WHERE {condition}")  # noqa: S608 - quoted

    def forgotten(self, column: str, values: Sequence[str]) -> str:
        """Return the condition that a quoted column has one of `values`."""
        return f"{column} IN UNNEST(@{self.parameter('forgotten', list(values))})"

    def check_counts(self, counts: Mapping[str, int]) -> None:
        """Fail first unless each table has so many rows. Counting is free: it reads no column."""
        if not counts:
            return
        met = " AND ".join(
            f"(SELECT COUNT(*) FROM {target}) = {count}"  # noqa: S608 - quoted
            for target, count in counts.items()
        )
        self.statements.insert(0, f"SELECT {_or_fail(met, CHANGED)}")

    def merge(self, target: str, source: str, table: Table, days: Days, forget: str = "") -> None:
        """Add a MERGE of staged rows that reads only the partitions with possible matches."""
        where = partition_filter(table, days)
        self.statements.append(
            sql.merge(BIGQUERY, target, source, table, where=where, forget=forget)
        )

    def parameter(self, kind: str, value: str | list[str]) -> str:
        """Return the name of a new parameter."""
        name = f"{kind}_{sum(known.startswith(f'{kind}_') for known in self.parameters)}"
        self.parameters[name] = value
        return name

    def text(self) -> str:
        """Return the script, a statement a line.

        BEGIN alone would open a block, not a transaction.
        """
        return "\n".join(
            f"{line};" for line in ("BEGIN TRANSACTION", *self.statements, "COMMIT TRANSACTION")
        )


TAKEN = "tiktok-organic: the dataset holds rows of another account"
"""The script fails with this text if `only_of` is false."""


CHANGED = "tiktok-organic: the dataset holds other rows than those that are remembered"
"""What a script fails with when rows were remembered that are not stored any more."""
LOADED_AT = "_quanti_loaded_at"


def unchanged(target: str, table: Table, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a condition that fails the script unless the stored rows are those that are known.

    Their number must be that of `rows`, and none may have been loaded later. It is a part of the
    MERGE into that table, like `only_of`.
    """
    met = f"COUNT(*) = {len(rows)}"
    newest = max((row[LOADED_AT] for row in rows if row.get(LOADED_AT)), default=None)
    if newest is not None:
        met += f" AND MAX(o.{BIGQUERY.name(LOADED_AT)}) <= {literal(BIGQUERY, newest)}"
    where = f" WHERE o.{every_partition(table)}" if table.partition else ""
    return _or_fail(f"(SELECT {met} FROM {target} AS o{where})", CHANGED)  # noqa: S608 - quoted


def _or_fail(condition: str, mark: str) -> str:
    return f"IF({condition}, TRUE, ERROR({BIGQUERY.text(mark)}))"


def only_of(script: Script, target: str, table: Table, column: str, value: str) -> str:
    """Return a condition that fails the script if a stored row has another value in `column`.

    It is a part of the MERGE into that table and not a separate statement: each statement bills 10
    MiB for a table.
    """
    name = BIGQUERY.name(column)
    met = f"o.{name} != @{script.parameter('owner', value)}"
    if table.partition is not None:
        met += f" AND o.{BIGQUERY.name(table.partition)} >= {_since(table)}"
    found = f"EXISTS(SELECT 1 FROM {target} AS o WHERE {met})"  # noqa: S608 - quoted
    return f"IF({found}, ERROR({BIGQUERY.text(TAKEN)}), TRUE)"


def every_partition(table: Table) -> str:
    """Return a condition that every row meets, for a table that requires a partition filter.

    "" for a table without partitions.
    """
    if table.partition is None:
        return ""
    return f"{BIGQUERY.name(table.partition)} >= {_since(table)}"


def _since(table: Table) -> str:
    kind = table.column(table.partition or "").type
    return _constant(kind, date(1, 1, 1), "" if kind == "DATE" else " 00:00:00+00:00")


def partition_filter(table: Table, days: Days) -> str:
    """Return a condition on the stored rows that is true for every possible match of a staged row.

    Constants, not a subquery over the staged rows: BigQuery prunes partitions before it runs
    anything. Literals, not parameters, so that the bytes of a script are known before it runs. ''
    without partitions.
    """
    if table.partition is None or days.first is None or days.last is None:
        return ""
    column = f"t.{BIGQUERY.name(table.partition)}"
    if table.column(table.partition).type == "DATE":
        return (
            f"{column} BETWEEN {_constant('DATE', days.first, '')} AND "
            f"{_constant('DATE', days.last, '')}"
        )
    first = _constant("TIMESTAMP", days.first, " 00:00:00+00:00")
    last = _constant("TIMESTAMP", days.last, " 23:59:59.999999+00:00")
    return f"{column} BETWEEN {first} AND {last}"


def never_expire(target: str, *, partitioned: bool) -> str:
    """Return an ALTER TABLE that removes a dataset's default expirations.

    They are 60 days in every sandbox project.
    """
    partitions = ", partition_expiration_days = NULL" if partitioned else ""
    return f"ALTER TABLE {target} SET OPTIONS (expiration_timestamp = NULL{partitions})"


def _constant(kind: str, day: date, rest: str) -> str:
    return f"{kind} {BIGQUERY.text(day.isoformat() + rest)}"


def _day(value: Any) -> date:
    return value.astimezone(UTC).date() if isinstance(value, datetime) else value
