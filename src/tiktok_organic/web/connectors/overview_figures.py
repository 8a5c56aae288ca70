"""The overview's data from the views: figures of a period that the user chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tiktok_organic.actions.data_from_views.changes_in_period import (
    DayTotal,
    Shift,
    audience_shift,
    day_total,
)
from tiktok_organic.actions.data_from_views.period import Period, PeriodChoice
from tiktok_organic.actions.data_from_views.posting_hours_and_hashtags import (
    HashtagFigures,
    HeatCell,
    hashtag_figures,
    heat_map,
)
from tiktok_organic.actions.data_from_views.video_list import Video, video_list
from tiktok_organic.actions.data_from_views.view_reader import ViewReader
from tiktok_organic.actions.data_from_views.winners_and_taking_off import (
    TakingOff,
    taking_off,
    winners,
)
from tiktok_organic.web.charts.audience_charts import country_name

__all__ = ["OverviewFigures", "overview_figures"]

_TILES = (
    ("video_views", "Views"),
    ("likes", "Likes"),
    ("comments", "Comments"),
    ("shares", "Shares"),
    ("net_followers", "Net new followers"),
)
_AUDIENCES = (
    ("Countries", "audience_country", "country"),
    ("Age", "audience_age", "age"),
    ("Gender", "audience_gender", "gender"),
)


@dataclass(frozen=True)
class OverviewFigures:
    """The computed figures.

    `states` and `posts`: of each known UTC day. `shifts`: title, since when, shares.
    """

    as_of: datetime | None
    period: Period | None
    before: Period | None
    tiles: tuple[tuple[str, DayTotal], ...]
    states: Mapping[date, str]
    posts: Mapping[date, int]
    winners: Sequence[Video]
    taking_off: Sequence[TakingOff]
    heat: Mapping[tuple[int, int], HeatCell]
    hashtags: Sequence[HashtagFigures]
    shifts: Sequence[tuple[str, datetime | None, Sequence[Shift]]]

    @property
    def shifted(self) -> tuple[str, ...]:
        """The parts of the audience of which an earlier snapshot is known."""
        return tuple(title for title, _, _ in self.shifts)


def overview_figures(
    reader: ViewReader, reports: Sequence[str], choice: PeriodChoice
) -> OverviewFigures | None:
    """Read the views; None before the first sync. Raises what `ViewReader` raises."""
    return reader.computed(("overview", choice), lambda: _figures(reader, reports, choice))


def _figures(
    reader: ViewReader, reports: Sequence[str], choice: PeriodChoice
) -> OverviewFigures | None:
    newest, as_of = reader.counted_until(), reader.as_of()
    if newest is None:
        return None
    period = choice.period(newest)
    before = period.before(choice.comparison)
    days = reader.days()
    has_videos = "video_snapshot_metric" in reports
    videos = video_list(reader, choice).videos if has_videos else ()
    by_age = reader.by_age() if has_videos else ()
    has_account = "profile_snapshot_metric" in reports
    return OverviewFigures(
        as_of=as_of,
        period=period,
        before=before,
        tiles=tuple((label, day_total(days, name, period, before)) for name, label in _TILES)
        if days
        else (),
        states=_states(days, as_of),
        posts={row["date"]: row["posts_published"] for row in days if row["posts_published"]},
        winners=winners(videos),
        taking_off=taking_off(videos, by_age),
        heat={(cell.weekday, cell.hour): cell for cell in heat_map(videos, by_age)},
        hashtags=hashtag_figures(videos, by_age),
        shifts=_shifts(reader, period) if has_account else (),
    )


def _states(days: Sequence[Mapping[str, Any]], as_of: datetime | None) -> dict[date, str]:
    """Return the state of each day.

    TikTok counts days for up to 48 hours: a day without values that ended less than that before the
    sync is not missing, but not counted yet.
    """
    young = as_of.date() - timedelta(days=2) if as_of is not None else date.max
    return {
        row["date"]: row["state"]
        for row in days
        if row["state"] != "missing" or row["date"] < young
    }


def _shifts(
    reader: ViewReader, period: Period
) -> list[tuple[str, datetime | None, Sequence[Shift]]]:
    found: list[tuple[str, datetime | None, Sequence[Shift]]] = []
    for title, view, label in _AUDIENCES:
        rows = [
            {**row, label: country_name(row[label]) if label == "country" else row[label]}
            for row in reader.audience(view)
        ]
        then, shifts = audience_shift(rows, label, period.start)
        if then is not None:
            found.append((title, then, shifts))
    return found
