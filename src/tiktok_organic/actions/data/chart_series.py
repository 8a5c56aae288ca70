"""The series of the charts, from stored chart data, without a query of the warehouse.

The store has JSON documents in which TikTok may have omitted or damaged any value. This module
converts them to typed values once, so that pages can rely on all attributes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tiktok_organic.clock import timestamp
from tiktok_organic.connector import Connector
from tiktok_organic.store.connectors.chart_data import ChartData, whole_number

__all__ = [
    "DAY_METRICS",
    "AccountFigures",
    "DayFigures",
    "Points",
    "Total",
    "account_figures",
    "day_figures",
    "figures_document",
    "followers",
    "growth",
    "series",
    "total",
]

Points = list[tuple[date, int | None]]

DAY_METRICS = {
    "video_views": "Video views",
    "unique_video_views": "Viewers",
    "profile_views": "Profile views",
    "likes": "Likes",
    "comments": "Comments",
    "shares": "Shares",
    "daily_new_followers": "New followers",
    "daily_lost_followers": "Lost followers",
    "engaged_audience": "Engaged people",
    "bio_link_clicks": "Link clicks",
}
_AUDIENCE = {
    "audience_countries": "country",
    "audience_cities": "city_name",
    "audience_ages": "age",
    "audience_genders": "gender",
}


@dataclass(frozen=True)
class DayFigures:
    """One UTC day.

    `counts`: the values that TikTok sent; `activity`: UTC hour and active followers.
    """

    day: date
    counts: Mapping[str, int]
    activity: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class AccountFigures:
    """The account at one sync.

    Each part of `audience` is a name and its share (0 to 1), in TikTok's order.
    """

    moment: datetime
    followers: int | None = None
    videos: int | None = None
    audience: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Total:
    """The sum of a metric from `start` to `end`.

    `before` is the sum over the same number of days before `start`, if all of them are known.
    """

    value: int
    before: int | None
    start: date
    end: date


def day_figures(stored: Sequence[tuple[date, Mapping[str, Any]]]) -> list[DayFigures]:
    """Return the stored days, oldest first."""
    return [
        DayFigures(day, _counts(figures), _activity(figures.get("audience_activity")))
        for day, figures in stored
    ]


def account_figures(
    stored: Sequence[tuple[datetime, Mapping[str, Any]]],
) -> list[AccountFigures]:
    """Return the stored syncs, oldest first."""
    return [
        AccountFigures(
            moment,
            whole_number(figures.get("followers_count")),
            whole_number(figures.get("videos_count")),
            {part: _shares(figures.get(part), name) for part, name in _AUDIENCE.items()},
        )
        for moment, figures in stored
    ]


def series(days: Sequence[DayFigures], metric: str, span: int, today: date) -> Points:
    """Return one value per day for the last `span` days, from the first known day on.

    The days end before `today`. None for a day without a value.
    """
    known = {one.day: one.counts.get(metric) for one in days}
    if not known:
        return []
    start = max(today - timedelta(days=span), min(known))
    return [(day, known.get(day)) for day in _each(start, today - timedelta(days=1))]


def total(days: Sequence[DayFigures], metric: str, span: int) -> Total | None:
    """Return the sum over the `span` calendar days that end with the newest known one."""
    known = {one.day: one.counts[metric] for one in days if metric in one.counts}
    if not known:
        return None
    end = max(known)
    start = end - timedelta(days=span - 1)
    now = [count for day, count in known.items() if start <= day]
    earlier = start - timedelta(days=span)
    before = [count for day, count in known.items() if earlier <= day < start]
    return Total(sum(now), sum(before) if len(before) == len(now) else None, start, end)


def followers(
    days: Sequence[DayFigures], accounts: Sequence[AccountFigures], span: int, today: date
) -> Points:
    """Return followers at the end of each day.

    Counted at syncs; before the first count estimated from the new and lost followers of each day.
    """
    counted: dict[date, int] = {}
    for account in accounts:
        if account.followers is not None:
            counted[account.moment.date() - timedelta(days=1)] = account.followers
    if not counted:
        return []
    known, points = {one.day: one.counts for one in days}, dict(counted)
    day = first = min(counted)
    count, oldest = counted[first], max(min(known, default=first), today - timedelta(days=span))
    while day >= oldest:
        points.setdefault(day, count)
        count -= _growth(known.get(day, {}))
        day -= timedelta(days=1)
    start = max(today - timedelta(days=span), min(points))
    return [(each, points.get(each)) for each in _each(start, max(points))]


def growth(days: Sequence[DayFigures]) -> int:
    """New minus lost followers."""
    return sum(_growth(one.counts) for one in days)


def figures_document(chart_data: ChartData, connector: Connector) -> dict[str, Any]:
    """The account and its days as stored, as JSON."""
    moments = chart_data.moments(connector.id, 1)
    return {
        "connector": {"id": connector.id, "name": connector.name},
        "as_of": timestamp(moments[-1][0]) if moments else None,
        "account": moments[-1][1] if moments else {},
        "days": [
            {**figures, "date": day.isoformat()} for day, figures in chart_data.days(connector.id)
        ],
    }


def _counts(figures: Mapping[str, Any]) -> dict[str, int]:
    found = ((name, whole_number(figures.get(name))) for name in DAY_METRICS)
    return {name: count for name, count in found if count is not None}


def _growth(counts: Mapping[str, int]) -> int:
    return counts.get("daily_new_followers", 0) - counts.get("daily_lost_followers", 0)


def _activity(stored: object) -> tuple[tuple[int, float], ...]:
    """Return UTC hours and followers; TikTok sends both as numbers or as text."""
    found = []
    for part in _objects(stored):
        hour, count = _number(part.get("hour")), _number(part.get("count"))
        if hour is not None and count is not None and 0 <= hour < 24:
            found.append((int(hour), count))
    return tuple(found)


def _shares(stored: object, name: str) -> tuple[tuple[str, float], ...]:
    found = []
    for part in _objects(stored):
        share = _number(part.get("percentage"))
        label = part.get(name)
        if share is not None and isinstance(label, str | int) and str(label).strip():
            found.append((str(label), min(1.0, max(0.0, share))))
    return tuple(found)


def _objects(stored: object) -> list[dict[str, Any]]:
    parts = stored if isinstance(stored, list) else []
    return [part for part in parts if isinstance(part, dict)]


def _number(value: object) -> float | None:
    """Return a finite number, also if it is written as text."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if abs(number) < 1e18 else None


def _each(start: date, end: date) -> list[date]:
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]
