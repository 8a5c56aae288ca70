"""Compare the account's daily views with the sum of its videos' daily views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tiktok_organic.actions.data.compare_videos import listed_videos
from tiktok_organic.actions.data.comparison_result import DAY, Comparison, Row, Verdict
from tiktok_organic.history.views import DEFAULT_LAG_HOURS

__all__ = ["comparable_days", "compare_views"]


_CLOSE = 0.01


# Dividing a gain between days has an error of up to 5 % of the total: see docs/history.md.
_DIVIDED = 0.05


def comparable_days(syncs: Sequence[Row], days: int, today: date) -> tuple[date, date] | None:
    """Return the first and last of at most `days` days that the counters cover completely."""
    times = sorted(
        row["data_time"] or row["sync_date"] - timedelta(hours=DEFAULT_LAG_HOURS)
        for row in syncs
        if listed_videos(row) is not None
    )
    if not times:
        return None
    first = times[0].date() + DAY
    last = min(times[-1].date() - DAY, today - DAY)
    first = max(first, last - DAY * (days - 1))
    return (first, last) if first <= last else None


def compare_views(
    span: tuple[date, date] | None,
    account: Iterable[Row],
    video_days: Iterable[Row],
    videos: Sequence[Row],
) -> Comparison:
    """Compare the account's daily views with the sum of all videos' daily views.

    `account`: rows of account_daily. `video_days`: of video_daily. `videos`: of video.
    """
    by_day = {row["date"]: row for row in account}
    sums: dict[date, int] = {}
    divided: dict[date, int] = {}
    for row in video_days:
        views = row["video_views"] or 0
        sums[row["date"]] = sums.get(row["date"], 0) + views
        divided[row["date"]] = divided.get(row["date"], 0) + (views if row["is_estimated"] else 0)
    days = [span[0] + DAY * n for n in range((span[1] - span[0]).days + 1)] if span else []
    counted = [day for day in days if by_day.get(day, {}).get("video_views") is not None]
    if span is None or not counted:
        return Comparison(
            None,
            None,
            Verdict.NOT_COMPARABLE,
            "No day is covered by two syncs with videos and has the account's views; views may be "
            "switched off for this connector.",
        )
    parts = [_day_compared(day, by_day[day], sums, divided) for day in counted]
    first, second = sum(part["account"] for part in parts), sum(part["videos"] for part in parts)
    vanished = [
        row
        for row in videos
        if row["vanished_since"] is not None and row["vanished_since"].date() >= span[0]
    ]
    verdict, text = _why_views_differ(
        first, second, len(vanished), estimated=any(part["estimated"] for part in parts)
    )
    provisional = sum(1 for part in parts if part["state"] != "final")
    if provisional and verdict is not Verdict.EQUAL:
        text += f" {provisional} of the days are provisional: TikTok still counts them."
    left_out = len(days) - len(counted)
    if left_out:
        text += f" {left_out} days without the account's views were left out."
    ends = counted[0].isoformat(), counted[-1].isoformat()
    return Comparison(first, second, verdict, text, *ends, tuple(parts))


def _day_compared(
    day: date, row: Row, sums: Mapping[date, int], divided: Mapping[date, int]
) -> dict[str, Any]:
    account, videos = row["video_views"], sums.get(day, 0)
    estimated = divided.get(day, 0) != 0
    verdict, _ = _why_views_differ(account, videos, 0, estimated=estimated)
    return {
        "date": day.isoformat(),
        "state": row["state"],
        "account": account,
        "videos": videos,
        "difference": account - videos,
        "estimated": estimated,
        "verdict": str(verdict),
    }


def _why_views_differ(
    account: int, videos: int, vanished: int, *, estimated: bool
) -> tuple[Verdict, str]:
    difference = abs(account - videos)
    share = difference / account if account else float(difference > 0)
    if share <= _CLOSE:
        return Verdict.EQUAL, "The videos' views are the account's, within 1 %."
    if estimated and share <= _DIVIDED:
        return Verdict.EXPLAINED, (
            "Counters were read at other times than midnight, so gains were divided between days: "
            "up to 5 % may fall on a neighbouring day."
        )
    if videos > account:
        return Verdict.FLAGGED, (
            "The videos gained more than TikTok counts for the account: a correction by TikTok, or "
            "days after an outage whose gains were divided over a long gap."
        )
    if vanished:
        return Verdict.EXPLAINED, (
            f"{vanished} videos vanished in this time: the account's days hold their last views, "
            "and no list does. Hidden videos and ads that are not listed count for the account as "
            "well."
        )
    return Verdict.FLAGGED, (
        f"{share:.0%} of the account's views belong to no listed video: hidden videos, videos that "
        "were removed before the first sync, or ads that TikTok does not list."
    )
