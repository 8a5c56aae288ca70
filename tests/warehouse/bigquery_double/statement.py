"""A statement of GoogleSQL, and what it is for DuckDB, by sqlglot's translation."""

from __future__ import annotations

from functools import cached_property, lru_cache

import sqlglot
from sqlglot import exp

__all__ = ["Statement", "statements"]


class Statement:
    """One statement, which nothing changes: the same texts come in hundreds of tests."""

    def __init__(self, parsed: exp.Expr) -> None:
        self.parsed = parsed
        self.tables = tuple(parsed.find_all(exp.Table))

    @cached_property
    def here(self) -> exp.Expr:
        """The statement without the project, which DuckDB would take for a database."""
        copied = self.parsed.copy()
        for table in copied.find_all(exp.Table):
            table.set("catalog", None)
        return copied

    @cached_property
    def in_duckdb(self) -> str:
        """The statement for DuckDB, also where sqlglot's translation has another meaning."""
        return self.here.transform(_meant).sql("duckdb")

    @cached_property
    def stored_tables(self) -> frozenset[tuple[str, str]]:
        """Dataset and name of the tables that it uses."""
        return frozenset((table.db, table.name) for table in self.tables if table.db)

    @cached_property
    def is_billed(self) -> bool:
        """Whether it reads a column; counting is free."""
        return not isinstance(self.parsed, exp.Select) or self.parsed.find(exp.Column) is not None

    @cached_property
    def pruned(self) -> str:
        """For a MERGE: a query for the number of rows of the target, and in all, after pruning.

        BigQuery prunes with constants only.
        """
        target, on = self.parsed.this, self.parsed.args["on"]
        constant = [
            condition.copy()
            for condition in (on.flatten() if isinstance(on, exp.And) else [on])
            if {column.table for column in condition.find_all(exp.Column)} == {target.alias}
        ]
        name = f'"{target.db}"."{target.name}" AS {target.alias}'
        where = " AND ".join(condition.sql("duckdb") for condition in constant) or "TRUE"
        return f"SELECT count(*) FILTER (WHERE {where}), count(*) FROM {name}"


@lru_cache(maxsize=2000)
def statements(text: str) -> tuple[Statement, ...]:
    """The statements of a script. Raises sqlglot's error."""
    found = sqlglot.parse(text, read="bigquery")
    return tuple(Statement(statement) for statement in found if statement is not None)


def _meant(node: exp.Expr) -> exp.Expr:
    """DATE and INTERVAL add up to a TIMESTAMP in DuckDB, and ARRAY_AGG has no LIMIT."""
    if isinstance(node, exp.DateFromUnixDate):
        return exp.cast(node.copy(), "DATE")
    if isinstance(node, exp.Bracket) and isinstance(node.this, exp.ArrayAgg | exp.IgnoreNulls):
        ordered = node.find(exp.Ordered)
        value = node.find(exp.Column)
        if ordered is not None and value is not None and node.find(exp.Limit):
            return exp.func("ARG_MAX", value.copy(), ordered.this.copy())
    return node
