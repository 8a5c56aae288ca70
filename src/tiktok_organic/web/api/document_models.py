"""The documents of the API for its description.

They are those of the command line's `--json`.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Change",
    "Connector",
    "Coverage",
    "Days",
    "Figures",
    "Recovery",
    "Removed",
    "Run",
    "RunStatus",
    "VideoList",
    "VideoRow",
]

RunStatus = Literal["waiting", "running", "succeeded", "partial", "failed"]


class _Document(BaseModel):
    """Later versions may add members."""

    model_config = ConfigDict(extra="allow")


class BriefRun(_Document):
    run_id: str
    status: RunStatus
    sync_date: str
    finished_at: str | None


class Connector(_Document):
    id: str
    name: str
    username: str
    display_name: str
    account_id: str
    dataset: str
    destination: str = Field(description="The warehouse's address; passwords are hidden.")
    reports: list[str]
    schedule: Literal["daily", "weekly", "off"]
    hour: int
    weekday: str | None
    timezone: str
    lookback: int
    views: bool
    state: Literal["active", "paused", "reconnect_needed"]
    state_reason: str | None
    followers: int | None
    created_at: str
    last_run: BriefRun | None
    next_due: str | None
    consent_ends: str | None


class Removed(Connector):
    """`state` is the last one before the removal."""

    removed: bool
    removed_at: str
    data_deleted: bool
    consent_revoked: bool


class Run(_Document):
    run_id: str
    connector: dict[str, str]
    kind: Literal["sync", "recovery"]
    requested_by: str
    status: RunStatus
    sync_date: str = Field(description="The sync moment: the same in every row of this sync.")
    window: dict[str, str]
    reports: dict[str, dict[str, Any]]
    requests: int
    error: dict[str, str] | None
    warnings: list[str]
    created_at: str | None
    started_at: str | None
    finished_at: str | None


class CoverageDay(_Document):
    date: date
    status: Literal["final", "provisional", "missing", "lost"]
    days_left: int | None


class Coverage(_Document):
    connector: dict[str, str]
    summary: dict[str, int]
    days: list[CoverageDay]


class Figures(_Document):
    connector: dict[str, str]
    as_of: str | None = Field(description="The sync moment of the newest figures.")
    account: dict[str, Any]
    days: list[dict[str, Any]]


class Days(_Document):
    start: date
    end: date


class VideoRow(_Document):
    item_id: str
    create_time: str | None
    create_time_local: str | None = Field(description="In the connector's time zone.")
    caption: str
    share_url: str | None
    media_type: str | None
    is_ad: bool | None
    state: str | None = Field(description="active, idle, frozen or vanished.")
    age_days: int | None = Field(description="Whole days from publication to the newest sync.")
    hashtags: list[str]
    video_views: int | None
    likes: int | None
    comments: int | None
    shares: int | None
    reach: int | None
    video_duration: float | None
    total_time_watched: float | None
    average_time_watched: float | None
    full_video_watched_rate: float | None
    insights_as_of: str | None
    engagement_rate: float | None
    first_seen: str | None
    last_seen: str | None
    video_views_gained: int | None = Field(description="The sum of video_daily over the period.")
    likes_gained: int | None
    comments_gained: int | None
    shares_gained: int | None
    video_views_gained_before: int | None = Field(description="The same over `compared_with`.")
    likes_gained_before: int | None
    comments_gained_before: int | None
    shares_gained_before: int | None


class VideoList(_Document):
    connector: dict[str, str]
    as_of: str | None = Field(description="The newest sync that loaded.")
    period: Days | None
    compared_with: Days | None
    total: int = Field(description="Videos that pass the filter; `offset` and `limit` page them.")
    offset: int
    videos: list[VideoRow]


class Change(BaseModel):
    """Omitted members do not change."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})
    name: str | None = None
    reports: list[str] | None = Field(None, min_length=1)
    schedule: Literal["daily", "weekly", "off"] | None = None
    hour: int | None = Field(None, ge=0, le=23)
    weekday: str | None = None
    timezone: str | None = None
    lookback: int | None = Field(None, ge=1, le=60)
    views: bool | None = None


class Recovery(BaseModel):
    """`days` back from yesterday, or a window of days; 60 days by default."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "not": {
                "properties": {"days": {"type": "integer"}, "start": {"type": "string"}},
                "required": ["days", "start"],
            }
        },
    )
    days: int | None = Field(None, ge=1, le=60)
    start: date | None = None
    end: date | None = None
