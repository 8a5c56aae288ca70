"""Answers computed from the rows of views: pure functions, without a warehouse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any

from tiktok_organic.actions.data_from_views.period import Period
from tiktok_organic.actions.data_from_views.video_list import Video

__all__ = [
    "HEAT_AGE",
    "DayTotal",
    "HashtagAnswer",
    "HeatCell",
    "Shift",
    "TakingOff",
    "audience_shift",
    "cumulative",
    "day_total",
    "hashtag_answers",
    "heat_map",
    "taking_off",
    "typical",
    "winners",
]

Row = Mapping[str, Any]

HEAT_AGE = 7
"""Days after publication at which posting hours and hashtags are compared."""
# A median of fewer videos is not shown as usual.
_FEWEST = 5
_YOUNG = 14
_FAR_ABOVE = 2.0


@dataclass(frozen=True)
class TakingOff:
    """A young video with `views` at `age` days, where `usual` is the median of the others."""

    video: Video
    age: int
    views: int
    usual: float

    @property
    def ratio(self) -> float:
        """How many times the usual."""
        return self.views / self.usual


@dataclass(frozen=True)
class HeatCell:
    """Videos published on `weekday` (0 is Monday) at `hour`, local time.

    `views`: the median at HEAT_AGE days; `level`: 1 to 5 among the cells.
    """

    weekday: int
    hour: int
    videos: int
    views: float
    level: int


@dataclass(frozen=True)
class HashtagAnswer:
    """Videos with a hashtag; `usual`: the median of their views at HEAT_AGE days."""

    hashtag: str
    videos: int
    gained: int
    usual: float | None


@dataclass(frozen=True)
class Shift:
    """A share of the audience now, and at the earlier snapshot if it has that part."""

    label: str
    share: float
    before: float | None


@dataclass(frozen=True)
class DayTotal:
    """The sum of a column of `account_daily`.

    `days`: how many days of the period have a value; `before`: None unless as many days of the
    earlier period have one.
    """

    value: int | None
    before: int | None
    days: int


def winners(videos: Iterable[Video], most: int | None = 8) -> list[Video]:
    """The videos that gained most views in the period; all that gained without `most`."""
    gained = [video for video in videos if video.gained]
    return sorted(gained, key=lambda video: (-(video.gained or 0), video.item_id))[:most]


def typical(by_age: Iterable[Row], without: str = "") -> dict[int, float]:
    """Return the median views at each age, without one video; ages with few videos are omitted."""
    views: dict[int, list[int]] = defaultdict(list)
    for row in by_age:
        if row["video_views"] is not None and row["item_id"] != without:
            views[row["age_days"]].append(row["video_views"])
    return {age: median(found) for age, found in sorted(views.items()) if len(found) >= _FEWEST}


def taking_off(
    videos: Iterable[Video], by_age: Sequence[Row], most: int | None = 5
) -> list[TakingOff]:
    """Videos of the last 14 days with at least twice the account's usual views at the same age."""
    young = {v.item_id: v for v in videos if v.age_days is not None and v.age_days <= _YOUNG}
    reached: dict[str, tuple[int, int]] = {}
    for row in by_age:
        if row["item_id"] in young and row["video_views"] is not None:
            there = (row["age_days"], row["video_views"])
            reached[row["item_id"]] = max(reached.get(row["item_id"], there), there)
    found, at_age = [], _by_age(by_age)
    for item_id, (age, views) in reached.items():
        others = [count for other, count in at_age[age].items() if other != item_id]
        usual = median(others) if len(others) >= _FEWEST else None
        if usual and views >= _FAR_ABOVE * usual:
            found.append(TakingOff(young[item_id], age, views, usual))
    return sorted(found, key=lambda one: -one.ratio)[:most]


