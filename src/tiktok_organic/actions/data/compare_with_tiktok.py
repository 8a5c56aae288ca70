"""Compare figures that TikTok returns in two places: the listed videos and its own counts."""

from __future__ import annotations

from datetime import date
from typing import Any

from tiktok_organic.actions.data.compare_followers import compare_followers
from tiktok_organic.actions.data.compare_videos import compare_videos
from tiktok_organic.actions.data.compare_views import comparable_days, compare_views
from tiktok_organic.connector import Connector
from tiktok_organic.history.tables_and_views import relations
from tiktok_organic.warehouse.contract import OpenWarehouse, Warehouse
from tiktok_organic.warehouse.wanted_rows import Condition

__all__ = ["reconcile"]


def reconcile(
    open_warehouse: OpenWarehouse, connector: Connector, days: int, today: date
) -> dict[str, Any]:
    """Compare videos, followers and views; `days`: the number of newest comparable days of views.

    Each comparison has its two figures, their `difference`, a `verdict` (equal, explained, flagged,
    not_comparable) and an `explanation`. `today`: the UTC date. Raises DestinationBusy,
    DestinationRefused.
    """
    with open_warehouse(connector.destination) as warehouse:
        read = _Reader(warehouse, connector.dataset)
        syncs, videos = read("sync_run"), read("video")
        snapshots = read("profile_snapshot_metric")
        span = comparable_days(syncs, days, today)
        within = (
            [Condition("date", ">=", span[0]), Condition("date", "<=", span[1])] if span else []
        )
        listed = compare_videos(syncs, snapshots, videos)
        followers = compare_followers(snapshots, read("profile_daily_metric"))
        views = compare_views(
            span,
            read("account_daily", within) if span else [],
            read("video_daily", within) if span else [],
            videos,
        )
    return {
        "connector": {"id": connector.id, "name": connector.name},
        "videos": listed.document("listed", "counted", "syncs"),
        "followers": followers.document("change", "new_minus_lost", "days"),
        "views": views.document("account", "videos", "days"),
    }


class _Reader:
    """Reads whole tables and views of a dataset by name."""

    def __init__(self, warehouse: Warehouse, dataset: str) -> None:
        self._warehouse = warehouse
        self._dataset = dataset

    def __call__(self, name: str, where: list[Condition] | None = None) -> list[dict[str, Any]]:
        return self._warehouse.rows(self._dataset, relations()[name].table, where=where or [])
