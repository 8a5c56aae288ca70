"""One video: its days, its curve compared with the median, the sources of its views."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from tiktok_organic.actions.data_from_views.changes_in_period import cumulative
from tiktok_organic.actions.data_from_views.figure_documents import find_video
from tiktok_organic.actions.data_from_views.video_list import video_list
from tiktok_organic.actions.data_from_views.view_reader import ViewReader
from tiktok_organic.actions.data_from_views.winners_and_taking_off import typical
from tiktok_organic.errors import NotFound, TikTokOrganicError
from tiktok_organic.web.charts.audience_charts import country_name
from tiktok_organic.web.connectors.connector_head import head
from tiktok_organic.web.errors.problems import http_status, problem
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Viewer
from tiktok_organic.web.site import site_of
from tiktok_organic.web.texts.labels import VIDEO_STATES
from tiktok_organic.web.videos.video_list_page import Links
from tiktok_organic.web.videos.video_query import VideoQuery

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
_CURVE_DAYS = 90


@router.get("/connectors/{connector_id}/videos/{item_id}")
def video_page(
    request: Request,
    person: Viewer,
    connector_id: str,
    item_id: str,
    query: Annotated[VideoQuery, Query()],
) -> Response:
    """Show everything that the views have about one video."""
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    values: dict[str, Any] = {
        **head(site, connector, "videos"),
        "links": Links(site, f"/connectors/{connector.id}/videos", query),
        "video": None,
        "problem": None,
    }
    status = 200
    try:
        values |= _video(site.view_data.of(connector), item_id, query)
    except NotFound:
        raise
    except TikTokOrganicError as error:
        values["problem"], status = problem(error), http_status(error)
    return site.page(request, "video.html", {**values, "state_meanings": VIDEO_STATES}, status)


def _video(reader: ViewReader, item_id: str, query: VideoQuery) -> dict[str, Any]:
    found = video_list(reader, query.period_choice())
    video = find_video(found.videos, item_id)
    daily = reader.daily(item_id)
    curve = [point for point in cumulative(daily, video) if point[0] <= _CURVE_DAYS]
    farthest = max((age for age, _ in curve), default=0)
    usual = typical(reader.by_age(), item_id)
    own = {row["age_days"]: row for row in reader.by_age() if row["item_id"] == item_id}
    return {
        "video": video,
        "period": found.period,
        "as_of": found.as_of,
        "counted_until": reader.counted_until(),
        "daily": daily,
        "points": [(row["date"], row["video_views"]) for row in daily],
        "estimated": {row["date"]: "estimated" for row in daily if row["is_estimated"]},
        "corrections": [row for row in daily if (row["video_views"] or 0) < 0],
        "curve": curve,
        "usual_curve": [(float(a), v) for a, v in usual.items() if a <= max(farthest + 1, 7)],
        "ages": [(age, own.get(age), usual.get(age)) for age in sorted({*own, *usual})],
        "sources": [
            (row["source"], row["share"])
            for row in reader.shares("video_impression_source", item_id)
        ],
        "countries": [
            (country_name(row["country"]), row["share"])
            for row in reader.shares("video_audience_country", item_id)[:8]
        ],
    }
