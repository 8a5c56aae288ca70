"""Videos in the API: the same list, filters and figures as on the page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from tiktok_organic.actions.data_from_views.video_filter import arranged
from tiktok_organic.actions.data_from_views.video_list import video_document, video_list
from tiktok_organic.clock import timestamp
from tiktok_organic.web.api.connector_routes import Id
from tiktok_organic.web.api.document_models import VideoList
from tiktok_organic.web.api.figure_routes import days_document
from tiktok_organic.web.api.token_permissions import Reader
from tiktok_organic.web.site import site_of
from tiktok_organic.web.videos.video_query import VideoSlice

__all__ = ["router"]

router = APIRouter(tags=["videos"])


@router.get(
    "/connectors/{connector}/videos",
    response_model=VideoList,
    summary="Its videos with their gains in a period",
)
def videos(
    request: Request, token: Reader, connector: Id, query: Annotated[VideoSlice, Query()]
) -> Any:
    """Read from the warehouse's views `video_latest`, `video_daily` and `video_hashtag` at the
    newest sync. Limits of rates are percentages; rates in the answer are shares, 0 to 1.
    """
    site = site_of(request)
    connector_found = site.app.connectors.get(connector)
    found = video_list(site.view_data.of(connector_found), query.period_choice())
    chosen = arranged(found.videos, query.filter())
    part = chosen[query.offset : query.offset + query.limit]
    return {
        "connector": {"id": connector_found.id, "name": connector_found.name},
        "as_of": timestamp(found.as_of),
        "period": days_document(found.period),
        "compared_with": days_document(found.before),
        "total": len(chosen),
        "offset": query.offset,
        "videos": [video_document(video) for video in part],
    }
