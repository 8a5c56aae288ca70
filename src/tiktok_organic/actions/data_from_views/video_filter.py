"""Filter and order the list of videos."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tiktok_organic.actions.data_from_views.video_list import STATES, Video
from tiktok_organic.caseless import caseless
from tiktok_organic.errors import BadValue

__all__ = ["FIELDS", "Field", "Filter", "arranged"]


@dataclass(frozen=True)
class Field:
    """A number by which videos are sorted and filtered. `scale`: the stored value for a typed 1."""

    key: str
    label: str
    read: Callable[[Video], float | None]
    scale: int = 1


FIELDS: Mapping[str, Field] = {
    one.key: one
    for one in (
        Field("views", "Views", lambda video: video.views),
        Field("gained", "Gained in the period", lambda video: video.gained),
        Field("likes", "Likes", lambda video: video.likes),
        Field("engagement", "Engagement rate (%)", lambda video: video.engagement_rate, 100),
        Field("reach", "Reach", lambda video: video.reach),
        Field("watch", "Watch time per view (s)", lambda video: video.average_watched),
        Field("completion", "Watched to the end (%)", lambda video: video.completion, 100),
        Field("age", "Age (days)", lambda video: video.age_days),
    )
}


@dataclass(frozen=True)
class Filter:
    """The chosen filter.

    `least` and `most`: limits by the key of a field, in the user's unit. `sort`: the key of a
    field, descending with `-` before it.
    """

    text: str = ""
    hashtag: str = ""
    state: str = ""
    least: Mapping[str, float] = field(default_factory=dict)
    most: Mapping[str, float] = field(default_factory=dict)
    sort: str = "-gained"

    def __post_init__(self) -> None:
        if self.sort.removeprefix("-") not in FIELDS:
            raise BadValue("sort", f"{self.sort!r} is not a column", example="-gained")
        if self.state and self.state not in STATES:
            raise BadValue("state", f"{self.state!r} is not a state", example="active")


def arranged(videos: Iterable[Video], wanted: Filter) -> list[Video]:
    """Return the videos that pass the filter, sorted; those without the value are last."""
    read = FIELDS[wanted.sort.removeprefix("-")].read
    descending = wanted.sort.startswith("-")
    found = [video for video in videos if _passes(video, wanted)]
    known = [video for video in found if read(video) is not None]
    known.sort(key=lambda video: video.item_id)
    known.sort(key=lambda video: read(video) or 0, reverse=descending)
    return known + [video for video in found if read(video) is None]


def _passes(video: Video, wanted: Filter) -> bool:
    if wanted.text and caseless(wanted.text) not in caseless(video.caption):
        return False
    if wanted.hashtag and wanted.hashtag.lower().removeprefix("#") not in video.hashtags:
        return False
    if wanted.state and video.state != wanted.state:
        return False
    return _within(video, wanted.least, lambda value, limit: value >= limit) and _within(
        video, wanted.most, lambda value, limit: value <= limit
    )


def _within(
    video: Video, limits: Mapping[str, float], meets: Callable[[float, float], bool]
) -> bool:
    """Whether a value is within limits; a missing value is within none."""
    for key, limit in limits.items():
        value = FIELDS[key].read(video)
        if value is None or not meets(value * FIELDS[key].scale, limit):
            return False
    return True
