"""The existing fields, their scopes, and the accounts that have them (facts 1.5, 2.2, 3.3)."""

from __future__ import annotations

SCOPES = (
    "user.info.basic",
    "user.info.username",
    "user.info.profile",
    "user.info.stats",
    "user.account.type",
    "user.insights",
    "video.list",
    "video.insights",
    "comment.list",
)

PROFILE_SCOPES = {
    "display_name": "user.info.basic",
    "profile_image": "user.info.basic",
    "username": "user.info.username",
    "profile_deep_link": "user.info.profile",
    "bio_description": "user.info.profile",
    "is_verified": "user.info.profile",
    "following_count": "user.info.stats",
    "followers_count": "user.info.stats",
    "total_likes": "user.info.stats",
    "videos_count": "user.info.stats",
    "is_business_account": "user.account.type",
    "audience_ages": "user.insights",
    "audience_genders": "user.insights",
    "audience_countries": "user.insights",
    "audience_cities": "user.insights",
}

CLICK_METRICS = (
    "phone_number_clicks",
    "lead_submissions",
    "app_download_clicks",
    "bio_link_clicks",
    "email_clicks",
    "address_clicks",
)
BUSINESS_METRICS = (
    "unique_video_views",
    "engaged_audience",
    "daily_new_followers",
    "daily_lost_followers",
    "daily_total_followers",
)
OPEN_METRICS = ("video_views", "profile_views", "likes", "comments", "shares", "followers_count")
ACTIVITY = "audience_activity"
# All of them need user.insights. `followers_count` is a profile attribute and a metric at once.
METRICS = frozenset((*OPEN_METRICS, *BUSINESS_METRICS, *CLICK_METRICS, ACTIVITY))

VIDEO_LIST_FIELDS = (
    "item_id",
    "media_type",
    "is_ad",
    "thumbnail_url",
    "share_url",
    "embed_url",
    "caption",
    "create_time",
    "video_duration",
    "likes",
    "comments",
    "shares",
    "favorites",
    "reach",
    "video_views",
)
VIDEO_CLICKS = (
    "website_clicks",
    "phone_number_clicks",
    "lead_submissions",
    "app_download_clicks",
    "email_clicks",
    "address_clicks",
)
VIDEO_INSIGHT_FIELDS = (
    "total_time_watched",
    "average_time_watched",
    "full_video_watched_rate",
    "new_followers",
    "profile_views",
    *VIDEO_CLICKS,
    "video_view_retention",
    "engagement_likes",
    "impression_sources",
    "audience_genders",
    "audience_countries",
    "audience_cities",
    "audience_types",
)
VIDEO_SCOPES = dict.fromkeys(VIDEO_LIST_FIELDS, "video.list") | dict.fromkeys(
    VIDEO_INSIGHT_FIELDS, "video.insights"
)
# These go missing after seven days without activity (facts 3.2).
PERISHABLE = frozenset(
    (
        "reach",
        "full_video_watched_rate",
        "total_time_watched",
        "average_time_watched",
        "impression_sources",
        "audience_countries",
    )
)


def scopes_of_profile_field(name: str) -> tuple[str, ...]:
    """Return the scopes of which any one allows requesting `name` from business/get/.

    Empty for an unknown field.
    """
    found = [PROFILE_SCOPES[name]] if name in PROFILE_SCOPES else []
    if name in METRICS:
        found.append("user.insights")
    return tuple(found)
