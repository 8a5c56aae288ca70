"""The values of the four tables that a value of a view repeats or is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiktok_organic.history.tables_and_views import Relation
from tiktok_organic.reports import DAILY_REPORT, REPORTS, VIDEO_REPORT
from tiktok_organic.table_definition import Column

__all__ = ["inputs_of"]

_BASES = {"account_daily": DAILY_REPORT, "video_latest": VIDEO_REPORT}
_OTHER_NAMES = {"new_followers": "daily_new_followers", "lost_followers": "daily_lost_followers"}


def inputs_of(relation: Relation, column: Column, row: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the values behind a view's value: the rows that it repeats or is computed from."""
    base = _BASES.get(relation.name)
    if base is None:
        return []
    field = _OTHER_NAMES.get(column.name, column.name)
    names = ["daily_new_followers", "daily_lost_followers"]
    fields = names if column.name == "net_followers" else [field]
    if column.name == "engagement_rate":
        fields = ["likes", "comments", "shares", "video_views"]
    key = row["date"].isoformat() if base == DAILY_REPORT else row["item_id"]
    return [
        {"table": base, "key": key, "column": one}
        for one in fields
        if one in REPORTS[base].table.names
    ]
