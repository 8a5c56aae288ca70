"""The kept figures as CSV. (The whole tables are in the warehouse; this is for a quick look in a spreadsheet.)"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.figures import DAY_METRICS, top_videos
from tiktok_organic.connector import Connector
from tiktok_organic.web.guard import Viewer
from tiktok_organic.web.site import site_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_VIDEO = (
    "item_id",
    "published",
    "caption",
    "video_views",
    "gained",
    "gained_week",
    "likes",
    "comments",
    "shares",
)


@router.get("/connectors/{connector_id}/days.csv")
def days(request: Request, person: Viewer, connector_id: str) -> Response:
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    rows = [
        (day, *(figures.get(name) for name in DAY_METRICS))
        for day, figures in site.app.figures.days(connector.id)
    ]
    return _csv(connector, "days", ("date", *DAY_METRICS), rows)


@router.get("/connectors/{connector_id}/videos.csv")
def videos(request: Request, person: Viewer, connector_id: str) -> Response:
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    found = top_videos(site.app.figures.videos(connector.id), 1000)
    return _csv(
        connector, "videos", _VIDEO, [[video.get(name) for name in _VIDEO] for video in found]
    )


def _csv(
    connector: Connector, what: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> Response:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    name = f"{connector.dataset}_{what}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(
        text.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers
    )


def _cell(value: object) -> object:
    """A caption that begins like a formula must not become one in somebody's spreadsheet."""
    if isinstance(value, str):
        text = " ".join(value.split())
        return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text
    return "" if value is None else value
