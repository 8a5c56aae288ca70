"""The rows of metric_definition: the meaning of every column of the dataset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tiktok_organic.history.table_columns import HISTORY
from tiktok_organic.history.views.view_columns import DECLARED
from tiktok_organic.history.when_columns_are_filled import (
    ACCOUNT_DOCUMENT,
    VIDEO_DOCUMENT,
    Fact,
    facts,
)
from tiktok_organic.reports import REPORTS
from tiktok_organic.table_definition import Column

__all__ = ["Definition", "definitions"]

_UNITS = {
    "views": ("video_views", "profile_views", "last_video_views"),
    "likes": ("likes", "total_likes"),
    "comments": ("comments",),
    "shares": ("shares",),
    "people": (
        "unique_video_views",
        "reach",
        "engaged_audience",
        "followers_count",
        "following_count",
        "followers",
        "new_followers",
        "lost_followers",
        "net_followers",
        "daily_new_followers",
        "daily_lost_followers",
        "daily_total_followers",
        "followers_online",
    ),
    "clicks": (
        "bio_link_clicks",
        "phone_number_clicks",
        "app_download_clicks",
        "email_clicks",
        "address_clicks",
    ),
    "forms": ("lead_submissions",),
    "posts": ("videos_count", "posts_published"),
    "seconds": ("video_duration", "total_time_watched", "average_time_watched"),
    "share, 0 to 1": ("full_video_watched_rate", "share", "engagement_rate"),
    "days": ("gap_days", "age_days"),
    "hours": ("counter_lag_hours",),
    "bytes": ("answer_bytes",),
    "requests": ("requests",),
    "hour of the day": ("hour_utc", "hour_local"),
}
_UNIT = {name: unit for unit, names in _UNITS.items() for name in names}

_PAID = "organic and paid views together"
_COUNTS = {
    ("profile_daily_metric", "video_views"): _PAID,
    ("profile_daily_metric", "likes"): "gross: later unlikes are not subtracted",
    ("profile_daily_metric", "unique_video_views"): "people per day; days must not be added up",
    ("profile_daily_metric", "engaged_audience"): "people per day; days must not be added up",
    ("profile_daily_metric", "shares"): "shares inside the app included",
    ("profile_daily_metric", "daily_total_followers"): (
        "disputed: net change of the day, or the total reached; must not be added up"
    ),
    ("profile_snapshot_metric", "videos_count"): "public posts only",
    ("video_snapshot_metric", "video_views"): f"since publication; {_PAID}",
    ("video_snapshot_metric", "likes"): "net: unlikes are subtracted",
    ("video_snapshot_metric", "comments"): "since publication",
    ("video_snapshot_metric", "shares"): "since publication; shares inside the app included",
    ("video_snapshot_metric", "reach"): "people since publication; videos must not be added up",
    ("account_daily", "video_views"): _PAID,
    ("account_daily", "likes"): "gross: later unlikes are not subtracted",
    ("account_daily", "unique_video_views"): "people per day; days must not be added up",
    ("account_daily", "engaged_audience"): "people per day; days must not be added up",
    ("account_daily", "shares"): "shares inside the app included",
    ("account_daily", "engagement_rate"): "likes are gross",
    ("video_latest", "engagement_rate"): "since publication; likes are net",
    ("video_latest", "video_views"): f"since publication; {_PAID}",
    ("video_latest", "likes"): "net: unlikes are subtracted",
    ("video_latest", "reach"): "people since publication; videos must not be added up",
    ("video_daily", "video_views"): f"gained on the day; {_PAID}",
    ("video_daily", "likes"): "gained on the day, net of unlikes; may be negative",
    ("video_by_age", "video_views"): f"since publication; {_PAID}",
    ("video_by_age", "likes"): "net: unlikes are subtracted",
}

_APP = {
    "video_views": "the app shows views at once, the API 24 to 48 hours later",
    "likes": "the app shows likes at once, the API 24 to 48 hours later",
    "reach": "the app goes on showing it for idle videos",
    "followers": "the app shows this moment, the row a day's end",
}

_GROSS = "the app subtracts unlikes; the API's days do not"
_DAYS = ("profile_daily_metric", "account_daily")

_NAMES = {
    "net_followers": "daily_new_followers",
    "followers_online": "audience_activity",
    "new_followers": "daily_new_followers",
    "lost_followers": "daily_lost_followers",
}


@dataclass(frozen=True, slots=True)
class Definition:
    """A row of metric_definition; the fields are its columns."""

    table_name: str
    column_name: str
    unit: str | None
    definition: str
    counts: str | None
    available_for: str | None
    delay: str | None
    app_differs_because: str | None
    source_document: str | None

    def values(self) -> tuple[str | None, ...]:
        """Return the values in the order of the table's columns."""
        return tuple(getattr(self, name) for name in self.__slots__)


def definitions() -> Iterator[Definition]:
    """Return one row for each column of the four tables, the history tables and the views."""
    known = {(fact.table, fact.column): fact for name in REPORTS for fact in facts(name)}
    named: list[tuple[str, tuple[Column, ...]]] = [
        *((name, report.table.columns) for name, report in REPORTS.items()),
        *((name, table.columns) for name, table in HISTORY.items()),
        *((view.name, view.columns) for view in DECLARED),
    ]
    for table, columns in named:
        for column in columns:
            yield _definition(table, column, _fact(known, table, column.name))


_BASES = {
    "account_daily": "profile_daily_metric",
    "video_latest": "video_snapshot_metric",
    "video_daily": "video_snapshot_metric",
    "video_by_age": "video_snapshot_metric",
    "audience_hour": "profile_daily_metric",
}


def _fact(known: dict[tuple[str, str], Fact], table: str, name: str) -> Fact | None:
    """Return the facts of the column, or of the one that it is computed from."""
    base = _BASES.get(table, table)
    return known.get((base, _NAMES.get(name, name)))


def _definition(table: str, column: Column, fact: Fact | None) -> Definition:
    name = column.name
    return Definition(
        table_name=table,
        column_name=name,
        unit=_UNIT.get(name),
        definition=column.about,
        counts=_COUNTS.get((table, name)),
        available_for=None if fact is None else _available(fact, table),
        delay=None if fact is None else ("24 to 48 hours" if fact.counted else "none"),
        app_differs_because=_difference(table, name, fact),
        source_document=None if fact is None else _document(fact),
    )


def _difference(table: str, name: str, fact: Fact | None) -> str | None:
    """Explain why the app may show another number."""
    if name == "likes" and table in _DAYS:
        return _GROSS
    return _APP.get(name) if fact is not None or name == "followers" else None


def _available(fact: Fact, table: str) -> str:
    if fact.registered:
        return "registered Business accounts"
    who = "Business accounts" if fact.business else "all accounts"
    if fact.hundred:
        return f"{who} with at least 100 followers"
    if fact.perishable and table == "video_latest":
        return "videos that were active in the 7 days before any sync"
    if fact.perishable:
        return "videos with activity in the last 7 days"
    return "all videos" if fact.table == "video_snapshot_metric" else who


def _document(fact: Fact) -> str:
    return VIDEO_DOCUMENT if fact.table == "video_snapshot_metric" else ACCOUNT_DOCUMENT
