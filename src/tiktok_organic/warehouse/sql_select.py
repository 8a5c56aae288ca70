"""The SQL that reads tables and views: rows, totals, distinct values."""

# ruff: noqa: S608 - statements are put together here, of names and texts that `Dialect` has quoted
from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tiktok_organic.table_definition import Column, Table
from tiktok_organic.warehouse.sql_dialect import Dialect, literal

if TYPE_CHECKING:
    from tiktok_organic.warehouse.wanted_rows import Condition

__all__ = ["select", "summed", "totals", "totals_table"]


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
        # SUM of integers is a larger type in DuckDB and PostgreSQL (HUGEINT, numeric).
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


def _condition(dialect: Dialect, table: Table, one: Condition, present: Collection[str]) -> str:
    name = table.column(one.column).name
    if name not in present:
        return "FALSE"
    return f"{dialect.name(name)} {one.comparison} {literal(dialect, one.value)}"


def _order_term(dialect: Dialect, column: Column, descending: bool) -> str:
    collation = dialect.bytewise if column.type == "STRING" else ""
    # NULLS LAST: the engines disagree about the place of nulls by default.
    return f"{dialect.name(column.name)}{collation}{' DESC' if descending else ''} NULLS LAST"
