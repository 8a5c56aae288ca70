"""Convert rows of the table `runs` to runs, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Row,
    Select,
    select,
)

from tiktok_organic.store.schema import connectors
from tiktok_organic.store.schema import runs as table
from tiktok_organic.sync.run import FetchedPart, Run, RunNotes
from tiktok_organic.sync.run_status import ReportResult, RunStatus

__all__ = ["columns_of", "run_of", "select_runs"]


def select_runs() -> Select[Any]:
    return select(table, connectors.c.name.label("connector_name")).join(
        connectors, connectors.c.id == table.c.connector_id
    )


def run_of(row: Row[Any]) -> Run:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    results = values["results"].items()
    return Run(
        **{
            **values,
            "status": RunStatus(values["status"]),
            "reports": tuple(values["reports"]),
            "results": {name: ReportResult.from_document(each) for name, each in results},
            "fetched": tuple(FetchedPart.from_document(p) for p in values["fetched"] or ()),
            "notes": RunNotes.from_document(values["notes"]),
        }
    )


def columns_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert values of a run to its stored columns."""
    return {name: stored_value(value) for name, value in values.items()}


def stored_value(value: Any) -> Any:
    if isinstance(value, RunStatus):
        return str(value)
    if isinstance(value, RunNotes):
        return value.document()
    if isinstance(value, tuple) and all(isinstance(part, FetchedPart) for part in value):
        return [part.document() for part in value] or None
    if isinstance(value, Mapping):
        return {
            name: each.document() if isinstance(each, ReportResult) else each
            for name, each in value.items()
        }
    return value
