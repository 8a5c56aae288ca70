"""Compare the videos that syncs listed with TikTok's own count."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tiktok_organic.actions.data.comparison_result import Comparison, Row, Verdict
from tiktok_organic.clock import timestamp
from tiktok_organic.reports import VIDEO_REPORT

__all__ = ["compare_videos", "listed_videos"]


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
        listed, counted = listed_videos(sync), counts.get(sync["sync_date"])
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


def listed_videos(sync: Row) -> int | None:
    try:
        report = json.loads(sync["reports"] or "{}").get(VIDEO_REPORT, {})
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
