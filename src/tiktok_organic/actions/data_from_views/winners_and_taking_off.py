"""Which videos gained most, and which are taking off: pure functions, without a warehouse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tiktok_organic.actions.data_from_views.video_list import Video

__all__ = ["TakingOff", "taking_off", "typical", "winners"]

Row = Mapping[str, Any]

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


def _by_age(rows: Iterable[Row]) -> dict[int, dict[str, int]]:
    """The views of each video by age."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for row in rows:
        if row["video_views"] is not None:
            found[row["age_days"]][row["item_id"]] = row["video_views"]
    return found
