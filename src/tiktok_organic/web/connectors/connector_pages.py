"""One connector: its overview, coverage, runs, and first sync."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from tiktok_organic.actions.data.table_preview import sample_query, table_previews
from tiktok_organic.actions.data_from_views.period import PeriodChoice
from tiktok_organic.connector import Connector
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.web.connectors.connector_head import head
from tiktok_organic.web.connectors.coverage_calendar import calendar
from tiktok_organic.web.connectors.overview import SPANS, Shown, overview
from tiktok_organic.web.connectors.overview_figures import OverviewFigures, overview_figures
from tiktok_organic.web.errors.problems import Problem, problem
from tiktok_organic.web.runs.run_content import run_line
from tiktok_organic.web.runs.run_pages import live_run
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Viewer
from tiktok_organic.web.site import Site, site_of
from tiktok_organic.web.videos.video_list_page import Links
from tiktok_organic.web.videos.video_query import OverviewQuery

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/connectors/{connector_id}")
def overview_page(
    request: Request,
    person: Viewer,
    connector_id: str,
    query: Annotated[OverviewQuery, Query()],
) -> Response:
    """Show figures from the views, and charts. Without the warehouse, only the charts."""
    site = site_of(request)
    app = site.app
    connector = app.connectors.get(connector_id)
    view = overview(
        app.chart_data,
        connector,
        app.runs.newest_loaded(connector.id),
        Shown.chosen(query.metric, query.span),
        app.clock.now().date(),
        person.timezone,
    )
    found, trouble = _figures(site, connector, query.period_choice())
    values = {
        "view": view,
        "spans": SPANS,
        "coverage": calendar(app, connector),
        "figures": found,
        "away": trouble,
        "query": query,
        "links": Links(site, f"/connectors/{connector.id}", query),
    }
    return _page(request, connector_id, "overview", values)


@router.get("/connectors/{connector_id}/coverage")
def coverage_page(request: Request, person: Viewer, connector_id: str) -> Response:
    """Show each of the last 60 days."""
    app = site_of(request).app
    values = {"calendar": calendar(app, app.connectors.get(connector_id))}
    return _page(request, connector_id, "coverage", values)


@router.get("/connectors/{connector_id}/runs")
def runs_page(request: Request, person: Viewer, connector_id: str) -> Response:
    """Show the newest runs."""
    app = site_of(request).app
    connector = app.connectors.get(connector_id)
    values = {"runs": [run_line(run) for run in app.runs.newest(connector.id, 100)]}
    return _page(request, connector_id, "runs", values)


@router.get("/connectors/{connector_id}/first")
def first_sync(request: Request, person: Viewer, connector_id: str) -> Response:
    """Show the last page of connecting: the progress of the first sync, then the loaded rows."""
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    run = next(iter(site.app.runs.newest(connector.id, 1)), None)
    values: dict[str, Any] = {
        **head(site, connector, "first"),
        "run": run,
        **(live_run(site, run) if run is not None else {}),
        "previews": [],
        "problem": None,
        "query": sample_query(connector),
    }
    if run is not None and run.loaded:
        try:
            values["previews"] = table_previews(site.app.warehouse, connector)
        except TikTokOrganicError as error:
            values["problem"] = problem(error)
    return site.page(request, "first.html", values)


def _figures(
    site: Site, connector: Connector, choice: PeriodChoice
) -> tuple[OverviewFigures | None, Problem | None]:
    """Return the figures of the views, or why they are missing."""
    try:
        return overview_figures(site.view_data.of(connector), connector.reports, choice), None
    except TikTokOrganicError as error:
        return None, problem(error)


def _page(request: Request, connector_id: str, tab: str, values: dict[str, Any]) -> Response:
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    return site.page(request, f"connector_{tab}.html", {**head(site, connector, tab), **values})
