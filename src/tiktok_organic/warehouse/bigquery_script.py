"""The one script by which a load lands in BigQuery: everything between BEGIN and COMMIT, or nothing.

https://cloud.google.com/bigquery/docs/transactions: an error in the script rolls the transaction back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from tiktok_organic.table import Table
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.sql import BIGQUERY

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Days", "Script", "never_expire", "partition_filter"]


@dataclass
class Days:
    """The first and the last day of the partitions that staged rows belong to."""

    first: date | None = None
    last: date | None = None

    def add(self, table: Table, batch: pa.RecordBatch) -> None:
        """Take note of a batch's days."""
        if table.partition is None or not batch.num_rows:
            return
        import pyarrow.compute as pc

        found = pc.min_max(batch.column(table.names.index(table.partition))).as_py()
        if found["min"] is not None:
            self.first = min(self.first or date.max, _day(found["min"]))
            self.last = max(self.last or date.min, _day(found["max"]))


@dataclass
class Script:
    """Statements of one transaction, and their parameters: lists of texts by name."""

    statements: list[str] = field(default_factory=list)
    parameters: dict[str, list[str]] = field(default_factory=dict)

    def forget(self, target: str, column: str, values: Sequence[str]) -> None:
        """DELETE of the rows whose `column` holds one of `values`."""
        name = f"forgotten_{len(self.parameters)}"
        self.parameters[name] = list(values)
        self.statements.append(
            f"DELETE FROM {target} WHERE {BIGQUERY.name(column)} IN UNNEST(@{name})"  # noqa: S608 - quoted
        )

    def merge(self, target: str, staging: str, table: Table, days: Days) -> None:
        """MERGE of a staging table, which looks only into the partitions that can hold a staged row's like."""
        self.statements.append(
            sql.merge(BIGQUERY, target, staging, table, where=partition_filter(table, days))
        )

    def text(self) -> str:
        """The script, a statement a line. BEGIN alone would open a block, not a transaction."""
        return "\n".join(
            f"{line};" for line in ("BEGIN TRANSACTION", *self.statements, "COMMIT TRANSACTION")
        )


def partition_filter(table: Table, days: Days) -> str:
    """A condition on the stored rows that holds for every row that a staged one can match.

    Constants, not a subquery over the staged rows: BigQuery prunes partitions before it runs anything. Literals, not
    parameters, so that the bytes of a script are known before it runs. '' without partitions.
    """
    if table.partition is None or days.first is None or days.last is None:
        return ""
    column = f"t.{BIGQUERY.name(table.partition)}"
    if table.column(table.partition).type == "DATE":
        return f"{column} BETWEEN {_constant('DATE', days.first, '')} AND {_constant('DATE', days.last, '')}"
    first = _constant("TIMESTAMP", days.first, " 00:00:00+00:00")
    last = _constant("TIMESTAMP", days.last, " 23:59:59.999999+00:00")
    return f"{column} BETWEEN {first} AND {last}"


def never_expire(target: str, *, partitioned: bool) -> str:
    """ALTER TABLE that undoes what a dataset's defaults put on a new table (60 days, in every sandbox project)."""
    partitions = ", partition_expiration_days = NULL" if partitioned else ""
    return f"ALTER TABLE {target} SET OPTIONS (expiration_timestamp = NULL{partitions})"


def _constant(kind: str, day: date, rest: str) -> str:
    return f"{kind} {BIGQUERY.text(day.isoformat() + rest)}"


def _day(value: Any) -> date:
    return value.astimezone(UTC).date() if isinstance(value, datetime) else value
