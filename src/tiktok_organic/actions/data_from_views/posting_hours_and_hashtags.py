"""Which posting hours and hashtags did best, compared at the same age: pure functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tiktok_organic.actions.data_from_views.video_list import Video

__all__ = ["HEAT_AGE", "HashtagFigures", "HeatCell", "hashtag_figures", "heat_map"]

Row = Mapping[str, Any]


HEAT_AGE = 7
"""Days after publication at which posting hours and hashtags are compared."""


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
class HashtagFigures:
    """Videos with a hashtag; `usual`: the median of their views at HEAT_AGE days."""

    hashtag: str
    videos: int
    gained: int
    usual: float | None


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


def hashtag_figures(
    videos: Iterable[Video], by_age: Iterable[Row], most: int | None = 10
) -> list[HashtagFigures]:
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
        found.append(HashtagFigures(hashtag, len(tagged), gained, usual))
    return sorted(found, key=lambda one: (-one.gained, one.hashtag))[:most]


def _at_age(by_age: Iterable[Row]) -> dict[str, int]:
    return {
        row["item_id"]: row["video_views"]
        for row in by_age
        if row["age_days"] == HEAT_AGE and row["video_views"] is not None
    }


def _level(value: float, ranked: Sequence[float]) -> int:
    below = sum(1 for one in ranked if one < value)
    return 1 + below * 5 // len(ranked)
