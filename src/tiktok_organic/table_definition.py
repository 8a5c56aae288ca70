"""A table as data: names, types, keys and meaning; DDL, batches and pages are derived from it.

The contract for queries is docs/tables.yaml; tests compare the reports with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BATCH_ROWS", "Column", "ColumnType", "Origin", "Table"]

ColumnType = Literal["STRING", "INTEGER", "FLOAT", "BOOLEAN", "DATE", "TIMESTAMP", "DATETIME"]
Origin = Literal["account", "day", "video", "sync"]

BATCH_ROWS = 5_000
"""Rows of one batch: about 4 MB of the widest table.

Batches keep memory independent of the account's size.
"""


@dataclass(frozen=True)
class Column:
    """One column: `type` is BigQuery's name, `origin` the source, `about` the meaning."""

    name: str
    type: ColumnType
    origin: Origin
    about: str
    required: bool = False
    json: bool = False


@dataclass(frozen=True)
class Table:
    """One table of a report.

    `key`: writing the same key again replaces the row. `match`: the columns that rows are matched
    on, if they differ from `key`; the `match` and `kept` columns of such a row do not change, and
    no stored value of it is replaced by a missing one (null, or `[]` in a JSON column).
    `partition`: the column whose day partitions the table. `recognised_by`: a stored table without
    one of these columns is a user's own, and is not changed; if it is empty, a stored table of that
    name is always ours.
    """

    name: str
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    match: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    partition: str | None = None
    cluster: tuple[str, ...] = ()
    recognised_by: tuple[str, ...] = ()

    @property
    def matched_on(self) -> tuple[str, ...]:
        """The columns that a stored row is matched on."""
        return self.match or self.key

    @property
    def cumulative(self) -> bool:
        """Whether missing values do not replace stored ones (for days, not for snapshots)."""
        return bool(self.match)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the column of that name; raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema of `batches`: TIMESTAMP is microseconds in UTC."""
        import pyarrow as pa

        types: dict[ColumnType, pa.DataType] = {
            "STRING": pa.string(),
            "INTEGER": pa.int64(),
            "FLOAT": pa.float64(),
            "BOOLEAN": pa.bool_(),
            "DATE": pa.date32(),
            "TIMESTAMP": pa.timestamp("us", tz="UTC"),
            "DATETIME": pa.timestamp("us"),
        }
        return pa.schema(
            [pa.field(c.name, types[c.type], nullable=not c.required) for c in self.columns]
        )

    def batches(
        self, rows: Iterable[Sequence[Any]], size: int = BATCH_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows (values in the order of `columns`) as Arrow batches of at most `size` rows.

        A TIMESTAMP value is an aware datetime or an integer of microseconds since 1970 (UTC).
        """
        chunk: list[Sequence[Any]] = []
        for row in rows:
            chunk.append(row)
            if len(chunk) >= size:
                yield self._batch(chunk)
                chunk = []
        if chunk:
            yield self._batch(chunk)

    def _batch(self, rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
        import pyarrow as pa

        arrays = [
            pa.array(values, field.type)
            for values, field in zip(zip(*rows, strict=True), self.schema, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)
