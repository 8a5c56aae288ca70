"""The first rows of a connector's tables, and a query to copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tiktok_organic.connector import Connector
from tiktok_organic.reports import REPORTS
from tiktok_organic.warehouse.contract import OpenWarehouse

__all__ = ["TablePreview", "sample_query", "table_previews"]

_TECHNICAL = ("_quanti_loaded_at", "_quanti_ad_account", "_quanti_id", "_quanti_date")
_NEWEST_FIRST = {
    "profile_daily_metric": ("-date",),
    "profile_snapshot_metric": ("-_quanti_sync_date",),
    "video_snapshot_metric": ("-_quanti_sync_date", "-video_views"),
}


@dataclass(frozen=True)
class TablePreview:
    """The number of rows of one table, and its first rows in a useful order."""

    table: str
    count: int
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]


def table_previews(
    open_warehouse: OpenWarehouse, connector: Connector, limit: int = 3
) -> list[TablePreview]:
    """Read the warehouse. Raises DestinationBusy, DestinationRefused."""
    with open_warehouse(connector.destination) as warehouse:
        found = []
        for name in connector.reports:
            table = REPORTS[name].table
            count = warehouse.count(connector.dataset, table)
            rows = warehouse.rows(
                connector.dataset, table, order=_NEWEST_FIRST.get(name, ()), limit=limit
            )
            shown = [c for c in table.names if c not in _TECHNICAL]
            found.append(TablePreview(name, count or 0, tuple(shown), rows))
        return found


def sample_query(connector: Connector) -> str:
    """Return a query that runs at the connector's destination without changes."""
    if "profile_daily_metric" in connector.reports:
        table, columns, order = (
            "profile_daily_metric",
            "date, video_views, likes, comments, shares",
            "date DESC",
        )
    elif "video_snapshot_metric" in connector.reports:
        table, columns, order = (
            "video_snapshot_metric",
            "item_id, video_views, likes",
            "_quanti_sync_date DESC",
        )
    else:
        table, columns, order = connector.reports[0], "*", "1"
    place = (
        f"`{connector.dataset}.{table}`"
        if connector.destination.startswith("bigquery")
        else (f"{connector.dataset}.{table}")
    )
    return f"SELECT {columns}\nFROM {place}\nORDER BY {order}\nLIMIT 10"
