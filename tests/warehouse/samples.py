"""Rows to load: Alice's account, by column name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tiktok_organic.reports.profile_columns import TABLE as PROFILE
from tiktok_organic.reports.profile_daily_metric_columns import TABLE as DAYS
from tiktok_organic.reports.profile_snapshot_metric_columns import TABLE as SNAPSHOTS
from tiktok_organic.reports.video_snapshot_metric_columns import TABLE as VIDEOS
from tiktok_organic.table_definition import Column, Table
from tiktok_organic.warehouse.contract import Load, Loaded, Warehouse

__all__ = [
    "DAYS",
    "EVERYTHING",
    "MOMENT",
    "OPTIONAL",
    "PROFILE",
    "SNAPSHOTS",
    "VIDEOS",
    "Row",
    "day",
    "load",
    "profile",
    "stage",
    "video",
]

Row = dict[str, Any]
MOMENT = datetime(2026, 11, 23, 3, 0, 0, 123456, tzinfo=UTC)

EVERYTHING = Table(
    name="everything",
    about="A column of every type, to see each come back as it went.",
    key=("id",),
    columns=(
        Column("id", "INTEGER", "sync", "The key.", required=True),
        Column("text", "STRING", "sync", 'A text; it\'s "quoted" and has a \\ in it.'),
        Column("whole", "INTEGER", "sync", "A whole number."),
        Column("real", "FLOAT", "sync", "A number."),
        Column("yes", "BOOLEAN", "sync", "True or false."),
        Column("day", "DATE", "sync", "A day."),
        Column("moment", "TIMESTAMP", "sync", "A moment."),
    ),
)

OPTIONAL = Table(
    name="optional",
    about="A table that a person's own one may take the place of.",
    key=("id",),
    columns=(
        Column("id", "STRING", "sync", "The key.", required=True),
        Column("seen", "TIMESTAMP", "sync", "A moment."),
        Column("note", "STRING", "sync", "A text."),
    ),
    recognised_by=("id", "seen"),
)


def profile(**values: Any) -> Row:
    return {"_quanti_loaded_at": MOMENT, "username": "alice", "display_name": "Alice", **values}


def day(
    when: str = "2026-11-20",
    *,
    account: str = "open-id-alice",
    username: str = "alice",
    **values: Any,
) -> Row:
    return {
        "_quanti_ad_account": account,
        "_quanti_date": date.fromisoformat(when),
        "_quanti_id": f"{username}|{when}",
        "username": username,
        "date": date.fromisoformat(when),
        **values,
    }


def video(
    item: str | int = "7000000000000000001", *, moment: datetime = MOMENT, **values: Any
) -> Row:
    return {
        "_quanti_loaded_at": moment + timedelta(seconds=9),
        "item_id": str(item),
        "_quanti_sync_date": moment,
        **values,
    }


def stage(load: Load, table: Table, rows: Iterable[Row], *, size: int = 5_000) -> None:
    for batch in table.batches(_values(table, rows), size=size):
        load.stage(table, batch)


def _values(table: Table, rows: Iterable[Row]) -> Iterator[list[Any]]:
    for row in rows:
        assert row.keys() <= set(table.names)
        yield [row.get(name) for name in table.names]


def load(
    warehouse: Warehouse,
    dataset: str,
    rows: dict[str, list[Row]],
    *,
    forget: Iterable[tuple[Table, str, list[str]]] = (),
    tables: Iterable[Table] = (PROFILE, SNAPSHOTS, DAYS, VIDEOS, EVERYTHING, OPTIONAL),
    run: str = "run-1",
    attempt: int = 1,
) -> Loaded:
    """One load, rows by table name."""
    known = {table.name: table for table in tables}
    with warehouse.load(dataset, run=run, attempt=attempt) as into:
        for table, column, values in forget:
            into.forget(table, column, values)
        for name, some in rows.items():
            into.declare(known[name])
            stage(into, known[name], some)
        return into.commit()
