"""What the charts show, from the figures kept at each commit: no query of the warehouse is needed for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tiktok_organic.app import App
from tiktok_organic.clock import timestamp
from tiktok_organic.connector import Connector

__all__ = [
    "DAY_METRICS",
    "Points",
    "figures_document",
    "followers",
    "series",
    "top_videos",
    "totals",
]

Points = list[tuple[date, int | None]]
Days = Sequence[tuple[date, dict[str, Any]]]

DAY_METRICS = {
    "video_views": "Video views",
    "unique_video_views": "Viewers",
    "profile_views": "Profile views",
    "likes": "Likes",
    "comments": "Comments",
    "shares": "Shares",
    "daily_new_followers": "Followers won",
    "daily_lost_followers": "Followers lost",
    "engaged_audience": "Engaged people",
    "bio_link_clicks": "Link clicks",
}


def series(days: Days, metric: str, span: int, today: date) -> Points:
    """One value a day for the last `span` days before `today`, from the first known day on; None where TikTok gave
    none (yet)."""
    known = {day: figures.get(metric) for day, figures in days}
    if not known:
        return []
    start = max(today - timedelta(days=span), min(known))
    return [(day, known.get(day)) for day in _each(start, today - timedelta(days=1))]


def totals(days: Days, metric: str, span: int) -> tuple[int, int | None]:
    """The sum over the last `span` known days, and over as many before them (None when those are not all known)."""
    values = [figures[metric] for _, figures in days if figures.get(metric) is not None]
    before = values[-2 * span : -span]
    return sum(values[-span:]), sum(before) if len(before) == span else None


def followers(
    days: Days, moments: Sequence[tuple[datetime, dict[str, Any]]], span: int, today: date
) -> Points:
    """Followers at the end of each day: counted at syncs, and reckoned back from the first count by what each day won
    and lost."""
    counted: dict[date, int] = {}
    for moment, figures in moments:
        if figures.get("followers_count") is not None:
            counted[moment.date() - timedelta(days=1)] = int(figures["followers_count"])
    if not counted:
        return []
    known, points = dict(days), dict(counted)
    day = first = min(counted)
    total, oldest = counted[first], max(min(known, default=first), today - timedelta(days=span))
    while day >= oldest:
        points.setdefault(day, total)
        change = known.get(day, {})
        total -= int(change.get("daily_new_followers") or 0) - int(
            change.get("daily_lost_followers") or 0
        )
        day -= timedelta(days=1)
    start = max(today - timedelta(days=span), min(points))
    return [(each, points.get(each)) for each in _each(start, max(points))]


def top_videos(videos: Sequence[dict[str, Any]], limit: int = 10) -> list[dict[str, Any]]:
    """The most viewed videos; `gained`: views since the sync before, `gained_week` since the one about a week ago."""
    found = []
    for video in videos[:limit]:
        views, history = video.get("video_views"), video.get("history", [])
        found.append(
            {
                **video,
                "gained": _gain(views, history[-1] if history else None),
                "gained_week": _gain(views, _around(history, video["moment"] - timedelta(days=7))),
                "published": _published(video.get("create_time")),
                "curve": [p[1] for p in history if p[1] is not None]
                + ([] if views is None else [views]),
            }
        )
    return found


def figures_document(app: App, connector: Connector) -> dict[str, Any]:
    """Everything kept, as JSON."""
    moments = app.figures.moments(connector.id)
    videos = top_videos(app.figures.videos(connector.id), 100)
    for video in videos:
        video["moment"] = timestamp(video["moment"])
        video["published"] = timestamp(video["published"])
    return {
        "connector": {"id": connector.id, "name": connector.name},
        "as_of": timestamp(moments[-1][0]) if moments else None,
        "account": moments[-1][1] if moments else {},
        "days": [
            {"date": day.isoformat(), **figures} for day, figures in app.figures.days(connector.id)
        ],
        "videos": videos,
    }


def _each(start: date, end: date) -> list[date]:
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def _gain(views: int | None, point: Sequence[Any] | None) -> int | None:
    return None if views is None or point is None or point[1] is None else views - int(point[1])


def _around(history: Sequence[Sequence[Any]], moment: datetime) -> Sequence[Any] | None:
    """The newest point that is no newer than `moment`; the oldest one when all are newer."""
    older = [point for point in history if datetime.fromisoformat(point[0]) <= moment]
    return older[-1] if older else (history[0] if history else None)


def _published(microseconds: int | None) -> datetime | None:
    return (
        None
        if microseconds is None
        else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    )
