"""The list of connectors, one connector at a glance, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions import connect as connecting
from tiktok_organic.actions import lifecycle
from tiktok_organic.actions.drafts import read_draft
from tiktok_organic.actions.figures import DAY_METRICS, followers, series, top_videos, totals
from tiktok_organic.actions.order import order, window_for_recovery
from tiktok_organic.actions.preview import glimpses, sample_query
from tiktok_organic.connector import SCHEDULES, WEEKDAYS, Connector
from tiktok_organic.errors import AlreadyRunning, BadValue, TikTokOrganicError
from tiktok_organic.reports import REPORTS
from tiktok_organic.store.runs import Run
from tiktok_organic.sync.window import REACH
from tiktok_organic.web.audience import audience, hours
from tiktok_organic.web.coverage_calendar import calendar
from tiktok_organic.web.destinations import describe
from tiktok_organic.web.forms import Form, Sent
from tiktok_organic.web.guard import Editor, Viewer
from tiktok_organic.web.notices import advice, status_of
from tiktok_organic.web.site import Site, site_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

SPANS = (28, 60, 365)


@dataclass(frozen=True)
class Line:
    """One connector in the list. `urgency`: the higher, the further up."""

    connector: Connector
    last: Run | None
    views: list[int]
    days_left: int | None
    urgency: int

    @property
    def status(self) -> str:
        if self.connector.state == "reconnect_needed":
            return "reconnect_needed"
        if self.last is not None and self.last.status in ("running", "waiting", "failed", "partial"):
            return self.last.status
        return self.connector.state


@router.get("/")
def index(request: Request, person: Viewer, q: str = "") -> Response:
    site = site_of(request)
    if "state" in request.query_params and {"code", "auth_code", "error"} & set(request.query_params):
        return site.go(f"/connect/return/?{request.url.query}")
    lines = _lines(site)
    shown = [line for line in lines if _matches(line.connector, q)]
    values = {"lines": shown, "total": len(lines), "q": q, "draft": read_draft(site.app, person.id)}
    return site.page(request, "connectors.html", values)


@router.get("/connectors/{connector_id}")
def overview(
    request: Request, person: Viewer, connector_id: str, metric: str = "video_views", span: int = 60
) -> Response:  # noqa: ARG001, E501 - the role counts
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    metric = metric if metric in DAY_METRICS else "video_views"
    span = span if span in SPANS else 60
    values = {**_head(site, connector, "overview"), **_overview(site, connector, metric, span)}
    return site.page(request, "connector_overview.html", values)


@router.get("/connectors/{connector_id}/coverage")
def coverage_page(request: Request, person: Viewer, connector_id: str) -> Response:  # noqa: ARG001 - the role counts
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    values = {**_head(site, connector, "coverage"), "calendar": calendar(site.app, connector)}
    return site.page(request, "connector_coverage.html", values)


@router.get("/connectors/{connector_id}/runs")
def runs_page(request: Request, person: Viewer, connector_id: str) -> Response:  # noqa: ARG001 - the role counts
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    values = {**_head(site, connector, "runs"), "runs": site.app.runs.newest(connector.id, 100)}
    return site.page(request, "connector_runs.html", values)


@router.get("/connectors/{connector_id}/first")
def first_sync(request: Request, person: Viewer, connector_id: str) -> Response:  # noqa: ARG001 - the role counts
    """The end of the wizard: the first sync as it goes on, then the rows that arrived."""
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    run = next(iter(site.app.runs.newest(connector.id, 1)), None)
    values: dict[str, Any] = {**_head(site, connector, "first"), "run": run, "glimpses": [], "problem": None}
    if run is not None and run.landed:
        try:
            values["glimpses"] = glimpses(site.app, connector)
        except TikTokOrganicError as error:
            values["problem"] = {"message": error.message, "advice": advice(error)}
    return site.page(request, "first.html", {**values, "query": sample_query(connector)})


@router.get("/connectors/{connector_id}/settings")
def settings_page(request: Request, person: Viewer, connector_id: str) -> Response:  # noqa: ARG001 - the role counts
    site = site_of(request)
    return _settings(site, request, site.app.connectors.get(connector_id), None)


@router.post("/connectors/{connector_id}/settings")
def save_settings(request: Request, person: Editor, connector_id: str, form: Sent) -> Response:  # noqa: ARG001
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    try:
        connecting.edit(site.app, connector, **_wishes(form))
    except TikTokOrganicError as error:
        return _settings(site, request, connector, error)
    return site.go(f"/connectors/{connector.id}/settings", said="saved")


@router.post("/connectors/{connector_id}/sync")
def sync_now(request: Request, person: Editor, connector_id: str) -> Response:  # noqa: ARG001 - the role counts
    return _ordered(site_of(request), connector_id, recover=None)


@router.post("/connectors/{connector_id}/recover")
def recover(request: Request, person: Editor, connector_id: str, form: Sent) -> Response:  # noqa: ARG001
    return _ordered(site_of(request), connector_id, recover=form)


@router.post("/connectors/{connector_id}/pause")
def pause(request: Request, person: Editor, connector_id: str) -> Response:  # noqa: ARG001 - the role counts
    site = site_of(request)
    connector = lifecycle.pause(site.app, site.app.connectors.get(connector_id))
    return site.go(f"/connectors/{connector.id}", said="paused")


@router.post("/connectors/{connector_id}/resume")
def resume(request: Request, person: Editor, connector_id: str) -> Response:  # noqa: ARG001 - the role counts
    site = site_of(request)
    connector = lifecycle.resume(site.app, site.app.connectors.get(connector_id))
    return site.go(f"/connectors/{connector.id}", said="resumed")


@router.get("/connectors/{connector_id}/reconnect")
def reconnect(request: Request, person: Editor, connector_id: str) -> Response:  # noqa: ARG001 - the role counts
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    return site.page(request, "reconnect.html", {"connector": connector, "error": None})


@router.get("/connectors/{connector_id}/remove")
def ask_removal(request: Request, person: Editor, connector_id: str) -> Response:  # noqa: ARG001 - the role counts
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    return site.page(request, "remove.html", {**_head(site, connector, "settings"), "sure": False, "error": None})


@router.post("/connectors/{connector_id}/remove")
def remove(request: Request, person: Editor, connector_id: str, form: Sent) -> Response:  # noqa: ARG001
    """Asked once for the connector; a second time, with its name to be typed, for its data."""
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    erase = form.text("data") == "delete"
    values = {**_head(site, connector, "settings"), "sure": erase, "error": None}
    if erase and form.text("typed").strip() != connector.name:
        if form.given("typed") is not None:
            values["error"] = BadValue("name", "it is not this connector's", example=connector.name).message
        return site.page(request, "remove.html", values, 422 if values["error"] else 200)
    lifecycle.remove(site.app, connector, delete_data=erase)
    site.app.figures.remove(connector.id)
    return site.go("/", said="erased" if erase else "removed")


@router.post("/demo")
def demo(request: Request, person: Editor) -> Response:  # noqa: ARG001 - the role counts
    """Everything at once on invented data: the simulator, a connector, 60 days of history."""
    site = site_of(request)
    connector = site.demo.connect()
    if not site.app.runs.newest(connector.id, 1):
        order(site.app, connector, window=window_for_recovery(site.app, connector, start=None, end=None, days=60))
    return site.go(f"/connectors/{connector.id}/first")


def _ordered(site: Site, connector_id: str, *, recover: Form | None) -> Response:
    connector = site.app.connectors.get(connector_id)
    running = next((r for r in site.app.runs.newest(connector.id, 5) if r.unfinished), None)
    if running is not None:
        return site.go(f"/runs/{running.id}", said="running")
    window = None
    if recover is not None:
        days = recover.number("days", REACH)
        window = window_for_recovery(site.app, connector, start=None, end=None, days=days)
    try:
        run = order(site.app, connector, window=window)
    except AlreadyRunning:
        return site.go(f"/connectors/{connector.id}/runs", said="running")
    return site.go(f"/runs/{run.id}")


def _lines(site: Site) -> list[Line]:
    """Those that need somebody first, then by name."""
    now, last = site.app.clock.now(), site.app.runs.last()
    views = site.app.figures.views(now.date() - timedelta(days=31))
    lines = []
    for connector in site.app.connectors.all():
        run = last.get(connector.id)
        left = (connector.consent_ends - now).days if connector.consent_ends else None
        values = [count for _, count in views.get(connector.id, [])]
        lines.append(Line(connector, run, values, left, _urgency(connector, run, left)))
    return sorted(lines, key=lambda line: -line.urgency)


def _urgency(connector: Connector, run: Run | None, days_left: int | None) -> int:
    if connector.state == "reconnect_needed":
        return 5
    if run is not None and run.status == "failed":
        return 4
    if days_left is not None and days_left <= 30:
        return 3
    if run is not None and run.status == "partial":
        return 2
    return 1 if run is not None and run.unfinished else 0


def _matches(connector: Connector, q: str) -> bool:
    wanted = q.strip().casefold().lstrip("@")
    texts = (connector.name, connector.username, connector.display_name, connector.dataset, connector.state)
    return not wanted or any(wanted in text.casefold() for text in texts)


def _head(site: Site, connector: Connector, tab: str) -> dict[str, Any]:
    """What the head of every page about a connector shows."""
    now = site.app.clock.now()
    last = next(iter(site.app.runs.newest(connector.id, 1)), None)
    left = (connector.consent_ends - now).days if connector.consent_ends else None
    invented = bool(connector.api_url) and connector.api_url == site.app.demo_home.api_url
    return {"connector": connector, "tab": tab, "last": last, "days_left": left, "invented": invented}


def _overview(site: Site, connector: Connector, metric: str, span: int) -> dict[str, Any]:
    today = site.app.clock.now().date()
    days = site.app.figures.days(connector.id)
    moments = site.app.figures.moments(connector.id)
    taken: datetime | None = moments[-1][0] if moments else None
    account = moments[-1][1] if moments else {}
    offered = {name: label for name, label in DAY_METRICS.items() if any(name in figures for _, figures in days)}
    return {
        "taken": taken,
        "account": account,
        "metric": metric,
        "span": span,
        "spans": SPANS,
        "metrics": offered or DAY_METRICS,
        "points": series(days, metric, span, today),
        "sums": {name: totals(days, name, 28) for name in ("video_views", "likes", "comments", "shares")},
        "follower_points": followers(days, moments, span, today),
        "won": sum(
            int(f.get("daily_new_followers") or 0) - int(f.get("daily_lost_followers") or 0) for _, f in days[-28:]
        ),
        "videos": top_videos(site.app.figures.videos(connector.id), 8),
        "audience": audience(account),
        "hours": hours([figures for _, figures in days[-28:]], connector.schedule.timezone, _noon(today)),
        "coverage": calendar(site.app, connector),
    }


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _settings(site: Site, request: Request, connector: Connector, error: TikTokOrganicError | None) -> Response:
    values = {
        **_head(site, connector, "settings"),
        "reports": REPORTS,
        "schedules": SCHEDULES,
        "weekdays": WEEKDAYS,
        "destination": describe(connector.destination),
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
