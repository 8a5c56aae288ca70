"""`video_snapshot_metric`: lifetime counters of every public video, one row per video and sync."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from tiktok_organic.reports.report import (
    Context,
    Report,
    Row,
    Source,
    column_values,
    loaded_at,
    sync_date,
)
from tiktok_organic.table_definition import Column, Table

__all__ = ["REPORT", "TABLE"]

_IDLE = "Null after a week without activity: TikTok then omits it."

TABLE = Table(
    name="video_snapshot_metric",
    about=(
        "Every public video at each sync, with counters since its publication. Each sync adds a "
        "row for each video."
    ),
    key=("item_id", "_quanti_sync_date"),
    partition="_quanti_sync_date",
    cluster=("item_id",),
    columns=(
        loaded_at(),
        Column("item_id", "STRING", "video", "TikTok's id of the video.", required=True),
        sync_date(),
        Column("create_time", "TIMESTAMP", "video", "When it was published."),
        Column("caption", "STRING", "video", "The text beside the video."),
        Column(
            "thumbnail_url",
            "STRING",
            "video",
            "Where the cover image can be fetched for a while; the link is signed.",
        ),
        Column("embed_url", "STRING", "video", "Address of the embeddable player."),
        Column("share_url", "STRING", "video", "Address of the public page."),
        Column("likes", "INTEGER", "video", "Likes so far."),
        Column("comments", "INTEGER", "video", "Comments so far."),
        Column("shares", "INTEGER", "video", "Shares so far, those inside the app included."),
        Column("video_views", "INTEGER", "video", "Views so far, organic and paid."),
        Column("reach", "INTEGER", "video", f"People reached so far. {_IDLE}"),
        Column("video_duration", "FLOAT", "video", "Length in seconds."),
        Column(
            "total_time_watched",
            "FLOAT",
            "video",
            f"Seconds watched by everybody together. {_IDLE}",
        ),
        Column("average_time_watched", "FLOAT", "video", f"Seconds watched per view. {_IDLE}"),
        Column(
            "full_video_watched_rate",
            "FLOAT",
            "video",
            f"Share of views to the end, 0 to 1. {_IDLE}",
        ),
        Column(
            "impression_sources",
            "STRING",
            "video",
            f"JSON array: where views came from. {_IDLE}",
            json=True,
        ),
        Column(
            "audience_countries",
            "STRING",
            "video",
            f"JSON array: viewers by country. {_IDLE}",
            json=True,
        ),
    ),
)

_values = attrgetter(*[name for name in column_values(TABLE, "video") if name != "item_id"])


def rows(source: Source, context: Context) -> Iterator[Row]:
    written, sync_date = context.loaded_at, context.sync_date
    for video in source.videos():
        yield (written, video.item_id, sync_date, *_values(video))


REPORT = Report(
    table=TABLE,
    endpoint="videos",
    scopes=("video.list",),
    rows=rows,
    sentence=(
        "Likes, comments, shares, views, reach and watch time of every public video at each sync."
    ),
)
