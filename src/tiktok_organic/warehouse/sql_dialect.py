"""How each engine writes names, texts, types and constants: the only place that quotes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tiktok_organic.table_definition import Column, ColumnType

__all__ = ["BIGQUERY", "DUCKDB", "POSTGRES", "Dialect", "literal"]


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
