"""The views: names, columns and meanings. Their queries are the files in `sql/`."""

from __future__ import annotations

from dataclasses import dataclass

from tiktok_organic.table_definition import Column, ColumnType

__all__ = ["DECLARED", "READS", "Declared"]

Given = tuple[str, ColumnType, str]


@dataclass(frozen=True)
class Declared:
    """A view without its query."""

    name: str
    about: str
    columns: tuple[Column, ...]


def _declare(name: str, about: str, *columns: Given) -> Declared:
    return Declared(
        name, about, tuple(Column(name, kind, "sync", text) for name, kind, text in columns)
    )


_ACCOUNT: Given = ("account_id", "STRING", "TikTok's id of the account (open_id).")
_ITEM: Given = ("item_id", "STRING", "TikTok's id of the video.")
_SYNC: Given = ("sync_date", "TIMESTAMP", "The sync whose snapshot this is.")


def _share(whole: str) -> Given:
    text = f"Share of the {whole}, 0 to 1. The shares that TikTok sends need not add up to 1."
    return ("share", "FLOAT", text)


def _audience(of: str, label: str) -> Declared:
    return _declare(
        f"audience_{of}",
        f"Followers by {of}: one row per snapshot of the account and {of}.",
        _ACCOUNT,
        _SYNC,
        (of, "STRING", label),
        _share("account's followers"),
    )


