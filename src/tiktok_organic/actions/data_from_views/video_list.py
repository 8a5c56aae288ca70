"""All videos of a connector with their gains in a period: filtered, sorted, in pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tiktok_organic.actions.data_from_views.period import Period, PeriodChoice
from tiktok_organic.actions.data_from_views.view_reader import Gain, ViewReader
from tiktok_organic.clock import timestamp

__all__ = ["STATES", "Video", "VideoList", "video_document", "video_list"]


STATES = ("active", "idle", "frozen", "vanished")


@dataclass(frozen=True)
class Video:
    """A video of `video_latest`, and its sums of `video_daily` in the period and the one before.

    `gain`: None if no day of the period is counted for it. `age_days`: whole days from the
    publication to the newest sync. Rates are shares, 0 to 1; times are seconds.
    """

    item_id: str
    published: datetime | None
    published_local: datetime | None
    caption: str
    link: str
    media_type: str | None
    is_ad: bool | None
    state: str | None
    first_seen: datetime | None
    last_seen: datetime | None
    views: int | None
    likes: int | None
    comments: int | None
    shares: int | None
    reach: int | None
    duration: float | None
    average_watched: float | None
    watched: float | None
    completion: float | None
    insights_as_of: datetime | None
    engagement_rate: float | None
    age_days: int | None
    hashtags: tuple[str, ...]
    gain: Gain | None
    gain_before: Gain | None

    @property
    def gained(self) -> int | None:
        """Views gained in the period."""
        return self.gain.views if self.gain is not None else None

    @property
    def gained_before(self) -> int | None:
        """Views gained in the period before."""
        return self.gain_before.views if self.gain_before is not None else None


@dataclass(frozen=True)
class VideoList:
    """All videos. `as_of`: the newest sync; `period` is None before it."""

    as_of: datetime | None
    period: Period | None
    before: Period | None
    videos: tuple[Video, ...]


def video_list(reader: ViewReader, choice: PeriodChoice) -> VideoList:
    """Read all videos with their gains. Raises BadValue for an invalid period."""
    newest, as_of = reader.counted_until(), reader.as_of()
    if newest is None or as_of is None:
        return VideoList(as_of, None, None, ())
    period = choice.period(newest)
    before = period.before(choice.comparison)
    rows, hashtags = reader.videos(), reader.hashtags()
    gains, earlier = reader.gains(period.start, period.end), reader.gains(before.start, before.end)
    return VideoList(
        as_of,
        period,
        before,
        tuple(
            _video(row, as_of, hashtags, gains.get(row["item_id"]), earlier.get(row["item_id"]))
            for row in rows
        ),
    )


def video_document(video: Video) -> dict[str, Any]:
    """Return a video as JSON and as a row of the CSV.

    It has the columns of `video_latest`, then the gains.
    """
    return {
        "item_id": video.item_id,
        "create_time": timestamp(video.published),
        "create_time_local": video.published_local.isoformat() if video.published_local else None,
        "caption": video.caption,
        "share_url": video.link or None,
        "media_type": video.media_type,
        "is_ad": video.is_ad,
        "state": video.state,
        "age_days": video.age_days,
        "hashtags": list(video.hashtags),
        "video_views": video.views,
        "likes": video.likes,
        "comments": video.comments,
        "shares": video.shares,
        "reach": video.reach,
        "video_duration": video.duration,
        "total_time_watched": video.watched,
        "average_time_watched": video.average_watched,
        "full_video_watched_rate": video.completion,
        "insights_as_of": timestamp(video.insights_as_of),
        "engagement_rate": video.engagement_rate,
        "first_seen": timestamp(video.first_seen),
        "last_seen": timestamp(video.last_seen),
        **_gain("", video.gain),
        **_gain("_before", video.gain_before),
    }


def _gain(suffix: str, gain: Gain | None) -> dict[str, int | None]:
    return {
        f"{name}_gained{suffix}": getattr(gain, part) if gain is not None else None
        for name, part in (
            ("video_views", "views"),
            ("likes", "likes"),
            ("comments", "comments"),
            ("shares", "shares"),
        )
    }


def _video(
    row: Mapping[str, Any],
    as_of: datetime,
    hashtags: Mapping[str, Sequence[str]],
    gain: Gain | None,
    before: Gain | None,
) -> Video:
    published: datetime | None = row["create_time"]
    link = str(row["share_url"] or "")
    return Video(
        item_id=row["item_id"],
        published=published,
        published_local=row["create_time_local"],
        # Captions may have line breaks, which would break a row of the list.
        caption=" ".join(str(row["caption"] or "").split()),
        # Shown as a link: TikTok's text must not become a `javascript:` address.
        link=link if link.startswith("https://") else "",
        media_type=row["media_type"],
        is_ad=row["is_ad"],
        state=row["state"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        views=row["video_views"],
        likes=row["likes"],
        comments=row["comments"],
        shares=row["shares"],
        reach=row["reach"],
        duration=row["video_duration"],
        average_watched=row["average_time_watched"],
        watched=row["total_time_watched"],
        completion=row["full_video_watched_rate"],
        insights_as_of=row["insights_as_of"],
        engagement_rate=row["engagement_rate"],
        age_days=(as_of - published.astimezone(UTC)).days if published is not None else None,
        hashtags=tuple(hashtags.get(row["item_id"], ())),
        gain=gain,
        gain_before=before,
    )
