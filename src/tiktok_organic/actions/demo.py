"""The whole product on invented data: the simulator, a real consent over HTTP, a real recovery, real tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tiktok_organic.actions import connect as connecting
from tiktok_organic.actions import consent as consenting
from tiktok_organic.actions.order import window_for_recovery
from tiktok_organic.actions.sync import sync
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.reports import REPORTS
from tiktok_organic.store.runs import Run
from tiktok_organic.sync.order import Progress

__all__ = ["Shown", "connect_demo", "recover_demo", "tables"]


@dataclass(frozen=True)
class Shown:
    """One table of the demo: its rows in the warehouse."""

    table: str
    rows: list[dict[str, Any]]


def connect_demo(app: App, username: str) -> Connector:
    """Walk through the simulator's consent page as the owner of `username`; connect, or reconnect from an earlier
    demo in the same home."""
    known = [c for c in app.connectors.all() if c.api_url == app.settings.api_url and c.username == username]
    existing = known[0] if known else None
    address = consenting.begin(app, "demo", existing)
    landed = httpx2.get(f"{address}&simulator_decision=allow&simulator_account={username}", follow_redirects=False)
    consent = consenting.finish(app, landed.headers["location"], "demo", existing)
    if existing is not None:
        return connecting.reconnect(app, existing, consent)
    return connecting.create(app, consent, connecting.Choices())


def recover_demo(app: App, connector: Connector, progress: Progress) -> Run:
    """Sixty days of history and all reports."""
    window = window_for_recovery(app, connector, start=None, end=None, days=60)
    return sync(app, connector, progress, window=window)


def tables(app: App, connector: Connector) -> list[Shown]:
    """What arrived, newest days and snapshots last."""
    order = {"profile_daily_metric": ("date",), "video_snapshot_metric": ("_quanti_sync_date", "-video_views")}
    with app.warehouse(connector.destination) as warehouse:
        return [
            Shown(name, warehouse.rows(connector.dataset, report.table, order=order.get(name, ())))
            for name, report in REPORTS.items()
        ]


def database_path(connector: Connector) -> Path:
    """The DuckDB file of a demo's connector."""
    return Path(connector.destination.removeprefix("duckdb:///"))
