"""The table `video`: every video that was ever listed, and the gains of listed videos."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from tiktok_organic.history.hashtags import hashtags_json
from tiktok_organic.history.rows import VideoRow
from tiktok_organic.tiktok.record_types import Video

__all__ = ["ListedVideo", "VideoState", "Videos"]

FROZEN_AFTER = timedelta(days=365)
"""TikTok's counters no longer change after this time (document 1762228421622786)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ListedVideo(msgspec.Struct, gc=False):
    """The part of a video's record that the history needs.

    Complete records of lists of tens of thousands of videos would fill the memory. `create_time` in
    microseconds since 1970 (UTC).
    """

    item_id: str
    create_time: int | None
    caption: str | None
    share_url: str | None
    media_type: str | None
    is_ad: bool | None
    video_views: int | None
    insights: bool
    """Whether TikTok returned any of the six perishable fields."""

    @staticmethod
    def of(video: Video) -> ListedVideo:
        """Return the part of TikTok's record."""
        return ListedVideo(
            video.item_id,
            video.create_time,
            video.caption,
            video.share_url,
            video.media_type,
            video.is_ad,
            video.video_views,
            _has_insights(video),
        )


class VideoState(StrEnum):
    """The state of a video at the last sync; if several apply, the first."""

    VANISHED = "vanished"
    """Absent from the last two complete lists: removed, made private, or refused by TikTok."""
    FROZEN = "frozen"
    """More than 365 days old: TikTok no longer counts."""
    IDLE = "idle"
    """TikTok omits reach, watch time and sources.

    It returned them before, or already omitted them in the first list.
    """
    ACTIVE = "active"


class Videos:
    """The rows of `video`, updated by one complete list after the other."""

    def __init__(self, account_id: str, stored: Iterable[VideoRow] = ()) -> None:
        self._account_id = account_id
        self._rows = {row.item_id: row for row in stored}
        self._stored = dict(self._rows)
        self._first_list = min(
            (r.first_seen for r in self._rows.values() if r.first_seen), default=None
        )
        self._last_list = max(
            (r.last_seen for r in self._rows.values() if r.last_seen), default=None
        )
        self.views_gained: int | None = None
        """Views that the videos of the last list gained since the one before; None if unknown."""
        self.views_since: datetime | None = None
        """The time of the list before the last one."""

    def take(
        self, videos: Iterable[ListedVideo], sync_date: datetime, *, complete: bool = True
    ) -> int:
        """Add the list of one sync; return the number of its videos.

        A list that is older than one added before adds the unknown videos. If it is not `complete`,
        missing videos do not count as absent.
        """
        known, before = self._rows, self._last_list
        older = before is not None and sync_date < before
        again = before is not None and sync_date == before
        self._first_list = min(filter(None, (self._first_list, sync_date)))
        gained, count, listed = 0, 0, set[str]()
        for video in videos:
            row = known.get(video.item_id)
            gained += _gain(row, video, before)
            count += 1
            listed.add(video.item_id)
            if older and row is not None:
                known[video.item_id] = replace(row, first_seen=_earlier(row.first_seen, sync_date))
            else:
                known[video.item_id] = self._listed(row, video, sync_date)
        if not older:
            self._last_list = sync_date
            if complete:
                self._mark_absent(listed, sync_date)
            if not again:
                known_gain = None if before is None or not complete else gained
                self.views_gained, self.views_since = known_gain, before
        return count

    def age(self, sync_date: datetime) -> None:
        """Update the states that depend on the age alone."""
        for item_id, row in self._rows.items():
            if row.state in (VideoState.ACTIVE, VideoState.IDLE) and _old(row, sync_date):
                self._rows[item_id] = replace(row, state=str(VideoState.FROZEN))

    def changed(self) -> list[VideoRow]:
        """Return the rows that differ from the stored ones."""
        return [row for key, row in self._rows.items() if self._stored.get(key) != row]

    def _listed(self, row: VideoRow | None, video: ListedVideo, sync_date: datetime) -> VideoRow:
        before = row or VideoRow(video.item_id, self._account_id, first_seen=sync_date)
        created = before.create_time
        if video.create_time is not None:
            created = _moment(video.create_time)
        caption = before.caption if video.caption is None else video.caption
        first_seen = before.first_seen or sync_date
        has_insights = video.insights or before.insights_told or False
        state = VideoState.ACTIVE
        if created is not None and sync_date - created > FROZEN_AFTER:
            state = VideoState.FROZEN
        elif not video.insights and (has_insights or first_seen == self._first_list):
            state = VideoState.IDLE
        return VideoRow(
            item_id=video.item_id,
            account_id=self._account_id,
            create_time=created,
            caption=caption,
            share_url=before.share_url if video.share_url is None else video.share_url,
            media_type=before.media_type if video.media_type is None else video.media_type,
            is_ad=before.is_ad if video.is_ad is None else video.is_ad,
            first_seen=first_seen,
            last_seen=sync_date,
            state=state.value,
            returned_at=sync_date if before.state == VideoState.VANISHED else before.returned_at,
            # Not parsed again for every video in every sync.
            hashtags=before.hashtags if caption == before.caption else hashtags_json(caption),
            insights_told=has_insights,
            last_video_views=before.last_video_views
            if video.video_views is None
            else video.video_views,
        )

    def _mark_absent(self, listed: set[str], sync_date: datetime) -> None:
        for item_id, row in self._rows.items():
            if item_id in listed:
                continue
            if row.absent_since is None:
                self._rows[item_id] = replace(row, absent_since=sync_date)
            elif row.absent_since < sync_date and row.state != VideoState.VANISHED:
                self._rows[item_id] = replace(
                    row, state=str(VideoState.VANISHED), vanished_since=row.absent_since
                )


def _gain(row: VideoRow | None, video: ListedVideo, before: datetime | None) -> int:
    """Return a video's gain since the list before; for a new one, all its views."""
    if video.video_views is None or before is None:
        return 0
    if row is None or row.last_video_views is None:
        born = None if video.create_time is None else _moment(video.create_time)
        new = born is not None and before - born < timedelta(days=4)
        return video.video_views if new else 0
    return video.video_views - row.last_video_views if row.last_seen == before else 0


def _has_insights(video: Video) -> bool:
    """Whether TikTok returned any of the six perishable fields."""
    return (
        video.reach is not None
        or video.total_time_watched is not None
        or video.average_time_watched is not None
        or video.full_video_watched_rate is not None
        or video.impression_sources not in (None, "[]")
        or video.audience_countries not in (None, "[]")
    )


def _old(row: VideoRow, sync_date: datetime) -> bool:
    return row.create_time is not None and sync_date - row.create_time > FROZEN_AFTER


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)
