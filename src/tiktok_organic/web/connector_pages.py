"""One connector: its figures at a glance, its coverage, its runs, its first sync."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.preview import glimpses, sample_query
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.web.connector_head import head
from tiktok_organic.web.coverage_calendar import calendar
from tiktok_organic.web.guard import Viewer
from tiktok_organic.web.overview import SPANS, Shown, overview
from tiktok_organic.web.problems import problem
from tiktok_organic.web.run_pages import live_run
from tiktok_organic.web.run_view import run_line
from tiktok_organic.web.site import site_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/connectors/{connector_id}")
def overview_page(
    request: Request, person: Viewer, connector_id: str, metric: str = "video_views", span: int = 60
) -> Response:
    """The charts. `metric` and `span` choose what is shown by day."""
    app = site_of(request).app
    connector = app.connectors.get(connector_id)
    view = overview(
        app.chart_data,
        connector,
        app.runs.last_good().get(connector.id),
        Shown.chosen(metric, span),
        app.clock.now().date(),
        person.timezone,
    )
    values = {"view": view, "spans": SPANS, "coverage": calendar(app, connector)}
    return _page(request, connector_id, "overview", values)


@router.get("/connectors/{connector_id}/coverage")
def coverage_page(request: Request, person: Viewer, connector_id: str) -> Response:
    """Each of the last 60 days."""
    app = site_of(request).app
    values = {"calendar": calendar(app, app.connectors.get(connector_id))}
    return _page(request, connector_id, "coverage", values)


@router.get("/connectors/{connector_id}/runs")
def runs_page(request: Request, person: Viewer, connector_id: str) -> Response:
    """The newest runs."""
    app = site_of(request).app
    connector = app.connectors.get(connector_id)
    values = {"runs": [run_line(run) for run in app.runs.newest(connector.id, 100)]}
    return _page(request, connector_id, "runs", values)


@router.get("/connectors/{connector_id}/first")
def first_sync(request: Request, person: Viewer, connector_id: str) -> Response:
    """The end of the wizard: the first sync while it runs, then the rows that arrived."""
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    run = next(iter(site.app.runs.newest(connector.id, 1)), None)
    values: dict[str, Any] = {
        **head(site, connector, "first"),
        "run": run,
        **(live_run(site, run) if run is not None else {}),
        "glimpses": [],
        "problem": None,
        "query": sample_query(connector),
    }
    if run is not None and run.loaded:
        try:
            values["glimpses"] = glimpses(site.app, connector)
        except TikTokOrganicError as error:
            values["problem"] = problem(error)
    return site.page(request, "first.html", values)


def _page(request: Request, connector_id: str, tab: str, values: dict[str, Any]) -> Response:
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    return site.page(request, f"connector_{tab}.html", {**head(site, connector, tab), **values})
