"""The SQL of the warehouses, derived from `Table`: the only place that quotes a name or a text.

In every statement `t` is the stored table and `s` the staged rows.
"""

# ruff: noqa: S608 - statements are put together here, of names and texts that `Dialect` has quoted
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from tiktok_organic.errors import DestinationRefused
from tiktok_organic.table import Column, ColumnType, Table

if TYPE_CHECKING:
    from tiktok_organic.warehouse.base import Condition

__all__ = [
    "BIGQUERY",
    "DUCKDB",
    "POSTGRES",
    "Dialect",
    "add_column",
    "comment",
    "create_table",
    "insert_missing",
    "insert_or_update",
    "literal",
    "merge",
    "other_values",
    "select",
    "summed",
    "totals",
    "totals_table",
    "update_stored",
    "wrong_type",
]


@dataclass(frozen=True)
class Dialect:
    """How one engine writes names, texts and types.

    `backslash`: whether a backslash escapes inside quotes. `bytewise` is appended to a text column
    in ORDER BY, so that the order does not depend on a locale.
    """

    quote: str
    types: Mapping[ColumnType, str]
    backslash: bool = False
    bytewise: str = ""

    def name(self, *parts: str) -> str:
        """Quote a name, qualified if several parts are given.

        Raises ValueError for a name that no engine can store.
        """
        return ".".join(self._quoted(part, self.quote) for part in parts)

    def text(self, value: str) -> str:
        """Quote a text as a literal: for statements without parameters (COMMENT, ATTACH)."""
        return self._quoted(value, "'")

    def type(self, column: Column) -> str:
        return self.types[column.type]

    def _quoted(self, value: str, quote: str) -> str:
        if "\0" in value or (quote != "'" and not value):
            raise ValueError(f"{value!r} cannot be written in SQL")
        if self.backslash:
            escaped = (
                value.replace("\\", "\\\\")
                .replace(quote, "\\" + quote)
                .replace("\n", "\\n")
                .replace("\r", "\\r")
            )
        else:
            escaped = value.replace(quote, quote + quote)
        return f"{quote}{escaped}{quote}"


DUCKDB = Dialect(
    quote='"',
    types={
        "STRING": "VARCHAR",
        "INTEGER": "BIGINT",
        "FLOAT": "DOUBLE",
        "BOOLEAN": "BOOLEAN",
        "DATE": "DATE",
        "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
        "DATETIME": "TIMESTAMP",
    },
)

POSTGRES = Dialect(
    quote='"',
    types={
        "STRING": "text",
        "INTEGER": "bigint",
        "FLOAT": "double precision",
        "BOOLEAN": "boolean",
        "DATE": "date",
        "TIMESTAMP": "timestamp with time zone",
        "DATETIME": "timestamp without time zone",
    },
    bytewise=' COLLATE "C"',
)

BIGQUERY = Dialect(
    quote="`",
    types={
        "STRING": "STRING",
        "INTEGER": "INT64",
        "FLOAT": "FLOAT64",
        "BOOLEAN": "BOOL",
        "DATE": "DATE",
        "TIMESTAMP": "TIMESTAMP",
        "DATETIME": "DATETIME",
    },
    backslash=True,
)


def create_table(dialect: Dialect, target: str, table: Table) -> str:
    """Return CREATE TABLE IF NOT EXISTS, columns in the table's order, without key and index.

    Required columns are NOT NULL. A unique index would cost DuckDB 145 MB of memory and 44 % more
    time at 50,000 rows; the merge ensures unique keys.
    """
    columns = ", ".join(
        f"{dialect.name(column.name)} "
        f"{dialect.type(column)}{' NOT NULL' if column.required else ''}"
        for column in table.columns
    )
    return f"CREATE TABLE IF NOT EXISTS {target} ({columns})"


def add_column(dialect: Dialect, target: str, column: Column) -> str:
    """Return ALTER TABLE for a missing column.

    Never NOT NULL, because existing rows have no value.
    """
    return f"ALTER TABLE {target} ADD COLUMN {dialect.name(column.name)} {dialect.type(column)}"


def comment(dialect: Dialect, kind: str, target: str, about: str) -> str:
    """Return COMMENT ON; `kind` is TABLE or COLUMN.

    For DuckDB and PostgreSQL; BigQuery has options instead.
    """
    return f"COMMENT ON {kind} {target} IS {dialect.text(about)}"


