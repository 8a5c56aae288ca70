"""Changes in a period, of the audience, of the days and of one video: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tiktok_organic.actions.data_from_views.period import Period
from tiktok_organic.actions.data_from_views.video_list import Video

__all__ = ["DayTotal", "Shift", "audience_shift", "cumulative", "day_total"]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Shift:
    """A share of the audience now, and at the earlier snapshot if it has that part."""

    label: str
    share: float
    before: float | None


@dataclass(frozen=True)
class DayTotal:
    """The sum of a column of `account_daily`.

    `days`: how many days of the period have a value; `before`: None unless as many days of the
    earlier period have one.
    """

    value: int | None
    before: int | None
    days: int


def audience_shift(
    rows: Sequence[Row], label: str, since: date, most: int = 6
) -> tuple[datetime | None, list[Shift]]:
    """Return the largest shares of the newest snapshot, an earlier snapshot's shares, and its date.

    The earlier snapshot is the newest one before `since`, or the first one. `rows`: newest snapshot
    first.
    """
    moments = list(dict.fromkeys(row["sync_date"] for row in rows))
    if not moments:
        return None, []
    older = [moment for moment in moments if moment.astimezone(UTC).date() < since]
    then = older[0] if older else moments[-1]
    earlier = {row[label]: row["share"] for row in rows if row["sync_date"] == then}
    if then == moments[0]:
        earlier = {}
    newest = [row for row in rows if row["sync_date"] == moments[0]]
    shifts = [Shift(row[label], row["share"], earlier.get(row[label])) for row in newest[:most]]
    return (then if earlier else None), shifts


def day_total(days: Iterable[Row], column: str, period: Period, before: Period) -> DayTotal:
    """Return the sum of a column of `account_daily` over a period and over the earlier one."""
    known = {row["date"]: row[column] for row in days if row[column] is not None}
    now = [value for day, value in known.items() if day in period]
    earlier = [value for day, value in known.items() if day in before]
    comparable = bool(now) and len(earlier) == len(now)
    return DayTotal(sum(now) if now else None, sum(earlier) if comparable else None, len(now))


def cumulative(daily: Sequence[Row], video: Video) -> list[tuple[float, float]]:
    """Return age in days and views at the end of each day of `video_daily`.

    The last counter is the end, so that a video older than the first sync begins at its true value.
    """
    if video.published is None or video.views is None:
        return []
    points: list[tuple[float, float]] = []
    views = video.views
    for row in reversed(daily):
        end = datetime.combine(row["date"] + timedelta(days=1), time(), UTC)
        age = (end - video.published) / timedelta(days=1)
        if age > 0:
            points.append((age, float(views)))
        views -= row["video_views"] or 0
    return points[::-1]
