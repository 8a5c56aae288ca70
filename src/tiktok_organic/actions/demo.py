"""What the demo does once its invented account is connected: a real recovery, and a look at the tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tiktok_organic.actions.order import window_for_recovery
from tiktok_organic.actions.sync import sync
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.reports import REPORTS
from tiktok_organic.sync.progress import Progress
from tiktok_organic.sync.run import Run

__all__ = ["Shown", "database_path", "recover_demo", "tables"]


@dataclass(frozen=True)
class Shown:
    """One table of the demo: its rows in the warehouse."""

    table: str
    rows: list[dict[str, Any]]


def recover_demo(app: App, connector: Connector, progress: Progress) -> Run:
    """Sixty days of history and all reports."""
    window = window_for_recovery(app, connector, start=None, end=None, days=60)
    return sync(app, connector, progress, window=window)


def tables(app: App, connector: Connector) -> list[Shown]:
    """What arrived, newest days and snapshots last."""
    order = {
        "profile_daily_metric": ("date",),
        "video_snapshot_metric": ("_quanti_sync_date", "-video_views"),
    }
    with app.warehouse(connector.destination) as warehouse:
        return [
            Shown(name, warehouse.rows(connector.dataset, report.table, order=order.get(name, ())))
            for name, report in REPORTS.items()
        ]


def database_path(connector: Connector) -> Path:
    """The DuckDB file of a demo's connector."""
    return Path(unquote(connector.destination.removeprefix("duckdb:///")))
