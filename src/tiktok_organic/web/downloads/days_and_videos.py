"""The days and the newest videos of a connector as complete CSV files."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from tiktok_organic.actions.data.csv_export import Export, export_days, export_videos
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Viewer
from tiktok_organic.web.site import site_of

__all__ = ["router", "sent"]

router = APIRouter(include_in_schema=False)


@router.get("/connectors/{connector_id}/days.csv")
def days(request: Request, person: Viewer, connector_id: str) -> Response:
    """Send every stored day, all columns."""
    app = site_of(request).app
    connector = app.connectors.get(connector_id)
    with app.warehouse(connector.destination) as warehouse:
        return sent(export_days(warehouse, connector))


@router.get("/connectors/{connector_id}/videos.csv")
def videos(request: Request, person: Viewer, connector_id: str) -> Response:
    """Send every video at the newest sync that loaded videos, all columns."""
    app = site_of(request).app
    connector = app.connectors.get(connector_id)
    with app.warehouse(connector.destination) as warehouse:
        return sent(export_videos(warehouse, connector))


def sent(export: Export) -> Response:
    """Return the file as a response; it is closed after the last byte."""
    headers = {"content-disposition": f'attachment; filename="{export.name}"'}
    return StreamingResponse(
        export.chunks(),
        media_type="text/csv; charset=utf-8",
        headers=headers,
        background=BackgroundTask(export.file.close),
    )