DECLARED: tuple[Declared, ...] = (
    _declare(
        "account_daily",
        "One row per UTC day, without gaps: what happened on the account, and how reliable it is.",
        _ACCOUNT,
        ("date", "DATE", "The UTC day."),
        ("state", "STRING", "final, provisional, missing or lost; see coverage_day."),
        ("video_views", "INTEGER", "Views of all videos on that day, organic and paid."),
        ("unique_video_views", "INTEGER", "People who viewed on that day. Do not add days up."),
        ("profile_views", "INTEGER", "Views of the profile page."),
        ("likes", "INTEGER", "Likes given; later unlikes are not subtracted."),
        ("comments", "INTEGER", "Comments written."),
        ("shares", "INTEGER", "Shares, those inside the app included."),
        ("engaged_audience", "INTEGER", "People who engaged on that day. Do not add days up."),
        ("bio_link_clicks", "INTEGER", "Clicks on the link in the biography."),
        ("new_followers", "INTEGER", "New followers."),
        ("lost_followers", "INTEGER", "Followers lost."),
        ("net_followers", "INTEGER", "New followers minus lost followers."),
        (
            "followers",
            "INTEGER",
            (
                "Followers at the day's end, on every stored day: from the first snapshot within "
                "48 hours after it, otherwise counted from the nearest one by new minus lost."
            ),
        ),
        ("followers_is_estimated", "BOOLEAN", "Whether followers was counted, not read."),
        ("posts_published", "INTEGER", "Posts published on that day, of all ever listed."),
        ("engagement_rate", "FLOAT", "(likes + comments + shares) / video_views."),
    ),
    _declare(
        "video_latest",
        "One row per video ever seen: what TikTok sent last.",
        _ITEM,
        _ACCOUNT,
        ("create_time", "TIMESTAMP", "When it was published."),
        ("create_time_local", "DATETIME", "The same in the connector's time zone."),
        ("caption", "STRING", "The newest caption."),
        ("share_url", "STRING", "Address of the public page."),
        ("media_type", "STRING", "VIDEO, or PHOTO for photo and text posts."),
        ("is_ad", "BOOLEAN", "Whether it is a post that is shown in ads only."),
        ("state", "STRING", "vanished, frozen, idle or active; see the table video."),
        ("first_seen", "TIMESTAMP", "The first sync that listed it."),
        ("last_seen", "TIMESTAMP", "The latest sync that listed it."),
        ("video_views", "INTEGER", "Views since its publication, organic and paid."),
        ("likes", "INTEGER", "Likes it has."),
        ("comments", "INTEGER", "Comments it has."),
        ("shares", "INTEGER", "Shares since its publication."),
        ("reach", "INTEGER", "People reached since its publication, when TikTok sent it last."),
        ("video_duration", "FLOAT", "Length in seconds."),
        ("total_time_watched", "FLOAT", "Seconds watched by all viewers together."),
        ("average_time_watched", "FLOAT", "Seconds watched per view."),
        ("full_video_watched_rate", "FLOAT", "Share of views to the end, 0 to 1."),
        (
            "insights_as_of",
            "TIMESTAMP",
            "The sync that brought reach and watch time last; the older of the two.",
        ),
        ("engagement_rate", "FLOAT", "(likes + comments + shares) / video_views."),
    ),
    _declare(
        "video_daily",
        "What each video gained on each UTC day, without gaps, its first day included. The sum "
        "over a video's days is its last counter (for a video older than the first sync: last "
        "minus first counter).",
        _ITEM,
        _ACCOUNT,
        ("date", "DATE", "The UTC day on which it happened; the last one holds what is known."),
        ("video_views", "INTEGER", "Views gained on that day."),
        ("likes", "INTEGER", "Likes gained on that day, unlikes subtracted."),
        ("comments", "INTEGER", "Comments gained on that day."),
        ("shares", "INTEGER", "Shares gained on that day."),
        (
            "is_estimated",
            "BOOLEAN",
            (
                "False where counters were read within 60 minutes of both ends of the day; "
                "otherwise the gain was divided between days."
            ),
        ),
        (
            "gap_days",
            "INTEGER",
            (
                "Days between the two neighbouring readings that the gain was divided between; the "
                "longest one that touches the day, at least 1."
            ),
        ),
    ),
    _declare(
        "video_by_age",
        "Counters of each video 1, 2, 3, 7, 14, 30 and 90 days after its publication: compare "
        "videos at the same age. Only ages between two readings.",
        _ITEM,
        _ACCOUNT,
        ("age_days", "INTEGER", "Days since publication: 1, 2, 3, 7, 14, 30 or 90."),
        ("video_views", "INTEGER", "Views at that age."),
        ("likes", "INTEGER", "Likes at that age."),
        ("comments", "INTEGER", "Comments at that age."),
        ("shares", "INTEGER", "Shares at that age."),
        ("is_estimated", "BOOLEAN", "False where counters were read within 60 minutes of it."),
    ),
    _declare(
        "video_hashtag",
        "One row per video and hashtag of its newest caption.",
        _ITEM,
        _ACCOUNT,
        ("hashtag", "STRING", "The hashtag in lower case, without the sign."),
    ),
    _audience("country", "ISO code of the country."),
    _audience("city", "The city."),
    _audience("age", "Age group, such as 18-24."),
    _audience("gender", "Female, Male or Other."),
    _declare(
        "audience_hour",
        "Followers online per hour: one row per UTC day and hour.",
        _ACCOUNT,
        ("date", "DATE", "The UTC day."),
        ("hour_utc", "INTEGER", "The hour of that day in UTC, 0 to 23."),
        ("hour_local", "INTEGER", "The same hour in the connector's time zone."),
        ("followers_online", "INTEGER", "Followers online in that hour."),
        ("date_local", "DATE", "The day in the connector's time zone."),
    ),
    _declare(
        "video_impression_source",
        "Where views came from: one row per snapshot of a video and source.",
        _ITEM,
        _ACCOUNT,
        _SYNC,
        ("source", "STRING", "Such as For You, Follow, Search."),
        _share("video's views since its publication"),
    ),
    _declare(
        "video_audience_country",
        "Viewers by country: one row per snapshot of a video and country.",
        _ITEM,
        _ACCOUNT,
        _SYNC,
        ("country", "STRING", "ISO code of the country."),
        _share("video's viewers since its publication"),
    ),
    _declare(
        "absence",
        "Why a value is empty: one row per empty value of a stored day, and of the newest row of "
        "the account and of each video.",
        _ACCOUNT,
        ("item_id", "STRING", "The video; null for the account and its days."),
        ("date", "DATE", "The day; null for the account and for videos."),
        ("table_name", "STRING", "The table that has the empty value."),
        ("column_name", "STRING", "The empty column."),
        (
            "reason",
            "STRING",
            (
                "The first that applies: permission_withheld, not_business, under_100_followers, "
                "before_analytics, too_fresh, frozen_video, idle_video, not_registered_business, "
                "nothing_sent."
            ),
        ),
    ),
)
"""In the order of their creation: a view comes after those that it reads."""

_DAYS = frozenset({"profile_daily_metric"})
_SNAPSHOTS = frozenset({"profile_snapshot_metric"})
_VIDEOS = frozenset({"video_snapshot_metric"})

READS: dict[str, frozenset[str]] = {
    "account_daily": _DAYS | _SNAPSHOTS,
    "video_latest": _VIDEOS,
    "video_daily": _VIDEOS,
    "video_by_age": _VIDEOS,
    "video_hashtag": frozenset(),
    "audience_country": _SNAPSHOTS,
    "audience_city": _SNAPSHOTS,
    "audience_age": _SNAPSHOTS,
    "audience_gender": _SNAPSHOTS,
    "audience_hour": _DAYS,
    "video_impression_source": _VIDEOS,
    "video_audience_country": _VIDEOS,
    "absence": _DAYS | _SNAPSHOTS | _VIDEOS | {"profile"},
}
"""The tables that each view reads, also through other views.

A test compares it with the queries: parsing all of them at every sync would take 0.2 s of CPU.
"""
