"""The computed figures as JSON documents and as rows of CSV files: one wording for both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiktok_organic.actions.data_from_views.period import PeriodChoice
from tiktok_organic.actions.data_from_views.posting_hours_and_hashtags import (
    HashtagFigures,
    HeatCell,
    hashtag_figures,
    heat_map,
)
from tiktok_organic.actions.data_from_views.video_list import Video, video_document, video_list
from tiktok_organic.actions.data_from_views.view_reader import ViewReader
from tiktok_organic.actions.data_from_views.winners_and_taking_off import (
    TakingOff,
    taking_off,
    winners,
)
from tiktok_organic.connector import WEEKDAYS
from tiktok_organic.errors import NotFound

__all__ = [
    "DAY_COLUMNS",
    "HASHTAG_COLUMNS",
    "HOUR_COLUMNS",
    "TAKING_OFF_COLUMNS",
    "find_video",
    "hashtag_documents",
    "hour_documents",
    "taking_off_documents",
    "video_day_documents",
    "winner_documents",
]

Document = dict[str, Any]

DAY_COLUMNS = (
    "date",
    "video_views",
    "likes",
    "comments",
    "shares",
    "is_estimated",
    "gap_days",
)
HASHTAG_COLUMNS = ("hashtag", "videos", "video_views_gained", "usual_video_views")
HOUR_COLUMNS = ("weekday", "hour", "videos", "usual_video_views")
TAKING_OFF_COLUMNS = (
    "item_id",
    "caption",
    "share_url",
    "age_days",
    "video_views",
    "usual_video_views",
    "times_the_usual",
)


def winner_documents(reader: ViewReader, choice: PeriodChoice) -> list[Document]:
    """Every video that gained views in the period, the largest gain first."""
    return [video_document(video) for video in winners(video_list(reader, choice).videos, None)]


def taking_off_documents(reader: ViewReader, choice: PeriodChoice) -> list[Document]:
    """The young videos that are far above the account's usual at the same age."""
    videos = video_list(reader, choice).videos
    return [_taking_off(one) for one in taking_off(videos, reader.by_age(), None)]


def hour_documents(reader: ViewReader, choice: PeriodChoice) -> list[Document]:
    """The hours of the week at which videos were published, in the connector's time zone."""
    return [_hour(cell) for cell in heat_map(video_list(reader, choice).videos, reader.by_age())]


def hashtag_documents(reader: ViewReader, choice: PeriodChoice) -> list[Document]:
    """Every hashtag, the largest gain of its videos first."""
    videos = video_list(reader, choice).videos
    return [_hashtag(one) for one in hashtag_figures(videos, reader.by_age(), None)]


def video_day_documents(reader: ViewReader, choice: PeriodChoice, item_id: str) -> list[Document]:
    """The rows of `video_daily` of one video, oldest first. Raises NotFound."""
    find_video(video_list(reader, choice).videos, item_id)
    return [_day(row) for row in reader.daily(item_id)]


def find_video(videos: tuple[Video, ...], item_id: str) -> Video:
    """The video of that id. Raises NotFound."""
    found = next((one for one in videos if one.item_id == item_id), None)
    if found is None:
        raise NotFound(
            f"the video {item_id} does not exist",
            code="unknown_video",
        )
    return found


def _taking_off(one: TakingOff) -> Document:
    return {
        "item_id": one.video.item_id,
        "caption": one.video.caption,
        "share_url": one.video.link or None,
        "age_days": one.age,
        "video_views": one.views,
        "usual_video_views": float(one.usual),
        "times_the_usual": one.ratio,
    }


def _hour(cell: HeatCell) -> Document:
    return {
        "weekday": WEEKDAYS[cell.weekday],
        "hour": cell.hour,
        "videos": cell.videos,
        "usual_video_views": float(cell.views),
    }


def _hashtag(one: HashtagFigures) -> Document:
    return {
        "hashtag": one.hashtag,
        "videos": one.videos,
        "video_views_gained": one.gained,
        "usual_video_views": None if one.usual is None else float(one.usual),
    }


def _day(row: Mapping[str, Any]) -> Document:
    return {name: row[name].isoformat() if name == "date" else row[name] for name in DAY_COLUMNS}