def heat_map(videos: Iterable[Video], by_age: Iterable[Row]) -> list[HeatCell]:
    """Return the best hours of each weekday, from videos of the same age."""
    views = _at_age(by_age)
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for video in videos:
        local = video.published_local
        if local is not None and video.item_id in views:
            groups[local.weekday(), local.hour].append(views[video.item_id])
    medians = {key: median(found) for key, found in groups.items()}
    ranked = sorted(medians.values())
    return [
        HeatCell(weekday, hour, len(groups[weekday, hour]), value, _level(value, ranked))
        for (weekday, hour), value in sorted(medians.items())
    ]


def hashtag_answers(
    videos: Iterable[Video], by_age: Iterable[Row], most: int | None = 10
) -> list[HashtagAnswer]:
    """Return the hashtags whose videos gained most in the period."""
    views, groups = _at_age(by_age), defaultdict[str, list[Video]](list)
    for video in videos:
        for hashtag in video.hashtags:
            groups[hashtag].append(video)
    found = []
    for hashtag, tagged in groups.items():
        known = [views[video.item_id] for video in tagged if video.item_id in views]
        gained = sum(video.gained or 0 for video in tagged)
        usual = median(known) if known else None
        found.append(HashtagAnswer(hashtag, len(tagged), gained, usual))
    return sorted(found, key=lambda one: (-one.gained, one.hashtag))[:most]


def audience_shift(
    rows: Sequence[Row], label: str, since: date, most: int = 6
) -> tuple[datetime | None, list[Shift]]:
    """Return the largest shares of the newest snapshot, an earlier snapshot's shares, and its date.

    The earlier snapshot is the newest one before `since`, or the first one. `rows`: newest snapshot
    first.
    """
    moments = list(dict.fromkeys(row["sync_date"] for row in rows))
    if not moments:
        return None, []
    older = [moment for moment in moments if moment.astimezone(UTC).date() < since]
    then = older[0] if older else moments[-1]
    earlier = {row[label]: row["share"] for row in rows if row["sync_date"] == then}
    if then == moments[0]:
        earlier = {}
    newest = [row for row in rows if row["sync_date"] == moments[0]]
    shifts = [Shift(row[label], row["share"], earlier.get(row[label])) for row in newest[:most]]
    return (then if earlier else None), shifts


def day_total(days: Iterable[Row], column: str, period: Period, before: Period) -> DayTotal:
    """Return the sum of a column of `account_daily` over a period and over the earlier one."""
    known = {row["date"]: row[column] for row in days if row[column] is not None}
    now = [value for day, value in known.items() if day in period]
    earlier = [value for day, value in known.items() if day in before]
    comparable = bool(now) and len(earlier) == len(now)
    return DayTotal(sum(now) if now else None, sum(earlier) if comparable else None, len(now))


def cumulative(daily: Sequence[Row], video: Video) -> list[tuple[float, float]]:
    """Return age in days and views at the end of each day of `video_daily`.

    The last counter is the end, so that a video older than the first sync begins at its true value.
    """
    if video.published is None or video.views is None:
        return []
    points: list[tuple[float, float]] = []
    views = video.views
    for row in reversed(daily):
        end = datetime.combine(row["date"] + timedelta(days=1), time(), UTC)
        age = (end - video.published) / timedelta(days=1)
        if age > 0:
            points.append((age, float(views)))
        views -= row["video_views"] or 0
    return points[::-1]


def _by_age(rows: Iterable[Row]) -> dict[int, dict[str, int]]:
    """The views of each video by age."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for row in rows:
        if row["video_views"] is not None:
            found[row["age_days"]][row["item_id"]] = row["video_views"]
    return found


def _at_age(by_age: Iterable[Row]) -> dict[str, int]:
    return {
        row["item_id"]: row["video_views"]
        for row in by_age
        if row["age_days"] == HEAT_AGE and row["video_views"] is not None
    }


def _level(value: float, ranked: Sequence[float]) -> int:
    below = sum(1 for one in ranked if one < value)
    return 1 + below * 5 // len(ranked)