def update_stored(dialect: Dialect, target: str, source: str, table: Table) -> str:
    """Return an UPDATE of the stored rows that are staged again."""
    return (
        f"UPDATE {target} AS t SET {_assignments(dialect, table)} FROM {source} AS s WHERE "
        f"{_same(dialect, table)}"
    )


def insert_missing(dialect: Dialect, target: str, source: str, table: Table) -> str:
    """Return an INSERT of the staged rows that are not stored."""
    names = ", ".join(map(dialect.name, table.names))
    staged = ", ".join(f"s.{dialect.name(name)}" for name in table.names)
    return (
        f"INSERT INTO {target} ({names}) SELECT {staged} FROM {source} AS s "
        f"WHERE NOT EXISTS (SELECT 1 FROM {target} AS t WHERE {_same(dialect, table)})"
    )


def insert_or_update(dialect: Dialect, target: str, source: str, table: Table) -> str:
    """Return an INSERT ON CONFLICT: both in one statement, for a unique index on `matched_on`."""
    names = ", ".join(map(dialect.name, table.names))
    keys = ", ".join(map(dialect.name, table.matched_on))
    return (
        f"INSERT INTO {target} AS t ({names}) SELECT {names} FROM {source} "
        f"ON CONFLICT ({keys}) DO UPDATE SET {_assignments(dialect, table, 'EXCLUDED')}"
    )


def one_of_each(dialect: Dialect, source: str, table: Table) -> str:
    """Return the rows of `source`, one of each key, for an engine with DISTINCT ON."""
    keys = ", ".join(map(dialect.name, table.matched_on))
    return f"(SELECT DISTINCT ON ({keys}) * FROM {source}) AS s"


def merge(
    dialect: Dialect, target: str, source: str, table: Table, *, where: str = "", forget: str = ""
) -> str:
    """Return a MERGE: `update_stored` and `insert_missing` in one statement.

    `where` narrows the match further, such as to the affected partitions (it becomes ` AND ...`).
    Stored rows that meet `forget` and are not staged again are deleted.
    """
    names = ", ".join(map(dialect.name, table.names))
    staged = ", ".join(f"s.{dialect.name(name)}" for name in table.names)
    on = _same(dialect, table) + (f" AND {where}" if where else "")
    return (
        f"MERGE INTO {target} AS t USING {source} AS s ON {on} "
        f"WHEN MATCHED THEN UPDATE SET {_assignments(dialect, table)} "
        f"WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({staged})"
        + (f" WHEN NOT MATCHED BY SOURCE AND {forget} THEN DELETE" if forget else "")
    )


def select(
    dialect: Dialect,
    source: str,
    table: Table,
    *,
    present: Collection[str],
    where: Sequence[Condition] = (),
    also: str = "",
    order: Sequence[str] = (),
    limit: int | None = None,
) -> str:
    """Return a SELECT of the table's columns in its order; those not `present` are null.

    `-name` in `order` descends. No row meets a condition on a column that is not present; `also` is
    a condition in SQL. Raises KeyError for a name in `where` or `order` that is not a column of the
    table.
    """
    columns = ", ".join(
        dialect.name(column.name)
        if column.name in present
        else f"CAST(NULL AS {dialect.type(column)}) AS {dialect.name(column.name)}"
        for column in table.columns
    )
    wanted = [(table.column(term.removeprefix("-")), term.startswith("-")) for term in order]
    terms = [
        _order_term(dialect, column, descending)
        for column, descending in wanted
        if column.name in present
    ]
    by = f" ORDER BY {', '.join(terms)}" if terms else ""
    conditions = [_condition(dialect, table, one, present) for one in where]
    met = " AND ".join(filter(None, [*conditions, also]))
    source = f"{source} WHERE {met}" if met else source
    return f"SELECT {columns} FROM {source}{by}{'' if limit is None else f' LIMIT {int(limit)}'}"


