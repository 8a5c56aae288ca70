"""All videos of a connector: a list that the server sorts, filters and pages, and its CSV."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from tiktok_organic.actions.data.csv_export import export_documents
from tiktok_organic.actions.data_from_views.video_filter import FIELDS, arranged
from tiktok_organic.actions.data_from_views.video_list import (
    STATES,
    VideoList,
    video_document,
    video_list,
)
from tiktok_organic.connector import Connector
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.web.connectors.connector_head import head
from tiktok_organic.web.downloads.days_and_videos import sent
from tiktok_organic.web.errors.problems import http_status, problem
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Viewer
from tiktok_organic.web.site import Site, site_of
from tiktok_organic.web.texts.labels import VIDEO_STATES
from tiktok_organic.web.videos.video_query import PeriodQuery, VideoQuery, VideosShown

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_PAGE = 50
_TITLES = {
    "views": "Views",
    "gained": "Gained",
    "likes": "Likes",
    "engagement": "Engagement",
    "reach": "Reach",
    "watch": "Watch time",
    "completion": "Watched to the end",
    "age": "Age",
}


@router.get("/connectors/{connector_id}/videos")
def videos_page(
    request: Request, person: Viewer, connector_id: str, query: Annotated[VideosShown, Query()]
) -> Response:
    """Show the list. An unreachable warehouse and missing views are explained on the page."""
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    values: dict[str, Any] = {
        **head(site, connector, "videos"),
        "query": query,
        "fields": FIELDS,
        "titles": _TITLES,
        "states": STATES,
        "state_meanings": VIDEO_STATES,
        "links": Links(site, f"/connectors/{connector.id}/videos", query),
        "copied": "video_snapshot_metric" in connector.reports,
        "list": None,
        "problem": None,
    }
    status = 200
    if values["copied"]:
        try:
            values |= _list(site, connector, query)
        except TikTokOrganicError as error:
            values["problem"], status = problem(error), http_status(error)
    return site.page(request, "connector_videos.html", values, status)


@router.get("/connectors/{connector_id}/videos/list.csv")
def videos_csv(
    request: Request, person: Viewer, connector_id: str, query: Annotated[VideoQuery, Query()]
) -> Response:
    """Send everything that the list shows with this filter, on all its pages."""
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    found = video_list(site.view_data.of(connector), query.period_choice())
    documents = [video_document(video) for video in arranged(found.videos, query.filter())]
    return sent(export_documents(_file_name(connector, found), documents))


class Links:
    """Addresses of a page with the present choices, and with one of them changed."""

    def __init__(self, site: Site, path: str, query: PeriodQuery) -> None:
        self._site = site
        self._path = path
        self._given = {name: value for name, value in query.given().items() if name != "page"}

    def __call__(self, below: str = "", **changes: object) -> str:
        """Return the address with changed choices; None removes a choice.

        `day_from` and `day_to` become the parameters `from` and `to`.
        """
        named = {
            {"day_from": "from", "day_to": "to"}.get(name, name): value
            for name, value in changes.items()
        }
        return self._site.at(self._path + below, **{**self._given, **named})

    def sorted_by(self, key: str, current: str) -> str:
        """Return the address that sorts by a column.

        In the other direction if it is the present one.
        """
        return self(sort=key if current == f"-{key}" else f"-{key}")

    def hidden(self, *without: str) -> dict[str, str]:
        """Return the hidden fields of a form."""
        return {name: value for name, value in self._given.items() if name not in without}


def _list(site: Site, connector: Connector, query: VideosShown) -> dict[str, Any]:
    found = video_list(site.view_data.of(connector), query.period_choice())
    videos = arranged(found.videos, query.filter())
    pages = max(1, -(-len(videos) // _PAGE))
    page = min(query.page, pages)
    first = (page - 1) * _PAGE
    return {
        "list": found,
        "total": len(videos),
        "shown": videos[first : first + _PAGE],
        "first": first,
        "page": page,
        "pages": pages,
    }


def _file_name(connector: Connector, found: VideoList) -> str:
    if found.period is None:
        return f"{connector.dataset}_videos_empty.csv"
    period = f"{found.period.start}_to_{found.period.end}"
    return f"{connector.dataset}_videos_gained_{period}.csv"
