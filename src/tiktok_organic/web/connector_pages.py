"""One connector: its figures at a glance, its coverage, its runs, its settings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions import connect as connecting
from tiktok_organic.actions.figures import DAY_METRICS, followers, series, top_videos, totals
from tiktok_organic.actions.preview import glimpses, sample_query
from tiktok_organic.connector import SCHEDULES, WEEKDAYS, Connector
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.reports import REPORTS
from tiktok_organic.web.audience import audience, hours
from tiktok_organic.web.connector_head import head
from tiktok_organic.web.coverage_calendar import calendar
from tiktok_organic.web.destinations import described
from tiktok_organic.web.forms import Form, Sent
from tiktok_organic.web.guard import Editor, Viewer
from tiktok_organic.web.notices import advice, status_of
from tiktok_organic.web.site import Site, site_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

SPANS = (28, 60, 365)


@router.get("/connectors/{connector_id}")
def overview(
    request: Request, person: Viewer, connector_id: str, metric: str = "video_views", span: int = 60
) -> Response:
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    metric = metric if metric in DAY_METRICS else "video_views"
    span = span if span in SPANS else 60
    values = {**head(site, connector, "overview"), **_overview(site, connector, metric, span)}
    return site.page(request, "connector_overview.html", values)


@router.get("/connectors/{connector_id}/coverage")
def coverage_page(request: Request, person: Viewer, connector_id: str) -> Response:
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    values = {**head(site, connector, "coverage"), "calendar": calendar(site.app, connector)}
    return site.page(request, "connector_coverage.html", values)


@router.get("/connectors/{connector_id}/runs")
def runs_page(request: Request, person: Viewer, connector_id: str) -> Response:
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    values = {**head(site, connector, "runs"), "runs": site.app.runs.newest(connector.id, 100)}
    return site.page(request, "connector_runs.html", values)


@router.get("/connectors/{connector_id}/first")
def first_sync(request: Request, person: Viewer, connector_id: str) -> Response:
    """The end of the wizard: the first sync as it goes on, then the rows that arrived."""
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    run = next(iter(site.app.runs.newest(connector.id, 1)), None)
    values: dict[str, Any] = {
        **head(site, connector, "first"),
        "run": run,
        "glimpses": [],
        "problem": None,
    }
    if run is not None and run.loaded:
        try:
            values["glimpses"] = glimpses(site.app, connector)
        except TikTokOrganicError as error:
            values["problem"] = {"message": error.message, "advice": advice(error)}
    return site.page(request, "first.html", {**values, "query": sample_query(connector)})


@router.get("/connectors/{connector_id}/settings")
def settings_page(request: Request, person: Viewer, connector_id: str) -> Response:
    site = site_of(request)
    return _settings(site, request, site.app.connectors.get(connector_id), None)


@router.post("/connectors/{connector_id}/settings")
def save_settings(request: Request, person: Editor, connector_id: str, form: Sent) -> Response:
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    try:
        connecting.edit(site.app, connector, **_wishes(form))
    except TikTokOrganicError as error:
        return _settings(site, request, connector, error)
    return site.go(f"/connectors/{connector.id}/settings", said="saved")


def _overview(site: Site, connector: Connector, metric: str, span: int) -> dict[str, Any]:
    today = site.app.clock.now().date()
    days = site.app.figures.days(connector.id)
    moments = site.app.figures.moments(connector.id)
    taken: datetime | None = moments[-1][0] if moments else None
    account = moments[-1][1] if moments else {}
    offered = {
        name: label
        for name, label in DAY_METRICS.items()
        if any(name in figures for _, figures in days)
    }
    return {
        "taken": taken,
        "account": account,
        "metric": metric,
        "span": span,
        "spans": SPANS,
        "metrics": offered or DAY_METRICS,
        "points": series(days, metric, span, today),
        "sums": {
            name: totals(days, name, 28) for name in ("video_views", "likes", "comments", "shares")
        },
        "follower_points": followers(days, moments, span, today),
        "won": sum(
            int(f.get("daily_new_followers") or 0) - int(f.get("daily_lost_followers") or 0)
            for _, f in days[-28:]
        ),
        "videos": top_videos(site.app.figures.videos(connector.id), 8),
        "audience": audience(account),
        "hours": hours(
            [figures for _, figures in days[-28:]], connector.schedule.timezone, _noon(today)
        ),
        "coverage": calendar(site.app, connector),
    }


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _settings(
    site: Site, request: Request, connector: Connector, error: TikTokOrganicError | None
) -> Response:
    values = {
        **head(site, connector, "settings"),
        "reports": REPORTS,
        "schedules": SCHEDULES,
        "weekdays": WEEKDAYS,
        "destination": described(connector.destination),
        "error": {"message": error.message, "advice": advice(error)} if error else None,
    }
    return site.page(request, "connector_settings.html", values, status_of(error) if error else 200)


def _wishes(form: Form) -> dict[str, Any]:
    """What the settings form asks for; its fields are always sent together."""
    return {
        "name": form.text("name"),
        "reports": form.all("report"),
        "schedule": form.text("schedule"),
        "hour": form.number("hour"),
        "weekday": form.text("weekday") or None,
        "timezone": form.text("timezone"),
        "lookback": form.number("lookback"),
    }
