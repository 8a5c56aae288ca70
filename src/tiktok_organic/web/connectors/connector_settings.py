"""A connector's settings: typed values remain in the form until they are accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.connectors.connector_events import changed_what
from tiktok_organic.actions.connectors.edit_connector import edit_connector
from tiktok_organic.connector import SCHEDULES, WEEKDAYS, Connector
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.reports import REPORTS
from tiktok_organic.web.connect.destination_choice import described
from tiktok_organic.web.connectors.connector_head import head
from tiktok_organic.web.errors.problems import Problem, http_status, problem
from tiktok_organic.web.forms import Form, Sent
from tiktok_organic.web.request_safety.visitor import record_connector
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Editor, Viewer
from tiktok_organic.web.site import Site, site_of
from tiktok_organic.web.texts.formatting import time_zones

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Entered:
    """The fields of the form, as text."""

    name: str
    reports: tuple[str, ...]
    schedule: str
    hour: str
    weekday: str
    timezone: str
    lookback: str
    views: bool

    @classmethod
    def stored(cls, connector: Connector) -> Entered:
        """Return the connector's stored values."""
        schedule = connector.schedule
        return cls(
            name=connector.name,
            reports=connector.reports,
            schedule=schedule.every,
            hour=str(schedule.hour),
            weekday=schedule.weekday,
            timezone=schedule.timezone,
            lookback=str(connector.lookback),
            views=connector.views,
        )

    @classmethod
    def typed(cls, form: Form) -> Entered:
        """Return the sent values."""
        return cls(
            name=form.text("name"),
            reports=tuple(form.all("report")),
            schedule=form.text("schedule"),
            hour=form.text("hour"),
            weekday=form.text("weekday"),
            timezone=form.text("timezone"),
            lookback=form.text("lookback"),
            views="on" in form.all("views"),
        )


@router.get("/connectors/{connector_id}/settings")
def settings_page(request: Request, person: Viewer, connector_id: str) -> Response:
    """Show the form with the effective values."""
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    return _page(site, request, connector, Entered.stored(connector))


@router.post("/connectors/{connector_id}/settings")
def save_settings(request: Request, person: Editor, connector_id: str, form: Sent) -> Response:
    """Change all values or none; a refused form keeps its typed values."""
    site = site_of(request)
    connector = site.app.connectors.get(connector_id)
    try:
        changed = edit_connector(
            site.app.connectors, connector, site.app.clock.now(), **_changes(form)
        )
    except TikTokOrganicError as error:
        entered, refused = Entered.typed(form), problem(error)
        return _page(site, request, connector, entered, refused, http_status(error))
    record_connector(request, person.email, changed_what(connector, changed))
    return site.go(f"/connectors/{connector.id}/settings", said="saved")


def _page(
    site: Site,
    request: Request,
    connector: Connector,
    entered: Entered,
    refused: Problem | None = None,
    status: int = 200,
) -> Response:
    zones = {*time_zones(), connector.schedule.timezone}
    values = {
        **head(site, connector, "settings"),
        "entered": entered,
        "reports": REPORTS,
        "schedules": SCHEDULES,
        "weekdays": WEEKDAYS,
        "zones": sorted(zones),
        "destination": described(connector.destination),
        "error": refused,
    }
    return site.page(request, "connector_settings.html", values, status)


def _changes(form: Form) -> dict[str, Any]:
    """Return the fields of the form; a browser always sends all of them."""
    return {
        "name": form.text("name"),
        "reports": form.all("report"),
        "schedule": form.text("schedule"),
        "hour": form.number("hour"),
        "weekday": form.text("weekday") or None,
        "timezone": form.text("timezone"),
        "lookback": form.number("lookback"),
        "views": "on" in sent if (sent := form.all("views")) else None,
    }
