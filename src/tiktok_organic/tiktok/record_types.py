"""TikTok's records as typed values, without transport details.

A value that TikTok omitted, sent as null or sent unreadably is None. Sources: documents
1762228399168514 (account, day) and 1762228421622786 (video) of TikTok's API for Business; sections
2.2 and 3.3 of our facts.
"""

from __future__ import annotations

import datetime
from typing import Annotated

import msgspec

__all__ = ["Account", "Count", "Day", "Flag", "Json", "Number", "Seconds", "Text", "Video"]

_LARGEST = 2**63 - 1
_LARGEST_FLOAT = 1.7976931348623157e308

Count = Annotated[int, msgspec.Meta(ge=-_LARGEST - 1, le=_LARGEST)] | None
"""A whole number that fits 64 bits."""
Number = Annotated[float, msgspec.Meta(ge=-_LARGEST_FLOAT, le=_LARGEST_FLOAT)] | None
"""A finite number."""
Text = str | None
Flag = bool | None
Seconds = Annotated[int, msgspec.Meta(ge=-62_135_596_800, le=253_402_300_799)] | None
"""Unix seconds between the years 1 and 9999; microseconds in a finished record."""
Json = Annotated[str, msgspec.Meta(title="json")] | None
"""A JSON array as text, without whitespace outside strings; '[]' if TikTok sent an empty one."""


class Account(msgspec.Struct):
    """The account at present: `data` of `business/get/` without the daily series."""

    username: Text = None
    display_name: Text = None
    bio_description: Text = None
    profile_image: Text = None
    profile_deep_link: Text = None
    is_verified: Flag = None
    is_business_account: Flag = None
    followers_count: Count = None
    following_count: Count = None
    total_likes: Count = None
    videos_count: Count = None
    audience_countries: Json = None
    audience_cities: Json = None
    audience_ages: Json = None
    audience_genders: Json = None


class Day(msgspec.Struct):
    """One UTC day: an object of `metrics[]`."""

    date: datetime.date
    video_views: Count = None
    unique_video_views: Count = None
    profile_views: Count = None
    likes: Count = None
    comments: Count = None
    shares: Count = None
    daily_new_followers: Count = None
    daily_lost_followers: Count = None
    daily_total_followers: Count = None
    engaged_audience: Count = None
    bio_link_clicks: Count = None
    phone_number_clicks: Count = None
    lead_submissions: Count = None
    app_download_clicks: Count = None
    email_clicks: Count = None
    address_clicks: Count = None
    audience_activity: Json = None


class Video(msgspec.Struct):
    """One public post: an object of `videos[]` of `business/video/list/`.

    `create_time` in microseconds, UTC.
    """

    item_id: str
    create_time: Seconds = None
    caption: Text = None
    thumbnail_url: Text = None
    embed_url: Text = None
    share_url: Text = None
    likes: Count = None
    comments: Count = None
    shares: Count = None
    video_views: Count = None
    reach: Count = None
    video_duration: Number = None
    total_time_watched: Number = None
    average_time_watched: Number = None
    full_video_watched_rate: Number = None
    impression_sources: Json = None
    audience_countries: Json = None
    media_type: Text = None
    is_ad: Flag = None
