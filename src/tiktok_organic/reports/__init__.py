"""The reports: the meaning of each column of the four tables, and its source."""

from __future__ import annotations

from tiktok_organic.reports import (
    profile_columns,
    profile_daily_metric_columns,
    profile_snapshot_metric_columns,
    video_snapshot_metric_columns,
)
from tiktok_organic.reports.report import Report

__all__ = [
    "DAILY_REPORT",
    "DAILY_TABLE",
    "PROFILE_REPORT",
    "REPORTS",
    "SNAPSHOT_REPORTS",
    "VIDEO_REPORT",
    "Report",
]

REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        profile_columns.REPORT,
        profile_snapshot_metric_columns.REPORT,
        profile_daily_metric_columns.REPORT,
        video_snapshot_metric_columns.REPORT,
    )
}
"""The reports by name, in the order of their display."""
DAILY_REPORT = profile_daily_metric_columns.REPORT.name
"""The report with one row per day; the states of days are about its rows."""
DAILY_TABLE = profile_daily_metric_columns.TABLE
PROFILE_REPORT = profile_columns.REPORT.name
VIDEO_REPORT = video_snapshot_metric_columns.REPORT.name
SNAPSHOT_REPORTS = (profile_snapshot_metric_columns.REPORT.name, VIDEO_REPORT)
"""The reports with rows per sync; a past sync's rows cannot be requested again."""
