"""The overview of a connector: every part is present, or explicitly None."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tiktok_organic.actions.data.chart_series import (
    DAY_METRICS,
    AccountFigures,
    DayFigures,
    Points,
    Total,
    account_figures,
    day_figures,
    followers,
    growth,
    series,
    total,
)
from tiktok_organic.connector import Connector
from tiktok_organic.store.connectors.chart_data import ChartData
from tiktok_organic.sync.run import Run
from tiktok_organic.web.charts.audience_charts import ActiveHours, Share, active_hours, audience
from tiktok_organic.web.connectors.no_figures_reason import absence_reason
from tiktok_organic.web.texts.labels import REPORT_LABELS

__all__ = ["SPANS", "Overview", "Shown", "Tile", "overview"]

SPANS = (28, 60, 365)
_TILES = (
    ("video_views", "Views"),
    ("likes", "Likes"),
    ("comments", "Comments"),
    ("shares", "Shares"),
)
_TILE_SPAN = 28


@dataclass(frozen=True)
class Shown:
    """The user's choice: a metric by day, over a span of days."""

    metric: str
    span: int

    @classmethod
    def chosen(cls, metric: str, span: int) -> Shown:
        """Return the choice, or its default if it is not offered."""
        return cls(
            metric if metric in DAY_METRICS else "video_views", span if span in SPANS else 60
        )


@dataclass(frozen=True)
class Tile:
    """A sum over 28 days; `total` is None if no day has the metric."""

    label: str
    total: Total | None


@dataclass(frozen=True)
class Overview:
    """The overview. `taken`: when the newest of it was synced; None before the first sync."""

    taken: datetime | None
    followers: int | None
    followers_gained: int | None
    videos_count: int | None
    tiles: tuple[Tile, ...]
    shown: Shown
    metrics: dict[str, str]
    points: Points
    follower_points: Points
    audience: list[tuple[str, list[Share]]]
    active_hours: ActiveHours | None
    why_none: str
    """The most likely reason for an audience or days that TikTok does not have."""
    copied: tuple[str, ...]
    """The reports of this connector."""

    @property
    def metric_label(self) -> str:
        """Return the label of the metric that is shown by day."""
        return DAY_METRICS[self.shown.metric]

    @property
    def first_day(self) -> date | None:
        """Return the first day of the chart."""
        return self.points[0][0] if self.points else None


def overview(
    data: ChartData,
    connector: Connector,
    newest_loaded: Run | None,
    shown: Shown,
    today: date,
    zone: str,
) -> Overview:
    """Read the chart data of a connector. `zone`: the viewer's time zone."""
    days = day_figures(data.days(connector.id))
    accounts = account_figures(data.moments(connector.id))
    newest = accounts[-1] if accounts else None
    recent = days[-_TILE_SPAN:]
    return Overview(
        taken=_taken(newest, newest_loaded),
        followers=newest.followers if newest else connector.followers,
        followers_gained=growth(recent) if _has_growth(recent) else None,
        videos_count=newest.videos if newest else None,
        tiles=tuple(Tile(label, total(days, name, _TILE_SPAN)) for name, label in _TILES),
        shown=shown,
        metrics=_offered(days),
        points=series(days, shown.metric, shown.span, today),
        follower_points=followers(days, accounts, shown.span, today),
        audience=audience(newest.audience) if newest else [],
        active_hours=active_hours(recent, zone),
        why_none=absence_reason(data, connector),
        copied=tuple(name for name in REPORT_LABELS if name in connector.reports),
    )


def _taken(newest: AccountFigures | None, loaded: Run | None) -> datetime | None:
    """Which reports a connector copies decides which of the two exists."""
    moments = [newest.moment] if newest else []
    moments += [loaded.sync_date] if loaded else []
    return max(moments, default=None)


def _has_growth(days: Sequence[DayFigures]) -> bool:
    return any("daily_new_followers" in one.counts for one in days)


def _offered(days: Sequence[DayFigures]) -> dict[str, str]:
    """Return the metrics that any day has; all if none has any."""
    found = {
        name: label
        for name, label in DAY_METRICS.items()
        if any(name in one.counts for one in days)
    }
    return found or dict(DAY_METRICS)
