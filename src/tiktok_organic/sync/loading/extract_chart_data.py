"""The part of a load that the page's charts show; its size does not grow with the account."""

from __future__ import annotations

import heapq
import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tiktok_organic.tiktok.record_types import Account, Day, Video

__all__ = ["MOST_VIDEOS", "ChartExtract"]

MOST_VIDEOS = 300
"""The number of most viewed videos whose pictures are in an extract.

Half as many of the newest videos are added.
"""

_ACCOUNT = ("followers_count", "following_count", "total_likes", "videos_count")
_AUDIENCE = ("audience_countries", "audience_cities", "audience_ages", "audience_genders")


@dataclass
class ChartExtract:
    """A value that TikTok did not send has no key. Of videos it has the pictures' addresses."""

    account: dict[str, Any] = field(default_factory=dict)
    days: dict[date, dict[str, Any]] = field(default_factory=dict)
    # Heaps whose first entry is the smallest: an account with 50,000 videos needs no more memory
    # than one with 450.
    _viewed: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    _newest: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)

    @property
    def videos(self) -> list[dict[str, Any]]:
        found = {item_id: video for _, item_id, video in (*self._viewed, *self._newest)}
        return list(found.values())

    def saw_account(self, account: Account) -> None:
        self.account = _present(account, _ACCOUNT)
        for name in _AUDIENCE:
            parts = _parts(getattr(account, name))
            if parts:
                self.account[name] = parts

    def saw_day(self, day: Day) -> None:
        # The date is the key, and the activity is JSON text that is parsed below.
        names = [
            name for name in Day.__struct_fields__ if name not in ("date", "audience_activity")
        ]
        figures = _present(day, names)
        activity = _parts(day.audience_activity)
        if activity:
            figures["audience_activity"] = activity
        self.days[day.date] = figures

    def saw_video(self, video: Video) -> None:
        by_views = (video.video_views or 0, video.item_id)
        by_age = (video.create_time or 0, video.item_id)
        if not (
            _wanted(self._viewed, by_views, MOST_VIDEOS)
            or _wanted(self._newest, by_age, MOST_VIDEOS // 2)
        ):
            return
        figures = {"item_id": video.item_id, "thumbnail_url": video.thumbnail_url}
        _keep(self._viewed, (*by_views, figures), MOST_VIDEOS)
        _keep(self._newest, (*by_age, figures), MOST_VIDEOS // 2)


_Entry = tuple[int, str, dict[str, Any]]


def _wanted(heap: list[_Entry], rank: tuple[int, str], most: int) -> bool:
    return len(heap) < most or rank > heap[0][:2]


def _keep(heap: list[_Entry], entry: _Entry, most: int) -> None:
    if len(heap) < most:
        heapq.heappush(heap, entry)
    elif entry[:2] > heap[0][:2]:
        heapq.heapreplace(heap, entry)


def _present(record: object, names: Any) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(record, name)) is not None}


def _parts(text: str | None) -> list[dict[str, Any]]:
    """Return the objects of a JSON array, 300 at most; none if the text is something else."""
    try:
        parts = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    return (
        [part for part in parts if isinstance(part, dict)][:300] if isinstance(parts, list) else []
    )
