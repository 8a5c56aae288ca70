"""GoogleSQL, carried out by DuckDB."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp

from .faults import Refusal
from .statement import Statement, statements

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
    """One database in memory; a dataset is a schema in it.

    All of a process are in one DuckDB, whose start takes 20 ms. `altered` and `defined` are called
    for DDL: the options of ALTER TABLE .. SET OPTIONS, and a changed or dropped table.
    """

    def __init__(self) -> None:
        self.connection = _duckdb().cursor()
        self._name = f"double_{next(_NUMBERS)}"
        self.connection.execute(
            f"SET TimeZone = 'UTC'; ATTACH ':memory:' AS {self._name}; USE {self._name}"
        )
        self.altered: Callable[[str, str, str], None] = lambda dataset, table, options: None
        self.defined: Callable[[str, str], None] = lambda dataset, table: None

    def close(self) -> None:
        self.connection.execute(f"USE memory; DETACH {self._name}")
        self.connection.close()

    def do(self, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement, parameters).fetchall()

    def define_view(self, dataset: str, name: str, query: str) -> None:
        """CREATE OR REPLACE VIEW of a query in GoogleSQL.

        A Refusal for one that cannot be analyzed.
        """
        (statement,) = self.statements(query)
        try:
            self.do(f'CREATE OR REPLACE VIEW "{dataset}"."{name}" AS {statement.in_duckdb}')
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
        script = self.statements(text)
        for statement in script:
            if not isinstance(statement.parsed, exp.Create):
                for table in statement.tables:
                    resolve(table)
        try:
            for statement in script:
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

    def statements(self, text: str) -> tuple[Statement, ...]:
        try:
            return statements(text)
        except sqlglot.errors.SqlglotError as error:
            raise Refusal(400, "invalidQuery", f"Syntax error: {error}") from error

    def _one(
        self, statement: Statement, parameters: Mapping[str, str | list[str]], outcome: Outcome
    ) -> None:
        if isinstance(statement.parsed, (exp.Create, exp.Alter, exp.Drop)):
            if self._in_transaction():
                raise Refusal(
                    400,
                    "invalidQuery",
                    "DDL statements on permanent tables are not supported in a transaction",
                )
            return self._define(statement)
        if isinstance(statement.parsed, exp.Merge):
            self._measure(statement, outcome)
        if statement.is_billed:
            outcome.billed += _LEAST_BILLED * len(statement.stored_tables)
        text = statement.in_duckdb
        used = {name: values for name, values in parameters.items() if f"${name}" in text}
        if isinstance(statement.parsed, exp.Select):
            outcome.result = self.read(text, used)
        else:
            self.connection.execute(text, used or None)
        return None

    def _define(self, statement: Statement) -> None:
        """DDL, as people type it; the loader itself makes tables by the API."""
        target, parsed = statement.tables[0], statement.parsed
        options = _OPTIONS.match(parsed.sql("bigquery"))
        if options is not None:
            self.altered(target.db, target.name, options[2])
            return
        if isinstance(parsed, exp.Create) and parsed.args["kind"] == "SCHEMA":
            raise Refusal(400, "invalidQuery", "the double makes datasets by the API only")
        self.do(statement.here.sql("duckdb"))
        self.defined(target.db, target.name)

    def _measure(self, merge: Statement, outcome: Outcome) -> None:
        """Add how many of the target's rows remain after pruning."""
        read, total = self.do(merge.pruned)[0]
        outcome.scanned[merge.parsed.this.name] = (read, total)
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


_NUMBERS = count(1)


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": "1"})


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
