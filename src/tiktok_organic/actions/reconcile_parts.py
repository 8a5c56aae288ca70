"""The comparisons of `reconcile`: pure functions of rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from tiktok_organic.clock import timestamp
from tiktok_organic.history.views import DEFAULT_LAG_HOURS

__all__ = [
    "Comparison",
    "Verdict",
    "comparable_days",
    "compare_followers",
    "compare_videos",
    "compare_views",
]

Row = Mapping[str, Any]

_VIDEOS = "video_snapshot_metric"
_CLOSE = 0.01
# Dividing a gain between days has an error of up to 5 % of the total: see docs/history.md.
_DIVIDED = 0.05
_DAY = timedelta(days=1)


class Verdict(StrEnum):
    """The result of a comparison."""

    EQUAL = "equal"
    """The two are equal; views within 1 %."""
    EXPLAINED = "explained"
    """They differ, and the data explains why."""
    FLAGGED = "flagged"
    """They differ without an explanation, or data is missing."""
    NOT_COMPARABLE = "not_comparable"
    """One side is missing."""


@dataclass(frozen=True)
class Comparison:
    """Two figures that should be equal. `parts`: the same by sync or by day, if requested."""

    first: int | None
    second: int | None
    verdict: Verdict
    explanation: str
    start: str | None = None
    end: str | None = None
    parts: tuple[Mapping[str, Any], ...] = ()

    @property
    def difference(self) -> int | None:
        return None if self.first is None or self.second is None else self.first - self.second

    def document(self, first: str, second: str, parts: str) -> dict[str, Any]:
        """Return the JSON document, with the two figures and the parts under these names."""
        found = asdict(self)
        return {
            "from": found["start"],
            "to": found["end"],
            first: self.first,
            second: self.second,
            "difference": self.difference,
            "verdict": str(self.verdict),
            "explanation": self.explanation,
            parts: [dict(part) for part in self.parts],
        }


def compare_videos(
    syncs: Sequence[Row], snapshots: Sequence[Row], videos: Sequence[Row]
) -> Comparison:
    """Compare the videos that each sync listed with TikTok's own count.

    The newest sync gives the verdict. `syncs`: rows of sync_run. `snapshots`: of
    profile_snapshot_metric. `videos`: of video.
    """
    counts = {row["_quanti_sync_date"]: row["videos_count"] for row in snapshots}
    compared = []
    for sync in sorted(syncs, key=lambda row: row["sync_date"]):
        listed, counted = _listed(sync), counts.get(sync["sync_date"])
        if listed is not None and counted is not None:
            compared.append((sync["sync_date"], listed, counted))
    if not compared:
        return Comparison(
            None,
            None,
            Verdict.NOT_COMPARABLE,
            "No sync loaded both the list of videos and TikTok's count of them.",
        )
    newest, listed, counted = compared[-1]
    ads = sum(1 for row in videos if row["is_ad"] and row["last_seen"] == newest)
    verdict, text = _why_listed_differs(listed, counted, ads)
    parts = [
        {"sync_date": timestamp(at), "listed": has, "counted": says, "difference": has - says}
        for at, has, says in reversed(compared)
        if has != says
    ]
    moment = timestamp(newest)
    return Comparison(listed, counted, verdict, text, moment, moment, tuple(parts))


def _listed(sync: Row) -> int | None:
    try:
        report = json.loads(sync["reports"] or "{}").get(_VIDEOS, {})
        return report.get("rows") if report.get("status") == "succeeded" else None
    except (ValueError, AttributeError):  # a person has edited the row
        return None


def _why_listed_differs(listed: int, counted: int, ads: int) -> tuple[Verdict, str]:
    if listed == counted:
        return Verdict.EQUAL, "TikTok listed as many videos as it counts."
    if listed > counted and listed - counted <= ads:
        return Verdict.EXPLAINED, (
            f"{ads} listed posts are shown in ads only; TikTok does not count them among the "
            "videos."
        )
    if listed > counted:
        return (
            Verdict.FLAGGED,
            "TikTok listed more videos than it counts, and ads do not explain it.",
        )
    return Verdict.FLAGGED, (
        f"TikTok counts {counted - listed} videos that it did not list: the list was short, or "
        "they are not public. The next sync asks again."
    )


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
    told = sorted(
        (row["_quanti_sync_date"], row["followers_count"])
        for row in snapshots
        if row["followers_count"] is not None and row["_quanti_sync_date"].date() in net
    )
    if len(told) < 2:
        return Comparison(
            None,
            None,
            Verdict.NOT_COMPARABLE,
            "Two snapshots of the account on days with new and lost followers are needed.",
        )
    (start, before), (end, after) = told[0], told[-1]
    first, last = start.date(), end.date()
    between = [first + _DAY * n for n in range((last - first).days + 1)]
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
    return (moment - datetime.combine(moment.date(), time(), UTC)) / _DAY


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


def comparable_days(syncs: Sequence[Row], days: int, today: date) -> tuple[date, date] | None:
    """Return the first and last of at most `days` days that the counters cover completely."""
    times = sorted(
        row["data_time"] or row["sync_date"] - timedelta(hours=DEFAULT_LAG_HOURS)
        for row in syncs
        if _listed(row) is not None
    )
    if not times:
        return None
    first = times[0].date() + _DAY
    last = min(times[-1].date() - _DAY, today - _DAY)
    first = max(first, last - _DAY * (days - 1))
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
    days = [span[0] + _DAY * n for n in range((span[1] - span[0]).days + 1)] if span else []
    told = [day for day in days if by_day.get(day, {}).get("video_views") is not None]
    if span is None or not told:
        return Comparison(
            None,
            None,
            Verdict.NOT_COMPARABLE,
            "No day is covered by two syncs with videos and has the account's views; views may be "
            "switched off for this connector.",
        )
    parts = [_day_compared(day, by_day[day], sums, divided) for day in told]
    first, second = sum(part["account"] for part in parts), sum(part["videos"] for part in parts)
    gone = [
        row
        for row in videos
        if row["vanished_since"] is not None and row["vanished_since"].date() >= span[0]
    ]
    verdict, text = _why_views_differ(
        first, second, len(gone), estimated=any(part["estimated"] for part in parts)
    )
    provisional = sum(1 for part in parts if part["state"] != "final")
    if provisional and verdict is not Verdict.EQUAL:
        text += f" {provisional} of the days are provisional: TikTok still counts them."
    left_out = len(days) - len(told)
    if left_out:
        text += f" {left_out} days without the account's views were left out."
    ends = told[0].isoformat(), told[-1].isoformat()
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
    account: int, videos: int, gone: int, *, estimated: bool
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
    if gone:
        return Verdict.EXPLAINED, (
            f"{gone} videos vanished in this time: the account's days hold their last views, and "
            "no list does. Hidden videos and ads that are not listed count for the account as "
            "well."
        )
    return Verdict.FLAGGED, (
        f"{share:.0%} of the account's views belong to no listed video: hidden videos, videos that "
        "were removed before the first sync, or ads that TikTok does not list."
    )
