"""Plain names, beside the technical ones, of reports and of TikTok's permissions."""

from __future__ import annotations

__all__ = ["REPORT_LABELS", "SCOPE_LABELS", "report_label", "scope_label"]

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


def report_label(name: str) -> str:
    """What a report holds, in plain words; the name itself when it is an unknown one."""
    return REPORT_LABELS.get(name, name)


def scope_label(name: str) -> str:
    """What a permission lets this product read; the name itself when it is an unknown one."""
    return SCOPE_LABELS.get(name, name)
