"""The columns of a stored table in BigQuery, compared with those of a `Table`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tiktok_organic.errors import DestinationRefused
from tiktok_organic.table_definition import Column, ColumnType, Table
from tiktok_organic.warehouse.bigquery.client import library
from tiktok_organic.warehouse.sql_dialect import BIGQUERY

__all__ = [
    "columns_by_name",
    "completed_schema",
    "refuse_other_kind",
    "refuse_other_types",
    "schema_of",
    "sql_type",
]

# The API's names for column types are those of `Table`; some answers use SQL's.
_TYPES: dict[str, ColumnType] = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}


def schema_of(table: Table) -> list[Any]:
    """Return the table's columns for the API; REQUIRED if they must not be null."""
    return [
        _field(column, "REQUIRED" if column.required else "NULLABLE") for column in table.columns
    ]


def completed_schema(table: Table, stored: Sequence[Any]) -> list[Any]:
    """Return the stored columns with descriptions, then the missing ones, never REQUIRED."""
    ours = {column.name.lower(): column for column in table.columns}
    fields = []
    for field in stored:
        column = ours.pop(field.name.lower(), None)
        # A description that the owner has written is not replaced.
        described = column is None or field.description
        fields.append(field if column is None or described else _described(field, column))
    return fields + [_field(column, "NULLABLE") for column in ours.values()]


def refuse_other_kind(dataset: str, table: Table, found: Any) -> None:
    """Raise DestinationRefused for a view with the table's name."""
    kind = str(found.table_type)
    if kind != "TABLE":
        raise DestinationRefused(
            f"{dataset}.{table.name} is not a table but a "
            f"{kind.lower().replace('_', ' ')}: rows cannot be written into it. Nothing was "
            "written.",
            remedy="Give it another name, or let the connector fill another dataset.",
        )


def refuse_other_types(dataset: str, table: Table, found: Any) -> None:
    """Raise DestinationRefused for a column of another type."""
    fields = columns_by_name(found)
    for column in table.columns:
        field = fields.get(column.name.lower())
        if field is None:
            continue
        if sql_type(field) != BIGQUERY.type(column):
            repeated = field.mode == "REPEATED"
            shown = f"ARRAY<{field.field_type}>" if repeated else str(field.field_type)
            raise _wrong_type(dataset, table, column, shown)


def _wrong_type(dataset: str, table: Table, column: Column, found: str) -> DestinationRefused:
    expected = BIGQUERY.type(column)
    return DestinationRefused(
        f"{dataset}.{table.name}: the column {column.name} is of type {found}, expected "
        f"is {expected}. Nothing was written.",
        remedy=f"Change the column's type to {expected}, rename the table (a new one is made), "
        "or let the connector fill another dataset.",
    )


def _field(column: Column, mode: str) -> Any:
    return library().SchemaField(column.name, column.type, mode=mode, description=column.about)


def _described(field: Any, column: Column) -> Any:
    """Return a stored column with our description.

    Its other properties (policy tags, a default) do not change.
    """
    return library().SchemaField.from_api_repr({**field.to_api_repr(), "description": column.about})


def columns_by_name(found: Any) -> dict[str, Any]:
    """Return a stored table's columns by name in lower case, as BigQuery compares them."""
    return {field.name.lower(): field for field in found.schema}


def sql_type(field: Any) -> str:
    """Return a stored column's type in SQL."""
    kind = str(field.field_type)
    name = BIGQUERY.types.get(_TYPES.get(kind, kind), kind)  # type: ignore[call-overload]  # an unknown kind is its own name
    return f"ARRAY<{name}>" if field.mode == "REPEATED" else str(name)
