"""GoogleSQL, translated by sqlglot and carried out by DuckDB."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp

from .faults import Refusal

__all__ = ["TYPES", "Engine", "Outcome"]

TYPES = {
    "STRING": "VARCHAR",
    "INTEGER": "BIGINT",
    "FLOAT": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMPTZ",
}
_NAMES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}
_LEAST_BILLED = 10 * 1024 * 1024
_ROW_BYTES = 200
_OPTIONS = re.compile(
    r"ALTER\s+TABLE\s+(\S+)\s+SET\s+OPTIONS\s*\((.*)\)\s*$", re.IGNORECASE | re.DOTALL
)


@dataclass
class Outcome:
    """The result of a script: its last result, billed bytes, rows that each MERGE read."""

    result: pa.Table | None = None
    billed: int = 0
    scanned: dict[str, tuple[int, int]] = field(default_factory=dict)


class Engine:
    """One DuckDB in memory; a dataset is a schema in it.

    `altered` and `defined` are called for DDL: the options of ALTER TABLE .. SET OPTIONS, and a
    changed or dropped table.
    """

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("SET TimeZone = 'UTC'")
        self.altered: Callable[[str, str, str], None] = lambda dataset, table, options: None
        self.defined: Callable[[str, str], None] = lambda dataset, table: None

    def close(self) -> None:
        self.connection.close()

    def do(self, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement, parameters).fetchall()

    def define_view(self, dataset: str, name: str, query: str) -> None:
        """CREATE OR REPLACE VIEW of a query in GoogleSQL.

        A Refusal for one that cannot be analyzed.
        """
        (parsed,) = self.parsed(query)
        for table in parsed.find_all(exp.Table):
            table.set("catalog", None)
        try:
            self.do(f'CREATE OR REPLACE VIEW "{dataset}"."{name}" AS {_in_duckdb(parsed)}')
        except duckdb.Error as error:
            raise Refusal(400, "invalidQuery", str(error)) from error

    def read(self, query: str, parameters: Mapping[str, str | list[str]] | None = None) -> pa.Table:
        """The result of a SELECT.

        Not by `execute`, which copies an Arrow table, and warns that it does.
        """
        return self.connection.sql(query, params=parameters or None).to_arrow_table()

    def run(
        self,
        text: str,
        parameters: Mapping[str, str | list[str]],
        resolve: Callable[[exp.Table], None],
    ) -> Outcome:
        """Carry out a script; a Refusal rolls back what its open transaction did.

        `resolve` refuses a table that cannot be used from where the job runs.
        """
        outcome = Outcome()
        statements = self.parsed(text)
        for statement in statements:
            if not isinstance(statement, exp.Create):
                for table in statement.find_all(exp.Table):
                    resolve(table)
        try:
            for statement in statements:
                self._one(statement, parameters, outcome)
        except duckdb.Error as error:
            self._roll_back()
            raise Refusal(400, "invalidQuery", str(error)) from error
        except Refusal:
            self._roll_back()
            raise
        if self._in_transaction():
            self._roll_back()
            raise Refusal(
                400, "invalidQuery", "Transaction was not committed at the end of the script"
            )
        return outcome

    def parsed(self, text: str) -> list[exp.Expr]:
        try:
            found = sqlglot.parse(text, read="bigquery")
        except sqlglot.errors.SqlglotError as error:
            raise Refusal(400, "invalidQuery", f"Syntax error: {error}") from error
        return [statement for statement in found if statement is not None]

    def _one(
        self, statement: exp.Expr, parameters: Mapping[str, str | list[str]], outcome: Outcome
    ) -> None:
        if isinstance(statement, (exp.Create, exp.Alter, exp.Drop)):
            if self._in_transaction():
                raise Refusal(
                    400,
                    "invalidQuery",
                    "DDL statements on permanent tables are not supported in a transaction",
                )
            return self._define(statement)
        if isinstance(statement, exp.Merge):
            self._measure(statement, outcome)
        for table in statement.find_all(exp.Table):
            table.set("catalog", None)
        read = {(table.db, table.name) for table in statement.find_all(exp.Table) if table.db}
        if not isinstance(statement, exp.Select) or statement.find(exp.Column):
            outcome.billed += _LEAST_BILLED * len(read)  # counting is free
        text = _in_duckdb(statement)
        used = {name: values for name, values in parameters.items() if f"${name}" in text}
        if isinstance(statement, exp.Select):
            outcome.result = self.read(text, used)
        else:
            self.connection.execute(text, used or None)
        return None

    def _define(self, statement: exp.Expression) -> None:
        """DDL, as people type it; the loader itself makes tables by the API."""
        target = statement.find(exp.Table)
        assert target is not None
        options = _OPTIONS.match(statement.sql("bigquery"))
        if options is not None:
            self.altered(target.db, target.name, options[2])
            return
        if isinstance(statement, exp.Create) and statement.args["kind"] == "SCHEMA":
            raise Refusal(400, "invalidQuery", "the double makes datasets by the API only")
        for table in statement.find_all(exp.Table):
            table.set("catalog", None)
        self.do(statement.sql("duckdb"))
        self.defined(target.db, target.name)

    def _measure(self, merge: exp.Merge, outcome: Outcome) -> None:
        """Return how many of the target's rows remain after pruning with constants only."""
        target, on = merge.this, merge.args["on"]
        constant = [
            condition.copy()
            for condition in (on.flatten() if isinstance(on, exp.And) else [on])
            if {column.table for column in condition.find_all(exp.Column)} == {target.alias}
        ]
        name = f'"{target.db}"."{target.name}" AS {target.alias}'
        where = " AND ".join(condition.sql("duckdb") for condition in constant) or "TRUE"
        read, total = self.do(f"SELECT count(*) FILTER (WHERE {where}), count(*) FROM {name}")[0]
        outcome.scanned[target.name] = (read, total)
        outcome.billed += max(0, read * _ROW_BYTES - _LEAST_BILLED)

    def _in_transaction(self) -> bool:
        try:
            self.connection.execute("BEGIN")
        except duckdb.Error:
            return True
        self.connection.execute("ROLLBACK")
        return False

    def _roll_back(self) -> None:
        try:
            self.connection.execute("ROLLBACK")
        except duckdb.Error:
            return


