"""The tables of the overview and of a video's page as CSV files, complete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from tiktok_organic.actions.data.csv_export import export_documents
from tiktok_organic.actions.data_from_views.figure_documents import (
    DAY_COLUMNS,
    HASHTAG_COLUMNS,
    HOUR_COLUMNS,
    TAKING_OFF_COLUMNS,
    hashtag_documents,
    hour_documents,
    taking_off_documents,
    video_day_documents,
    winner_documents,
)
from tiktok_organic.web.downloads.days_and_videos import sent
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Viewer
from tiktok_organic.web.site import site_of
from tiktok_organic.web.videos.video_query import PeriodQuery

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_TABLES = {
    "winners": (winner_documents, ("item_id",)),
    "taking_off": (taking_off_documents, TAKING_OFF_COLUMNS),
    "posting_hours": (hour_documents, HOUR_COLUMNS),
    "hashtags": (hashtag_documents, HASHTAG_COLUMNS),
}


@router.get("/connectors/{connector_id}/winners.csv")
def winners(
    request: Request, person: Viewer, connector_id: str, query: Annotated[PeriodQuery, Query()]
) -> Response:
    """Every video that gained views in the period."""
    return _table(request, connector_id, "winners", query)


@router.get("/connectors/{connector_id}/taking-off.csv")
def taking_off(
    request: Request, person: Viewer, connector_id: str, query: Annotated[PeriodQuery, Query()]
) -> Response:
    """The trending videos."""
    return _table(request, connector_id, "taking_off", query)


@router.get("/connectors/{connector_id}/posting-hours.csv")
def posting_hours(
    request: Request, person: Viewer, connector_id: str, query: Annotated[PeriodQuery, Query()]
) -> Response:
    """The cells of the heat map."""
    return _table(request, connector_id, "posting_hours", query)


@router.get("/connectors/{connector_id}/hashtags.csv")
def hashtags(
    request: Request, person: Viewer, connector_id: str, query: Annotated[PeriodQuery, Query()]
) -> Response:
    """Every hashtag with what its videos gained in the period."""
    return _table(request, connector_id, "hashtags", query)


@router.get("/connectors/{connector_id}/videos/{item_id}/days.csv")
def video_days(
    request: Request,
    person: Viewer,
    connector_id: str,
    item_id: str,
    query: Annotated[PeriodQuery, Query()],
) -> Response:
    """The gains of one video by day."""
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    found = video_day_documents(site.view_data.of(connector), query.period_choice(), item_id)
    name = f"{connector.dataset}_video_{item_id}_days.csv"
    return sent(export_documents(name, found, DAY_COLUMNS))


def _table(request: Request, connector_id: str, what: str, query: PeriodQuery) -> Response:
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    documents, columns = _TABLES[what]
    found = documents(site.view_data.of(connector), query.period_choice())
    return sent(export_documents(f"{connector.dataset}_{what}.csv", found, columns))
