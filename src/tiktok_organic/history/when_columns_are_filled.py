"""Facts about each column of the four tables: which accounts have it, its delay, what it counts.

Sources: documents 1762228399168514 (account and days) and 1762228421622786 (videos) of TikTok's API
for Business.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tiktok_organic.reports import REPORTS
from tiktok_organic.table_definition import Column
from tiktok_organic.tiktok.scopes import ACCOUNT_FIELDS, DAY_FIELDS, VIDEO_FIELDS

__all__ = ["ACCOUNT_DOCUMENT", "VIDEO_DOCUMENT", "Fact", "facts", "withheld_columns"]

ACCOUNT_DOCUMENT = "1762228399168514"
VIDEO_DOCUMENT = "1762228421622786"

# Which columns TikTok fills for which accounts (document 1762228399168514).
_REGISTERED = frozenset(
    {
        "bio_link_clicks",
        "phone_number_clicks",
        "lead_submissions",
        "app_download_clicks",
        "email_clicks",
        "address_clicks",
    }
)
_BUSINESS = _REGISTERED | {
    "unique_video_views",
    "engaged_audience",
    "daily_new_followers",
    "daily_lost_followers",
    "daily_total_followers",
    "audience_activity",
}
_AUDIENCE = frozenset(
    {"audience_countries", "audience_cities", "audience_ages", "audience_genders"}
)
# TikTok omits these after 7 days without activity (document 1762228421622786).
_PERISHABLE = frozenset(
    {
        "reach",
        "full_video_watched_rate",
        "total_time_watched",
        "average_time_watched",
        "impression_sources",
        "audience_countries",
    }
)
# TikTok has these without delay (document 1762228421622786).
_AT_ONCE = frozenset(
    {"item_id", "create_time", "caption", "thumbnail_url", "embed_url", "share_url"}
)


@dataclass(frozen=True)
class Fact:
    """Conditions of one column.

    `business`: only Business accounts have it. `registered`: of those only registered ones.
    `hundred`: accounts with 100 followers and more. `counted`: TikTok counts it with a delay of 24
    to 48 hours. `perishable`: absent after the video was idle for more than 7 days.
    """

    table: str
    column: str
    json: bool
    business: bool = False
    registered: bool = False
    hundred: bool = False
    counted: bool = False
    perishable: bool = False


def facts(table: str) -> tuple[Fact, ...]:
    """Return the facts of a table's columns that TikTok fills, in order.

    Columns that are never empty are omitted.
    """
    return tuple(
        _fact(table, column)
        for column in REPORTS[table].table.columns
        if column.origin != "sync" and not column.required
    )


def withheld_columns(scopes: Collection[str]) -> tuple[str, ...]:
    """Return the columns, as table.column, whose permission is not among `scopes`."""
    needed = {"profile_daily_metric": DAY_FIELDS, "video_snapshot_metric": VIDEO_FIELDS}
    return tuple(
        f"{name}.{column.name}"
        for name, report in REPORTS.items()
        for column in report.table.columns
        if (scope := needed.get(name, ACCOUNT_FIELDS).get(column.name)) is not None
        and scope not in scopes
    )


def _fact(table: str, column: Column) -> Fact:
    name = column.name
    if table == "profile_daily_metric":
        return Fact(
            table,
            name,
            column.json,
            business=name in _BUSINESS,
            registered=name in _REGISTERED,
            hundred=name == "audience_activity",
            counted=True,
        )
    if table == "video_snapshot_metric":
        return Fact(
            table,
            name,
            column.json,
            counted=name not in _AT_ONCE,
            perishable=name in _PERISHABLE,
        )
    audience = table == "profile_snapshot_metric" and name in _AUDIENCE
    return Fact(table, name, column.json, hundred=audience, counted=audience)
