"""Read what a load wants to know of a table in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tiktok_organic.warehouse import sql_select
from tiktok_organic.warehouse.contract import Held, TableState
from tiktok_organic.warehouse.postgres.session import Session
from tiktok_organic.warehouse.sql_dialect import POSTGRES
from tiktok_organic.warehouse.stored_table import StoredTable
from tiktok_organic.warehouse.wanted_rows import Wanted

__all__ = ["held_rows", "in_utc"]


def held_rows(session: Session, target: str, stored: StoredTable | None, wanted: Wanted) -> Held:
    if stored is None:
        return Held(TableState.MISSING, [])
    if stored.foreign(POSTGRES, wanted.table):
        return Held(TableState.FOREIGN, [])
    shown = wanted.shown
    query = sql_select.select(
        POSTGRES, target, shown, present=stored.present(wanted.table), where=wanted.where
    )
    rows = [
        {name: in_utc(value) for name, value in row.items()}
        for batch in session.batches(query, shown)
        for row in batch.to_pylist()
    ]
    return Held(TableState.OURS, rows)


def in_utc(value: Any) -> Any:
    aware = isinstance(value, datetime) and value.tzinfo is not None
    return value.astimezone(UTC) if aware else value