def totals(
    dialect: Dialect,
    source: str,
    table: Table,
    by: Sequence[str],
    *,
    where: Sequence[Condition] = (),
    order: Sequence[str] = (),
    limit: int,
) -> str:
    """Return a SELECT of the combinations of `by`, with the sums of the INTEGER columns."""
    keys = [dialect.name(table.column(name).name) for name in by]
    number = dialect.types["INTEGER"]
    sums = [
        f"CAST(SUM({dialect.name(name)}) AS {number}) AS {dialect.name(name)}"
        for name in summed(table, by)
    ]
    met = " AND ".join(_condition(dialect, table, one, table.names) for one in where)
    terms = [
        _order_term(dialect, table.column(term.removeprefix("-")), term.startswith("-"))
        for term in order
    ]
    by_terms = f" ORDER BY {', '.join(terms)}" if terms else ""
    return (
        f"SELECT {', '.join([*keys, *sums])} FROM {source}{met and f' WHERE {met}'} "
        f"GROUP BY {', '.join(keys)}{by_terms}"
        f" LIMIT {int(limit)}"
    )


def summed(table: Table, by: Sequence[str]) -> list[str]:
    """Return the columns that `totals` sums."""
    return [c.name for c in table.columns if c.type == "INTEGER" and c.name not in by]


def totals_table(table: Table, by: Sequence[str]) -> Table:
    """Return the rows of `totals` as a table."""
    names = [*by, *summed(table, by)]
    return replace(table, columns=tuple(table.column(name) for name in names))


def distinct(dialect: Dialect, source: str, columns: Sequence[str]) -> str:
    """Return a SELECT of the distinct combinations of the columns."""
    return f"SELECT DISTINCT {', '.join(dialect.name(column) for column in columns)} FROM {source}"


def other_values(dialect: Dialect, target: str, column: str, parameter: str) -> str:
    """Return a SELECT with a row if the column has another value than the parameter anywhere."""
    return f"SELECT 1 FROM {target} WHERE {dialect.name(column)} <> {parameter} LIMIT 1"


def wrong_type(dialect: Dialect, label: str, column: Column, found: str) -> DestinationRefused:
    """Return the error for a column of the table `label` with another type."""
    expected = dialect.type(column)
    return DestinationRefused(
        f"{label}: the column {column.name} is of type {found}, expected is {expected}. Nothing "
        "was written.",
        remedy=f"Change the column's type to {expected}, rename the table (a new one is made), "
        "or let the connector fill another dataset.",
    )


def literal(dialect: Dialect, value: str | int | date | datetime) -> str:
    """Return a value as a constant.

    A time is aware; raises ValueError for a text that the engine cannot write.
    """
    if isinstance(value, str):
        return dialect.text(value)
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00:00")
        return f"CAST({dialect.text(moment)} AS {dialect.types['TIMESTAMP']})"
    if isinstance(value, date):
        return f"CAST({dialect.text(value.isoformat())} AS {dialect.types['DATE']})"
    return str(int(value))


def _condition(dialect: Dialect, table: Table, one: Condition, present: Collection[str]) -> str:
    name = table.column(one.column).name
    if name not in present:
        return "FALSE"
    return f"{dialect.name(name)} {one.comparison} {literal(dialect, one.value)}"


def _order_term(dialect: Dialect, column: Column, descending: bool) -> str:
    collation = dialect.bytewise if column.type == "STRING" else ""
    return f"{dialect.name(column.name)}{collation}{' DESC' if descending else ''} NULLS LAST"


def _same(dialect: Dialect, table: Table) -> str:
    return " AND ".join(
        f"t.{dialect.name(name)} = s.{dialect.name(name)}" for name in table.matched_on
    )


def _assignments(dialect: Dialect, table: Table, new: str = "s") -> str:
    """Return SET with the new values of a stored row.

    An update must set something, so a table of keys alone sets its first one.
    """
    fixed = {*table.matched_on, *table.kept}
    columns = [column for column in table.columns if column.name not in fixed]
    if not columns:
        key = dialect.name(table.matched_on[0])
        return f"{key} = {new}.{key}"
    return ", ".join(
        f"{dialect.name(column.name)} = {_merged(dialect, table, column, new)}"
        for column in columns
    )


def _merged(dialect: Dialect, table: Table, column: Column, new: str) -> str:
    """Return the new value; in a cumulative table, the stored one if the new one is missing."""
    name = dialect.name(column.name)
    if not table.cumulative:
        return f"{new}.{name}"
    if column.json:
        return f"COALESCE(NULLIF({new}.{name}, '[]'), t.{name}, {new}.{name})"
    return f"COALESCE({new}.{name}, t.{name})"
