"""Compare the followers of snapshots with the followers of days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time

from tiktok_organic.actions.data.comparison_result import DAY, Comparison, Row, Verdict
from tiktok_organic.clock import timestamp

__all__ = ["compare_followers"]


def compare_followers(snapshots: Sequence[Row], days: Sequence[Row]) -> Comparison:
    """Compare the change between the first and the last snapshot with new minus lost followers.

    `days`: rows of profile_daily_metric. The last snapshot is the newest one whose day is stored,
    because TikTok counts days late. The days of the two snapshots count in proportion.
    """
    net = {
        row["date"]: row["daily_new_followers"] - row["daily_lost_followers"]
        for row in days
        if row["daily_new_followers"] is not None and row["daily_lost_followers"] is not None
    }
    measured = sorted(
        (row["_quanti_sync_date"], row["followers_count"])
        for row in snapshots
        if row["followers_count"] is not None and row["_quanti_sync_date"].date() in net
    )
    if len(measured) < 2:
        return Comparison(
            None,
            None,
            Verdict.NOT_COMPARABLE,
            "Two snapshots of the account on days with new and lost followers are needed.",
        )
    (start, before), (end, after) = measured[0], measured[-1]
    first, last = start.date(), end.date()
    between = [first + DAY * n for n in range((last - first).days + 1)]
    missing = [day for day in between if day not in net]
    won = sum(net.get(day, 0) for day in between)
    won -= net[first] * _part(start) + net[last] * (1 - _part(end))
    change, expected = after - before, round(won)
    edge = sum(
        row["daily_new_followers"] + row["daily_lost_followers"]
        for row in days
        if row["date"] in (first, last) and row["date"] in net
    )
    verdict, text = _why_followers_differ(change - expected, edge, len(missing))
    return Comparison(change, expected, verdict, text, timestamp(start), timestamp(end))


def _part(moment: datetime) -> float:
    """Return the part of the UTC day that is over."""
    return (moment - datetime.combine(moment.date(), time(), UTC)) / DAY


def _why_followers_differ(difference: int, edge: int, missing: int) -> tuple[Verdict, str]:
    if difference == 0:
        return Verdict.EQUAL, "The change between the snapshots equals new minus lost followers."
    if missing:
        return Verdict.EXPLAINED, f"{missing} days between have no new and lost followers."
    if abs(difference) <= edge:
        return Verdict.EXPLAINED, (
            "The snapshots are from within a day, and TikTok counts whole days: new and lost "
            "followers of the first and last day are known for the whole day only."
        )
    return Verdict.FLAGGED, (
        "The snapshots and the days do not agree. TikTok removes accounts of spam without counting "
        "them as lost followers."
    )