def _in_duckdb(statement: exp.Expr) -> str:
    """The statement for DuckDB, also where sqlglot's translation has another meaning.

    DATE and INTERVAL add up to a TIMESTAMP there, and ARRAY_AGG has no LIMIT.
    """

    def meant(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.DateFromUnixDate):
            return exp.cast(node.copy(), "DATE")
        if isinstance(node, exp.Bracket) and isinstance(node.this, exp.ArrayAgg | exp.IgnoreNulls):
            ordered = node.find(exp.Ordered)
            value = node.find(exp.Column)
            if ordered is not None and value is not None and node.find(exp.Limit):
                return exp.func("ARG_MAX", value.copy(), ordered.this.copy())
        return node

    return statement.transform(meant).sql("duckdb")


def kind(field_type: str) -> str:
    """The API's name of a type."""
    return _NAMES.get(field_type.upper(), field_type.upper())


def schema_of(table: pa.Table) -> list[dict[str, str]]:
    """A result's schema for the API."""
    return [
        {"name": field.name, "type": _api_type(field.type), "mode": "NULLABLE"}
        for field in table.schema
    ]


def _api_type(type_: pa.DataType) -> str:
    for test, name in (
        (pa.types.is_boolean, "BOOLEAN"),
        (pa.types.is_integer, "INTEGER"),
        (pa.types.is_floating, "FLOAT"),
        (pa.types.is_date, "DATE"),
        (pa.types.is_timestamp, "TIMESTAMP" if _has_zone(type_) else "DATETIME"),
    ):
        if test(type_):
            return name
    return "STRING"


def _has_zone(type_: pa.DataType) -> bool:
    return getattr(type_, "tz", None) is not None


def cells(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Rows as the API writes them: every value a text, timestamps as microseconds."""
    columns = [_texts(column) for column in table.columns]
    for values in zip(*columns, strict=True):
        yield {"f": [{"v": value} for value in values]}


def _texts(column: pa.ChunkedArray) -> list[str | None]:
    if pa.types.is_timestamp(column.type) and not _has_zone(column.type):
        return [None if value is None else value.isoformat() for value in column.to_pylist()]
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    plain = column.to_pylist()
    if pa.types.is_boolean(column.type):
        return [None if value is None else str(value).lower() for value in plain]
    if pa.types.is_floating(column.type):
        return [None if value is None else repr(value) for value in plain]
    return [None if value is None else str(value) for value in plain]
