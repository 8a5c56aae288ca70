"""Computed figures over the API: winners, videos taking off, posting hours, hashtags, days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from tiktok_organic.actions.data_from_views.figure_documents import (
    hashtag_documents,
    hour_documents,
    taking_off_documents,
    video_day_documents,
    winner_documents,
)
from tiktok_organic.actions.data_from_views.period import Period
from tiktok_organic.clock import timestamp
from tiktok_organic.web.api.connector_routes import Id
from tiktok_organic.web.api.figure_models import (
    Hashtags,
    PostingHours,
    TakingOff,
    VideoDays,
    Winners,
)
from tiktok_organic.web.api.token_permissions import Reader
from tiktok_organic.web.site import site_of
from tiktok_organic.web.videos.video_query import PeriodQuery

__all__ = ["days_document", "router"]

router = APIRouter(tags=["answers"])

Chosen = Annotated[PeriodQuery, Query()]
ItemId = Annotated[str, Path(description="TikTok's id of the video.", max_length=100)]


@router.get(
    "/connectors/{connector}/winners",
    response_model=Winners,
    summary="Top videos of a period",
)
def winners(request: Request, token: Reader, connector: Id, query: Chosen) -> Any:
    """Every video with a gain, the largest first; sums of `video_daily`."""
    return _document(request, connector, query, "videos", winner_documents)


@router.get(
    "/connectors/{connector}/taking-off",
    response_model=TakingOff,
    summary="Trending videos",
)
def taking_off(request: Request, token: Reader, connector: Id, query: Chosen) -> Any:
    """Videos of the last 14 days with at least twice the median views at the same age.

    Read from `video_by_age`.
    """
    return _document(request, connector, query, "videos", taking_off_documents)


@router.get(
    "/connectors/{connector}/posting-hours",
    response_model=PostingHours,
    summary="Median views by weekday and hour of publication",
)
def posting_hours(request: Request, token: Reader, connector: Id, query: Chosen) -> Any:
    """Median views seven days after publication, in the connector's time zone."""
    return _document(request, connector, query, "hours", hour_documents)


@router.get(
    "/connectors/{connector}/hashtags",
    response_model=Hashtags,
    summary="Hashtags by the gains of their videos in a period",
)
def hashtags(request: Request, token: Reader, connector: Id, query: Chosen) -> Any:
    """Every hashtag of `video_hashtag`, the largest gain first."""
    return _document(request, connector, query, "hashtags", hashtag_documents)


@router.get(
    "/connectors/{connector}/videos/{item_id}/days",
    response_model=VideoDays,
    summary="Gains of one video by day",
)
def video_days(
    request: Request, token: Reader, connector: Id, item_id: ItemId, query: Chosen
) -> Any:
    """The rows of `video_daily`, since its publication or the first sync."""

    def read(reader: Any, choice: Any) -> list[dict[str, Any]]:
        return video_day_documents(reader, choice, item_id)

    return {"item_id": item_id, **_document(request, connector, query, "days", read)}


def days_document(period: Period | None) -> dict[str, Any] | None:
    """Return the first and the last day of a period."""
    return None if period is None else {"start": period.start, "end": period.end}


def _document(
    request: Request,
    connector: str,
    query: PeriodQuery,
    member: str,
    read: Callable[[Any, Any], list[dict[str, Any]]],
) -> dict[str, Any]:
    site = site_of(request)
    connector_found = site.app.connectors.get(connector)
    reader = site.view_data.of(connector_found)
    newest = reader.counted_until()
    period = query.period_choice().period(newest) if newest is not None else None
    return {
        "connector": {"id": connector_found.id, "name": connector_found.name},
        "as_of": timestamp(reader.as_of()),
        "period": days_document(period),
        member: read(reader, query.period_choice()),
    }
