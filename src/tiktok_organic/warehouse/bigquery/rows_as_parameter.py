"""Staged rows as one parameter of a query: a JSON array of rows, each an array of texts.

Texts, because some functions read a JSON number as FLOAT64; arrays, because names would be half of
the bytes. https://cloud.google.com/bigquery/quotas#query_jobs: 10 MB for a request, parameters
included; 1 MB for the SQL alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tiktok_organic.table_definition import Column, Table
from tiktok_organic.warehouse.spool import Spool
from tiktok_organic.warehouse.sql_dialect import BIGQUERY

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["REQUEST_BYTES", "parameters", "source"]

REQUEST_BYTES = 9_000_000
"""Maximum of bytes of the parameters of one request; the rest is for the SQL and the envelope."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def parameters(spool: Spool, limit: int = REQUEST_BYTES) -> dict[str, str] | None:
    """Return the staged rows by table; None if they do not fit into one request.

    Also None for a text with U+0000: Google does not document how JSON functions handle it.
    """
    found: dict[str, str] = {}
    left = limit
    for table in spool.tables.values():
        if not spool.rows[table.name]:
            continue
        pieces: list[str] = []
        for batch in spool.batches(table):
            text = json.dumps(_rows(table, batch), ensure_ascii=False, separators=(",", ":"))[1:-1]
            left -= len(json.dumps(text))  # as the client writes it: a JSON string within JSON
            if left < 0 or "\\u0000" in text:
                return None
            pieces.append(text)
        found[table.name] = f"[{','.join(pieces)}]"
    return found


def source(table: Table, parameter: str, where: str = "") -> str:
    """Return the rows of the parameter as a subquery with the table's columns and types."""
    columns = ", ".join(
        _READ[column.type](f"JSON_VALUE(r, '$[{place}]')") + f" AS {BIGQUERY.name(column.name)}"
        # Rows are arrays and not objects: the names would be repeated in every row of the request.
        for place, column in enumerate(table.columns)
    )
    met = f" WHERE {where}" if where else ""
    return f"(SELECT {columns} FROM UNNEST(JSON_QUERY_ARRAY(@{parameter}, '$')) AS r{met})"  # noqa: S608 - quoted


def _rows(table: Table, batch: pa.RecordBatch) -> list[tuple[str | None, ...]]:
    columns = [
        _texts(column, values.to_pylist())
        for column, values in zip(table.columns, batch.columns, strict=True)
    ]
    return list(zip(*columns, strict=True))


def _texts(column: Column, values: list[Any]) -> list[str | None]:
    write = _WRITE.get(column.type)
    if write is None:
        return values
    return [None if value is None else write(value) for value in values]


def _micros(moment: datetime) -> str:
    return str((moment - _EPOCH) // _MICROSECOND)


_WRITE: Mapping[str, Callable[[Any], str]] = {
    "INTEGER": str,
    # The shortest text that reads back as the same number.
    "FLOAT": repr,
    "BOOLEAN": lambda value: "true" if value else "false",
    "DATE": lambda value: value.isoformat(),
    "TIMESTAMP": _micros,
}
_READ: Mapping[str, Callable[[str], str]] = {
    "STRING": lambda text: text,
    "INTEGER": lambda text: f"CAST({text} AS INT64)",
    "FLOAT": lambda text: f"CAST({text} AS FLOAT64)",
    "BOOLEAN": lambda text: f"CAST({text} AS BOOL)",
    "DATE": lambda text: f"CAST({text} AS DATE)",
    "TIMESTAMP": lambda text: f"TIMESTAMP_MICROS(CAST({text} AS INT64))",
}
