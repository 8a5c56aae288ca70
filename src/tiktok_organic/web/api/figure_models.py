"""The documents of computed figures, as the API's description shows them."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from tiktok_organic.web.api.document_models import Days, VideoRow

__all__ = ["Hashtags", "PostingHours", "TakingOff", "VideoDays", "Winners"]


class _Figures(BaseModel):
    """Later versions may add members."""

    model_config = ConfigDict(extra="allow")
    connector: dict[str, str]
    as_of: str | None = Field(description="The newest sync that loaded.")
    period: Days | None


class Winners(_Figures):
    videos: list[VideoRow]


class Riser(BaseModel):
    item_id: str
    caption: str
    share_url: str | None
    age_days: int = Field(description="1, 2, 3, 7 or 14: the newest age that it has reached.")
    video_views: int = Field(description="Its views at that age.")
    usual_video_views: float = Field(description="The median of the other videos at that age.")
    times_the_usual: float


class TakingOff(_Figures):
    videos: list[Riser]


class PostingHour(BaseModel):
    weekday: str
    hour: int = Field(description="In the connector's time zone, 0 to 23.")
    videos: int
    usual_video_views: float = Field(description="Median views seven days after publication.")


class PostingHours(_Figures):
    hours: list[PostingHour]


class HashtagRow(BaseModel):
    hashtag: str
    videos: int
    video_views_gained: int = Field(description="The sum over its videos and the period.")
    usual_video_views: float | None = Field(
        description="Median views seven days after publication; null when no video has them."
    )


class Hashtags(_Figures):
    hashtags: list[HashtagRow]


class VideoDay(BaseModel):
    date: date
    video_views: int | None = Field(description="Gained on that UTC day; may be negative.")
    likes: int | None
    comments: int | None
    shares: int | None
    is_estimated: bool
    gap_days: int


class VideoDays(_Figures):
    item_id: str
    days: list[VideoDay]
