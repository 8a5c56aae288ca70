"""Readable names for reports and TikTok's permissions."""

from __future__ import annotations

__all__ = [
    "REPORT_LABELS",
    "SCOPE_LABELS",
    "VIDEO_STATES",
    "report_label",
    "scope_label",
]

REPORT_LABELS = {
    "profile": "Profile: one row, kept up to date",
    "profile_snapshot_metric": "Account totals: one row for each sync",
    "profile_daily_metric": "Account days: one row for each day",
    "video_snapshot_metric": "Videos: one row for each video and sync",
}

SCOPE_LABELS = {
    "user.info.basic": "Name and picture",
    "user.info.username": "Username",
    "user.info.stats": "Followers, likes and number of posts",
    "user.info.profile": "Biography, link and verification badge",
    "user.account.type": "Account type: Business or Personal",
    "user.insights": "Daily figures and audience of the account",
    "video.list": "List of public posts",
    "video.insights": "Insights of each post",
}

VIDEO_STATES = {
    "active": "TikTok sends all of its counters.",
    "idle": "it has had no activity for a while, and TikTok sends its views, likes, comments and "
    "shares only.",
    "frozen": "it is more than a year old, and TikTok no longer counts.",
    "vanished": "it was absent from the last two lists: deleted, made private, or removed by "
    "TikTok.",
}
"""What each state of a video means."""


def report_label(name: str) -> str:
    """Return a readable name of a report; the name itself if it is unknown."""
    return REPORT_LABELS.get(name, name)


def scope_label(name: str) -> str:
    """Return what a permission allows to read; the name itself if it is unknown."""
    return SCOPE_LABELS.get(name, name)
