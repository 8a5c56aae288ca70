"""The permission of each field.

Source: "Get profile data" (document 1762228399168514) and "Get post data" (document
1762228421622786) of TikTok's API for Business.
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = [
    "ACCOUNT_FIELDS",
    "CURVES",
    "DAY_FIELDS",
    "NEEDED",
    "SCOPES",
    "VIDEO_FIELDS",
    "granted_fields",
    "missing_scopes",
    "parse",
]

SCOPES: tuple[str, ...] = (
    "user.info.basic",
    "user.info.username",
    "user.info.stats",
    "user.info.profile",
    "user.account.type",
    "user.insights",
    "video.list",
    "video.insights",
)
"""The requested permissions: those that the reports or the archive use, none for writing."""

NEEDED: tuple[str, ...] = ("user.info.username", "user.account.type")
"""Required permissions: rows contain the username, and the account type shows Personal accounts."""

ACCOUNT_FIELDS: dict[str, str] = {
    "username": "user.info.username",
    "display_name": "user.info.basic",
    "profile_image": "user.info.basic",
    "profile_deep_link": "user.info.profile",
    "bio_description": "user.info.profile",
    "is_verified": "user.info.profile",
    "is_business_account": "user.account.type",
    "following_count": "user.info.stats",
    "followers_count": "user.info.stats",
    "total_likes": "user.info.stats",
    "videos_count": "user.info.stats",
    "audience_ages": "user.insights",
    "audience_genders": "user.insights",
    "audience_countries": "user.insights",
    "audience_cities": "user.insights",
}
"""Fields of `business/get/` that describe the account at present.

`followers_count` is also part of each day.
"""

DAY_FIELDS: dict[str, str] = dict.fromkeys(
    (
        "video_views",
        "unique_video_views",
        "profile_views",
        "likes",
        "comments",
        "shares",
        "engaged_audience",
        "daily_new_followers",
        "daily_lost_followers",
        "daily_total_followers",
        "phone_number_clicks",
        "lead_submissions",
        "app_download_clicks",
        "bio_link_clicks",
        "email_clicks",
        "address_clicks",
        "audience_activity",
    ),
    "user.insights",
)
"""Fields of `business/get/` for each day.

`date` is always included, and requesting it is refused.
"""

CURVES: tuple[str, ...] = ("video_view_retention", "engagement_likes")
"""Second-by-second curves, by far the largest part of an answer: requested only on demand."""

VIDEO_FIELDS: dict[str, str] = {
    **dict.fromkeys(
        (
            "item_id",
            "create_time",
            "media_type",
            "is_ad",
            "thumbnail_url",
            "share_url",
            "embed_url",
            "caption",
            "video_duration",
            "likes",
            "comments",
            "shares",
            "favorites",
            "reach",
            "video_views",
        ),
        "video.list",
    ),
    **dict.fromkeys(
        (
            "total_time_watched",
            "average_time_watched",
            "full_video_watched_rate",
            "new_followers",
            "profile_views",
            "website_clicks",
            "phone_number_clicks",
            "lead_submissions",
            "app_download_clicks",
            "email_clicks",
            "address_clicks",
            "impression_sources",
            "audience_genders",
            "audience_countries",
            "audience_cities",
            "audience_types",
            *CURVES,
        ),
        "video.insights",
    ),
}
"""Fields of `business/video/list/`."""


def parse(text: str) -> tuple[str, ...]:
    """Parse the scopes of a token answer.

    They are one string, separated by commas (or spaces, as in RFC 6749).
    """
    # TikTok's two calls return the same scopes in different orders (facts 1.3).
    return tuple(sorted(set(text.replace(",", " ").split())))


def granted_fields(fields: dict[str, str], scopes: Collection[str]) -> tuple[str, ...]:
    """Return those of `fields` whose scope is in `scopes`, in the order of `fields`."""
    return tuple(name for name, scope in fields.items() if scope in scopes)


def missing_scopes(scopes: Collection[str]) -> tuple[str, ...]:
    """Return the required scopes that were withheld."""
    return tuple(scope for scope in NEEDED if scope not in scopes)
