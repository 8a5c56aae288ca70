"""The list of connectors: one line each, those that need somebody first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.drafts import read_draft
from tiktok_organic.connector import Connector
from tiktok_organic.sync.run import Run
from tiktok_organic.web.guard import Viewer
from tiktok_organic.web.site import Site, site_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Line:
    """One connector in the list. `urgency`: the higher, the further up."""

    connector: Connector
    last: Run | None
    views: list[int]
    days_left: int | None
    urgency: int

    @property
    def status(self) -> str:
        if self.connector.state == "reconnect_needed":
            return "reconnect_needed"
        if self.last is not None and self.last.status in (
            "running",
            "waiting",
            "failed",
            "partial",
        ):
            return self.last.status
        return self.connector.state


@router.get("/")
def index(request: Request, person: Viewer, q: str = "") -> Response:
    site = site_of(request)
    if "state" in request.query_params and {"code", "auth_code", "error"} & set(
        request.query_params
    ):
        return site.go(f"/connect/return/?{request.url.query}")
    lines = _lines(site)
    shown = [line for line in lines if _matches(line.connector, q)]
    invented = any(site.is_invented(line.connector.api_url) for line in lines)
    values = {
        "has_invented": invented,
        "lines": shown,
        "total": len(lines),
        "q": q,
        "draft": read_draft(site.app, person.id),
    }
    return site.page(request, "connectors.html", values)


def _lines(site: Site) -> list[Line]:
    """Those that need somebody first, then by name."""
    now, last = site.app.clock.now(), site.app.runs.last()
    views = site.app.chart_data.views(now.date() - timedelta(days=31))
    lines = []
    for connector in site.app.connectors.all():
        run = last.get(connector.id)
        left = (connector.consent_ends - now).days if connector.consent_ends else None
        lines.append(
            Line(connector, run, views.get(connector.id, []), left, _urgency(connector, run, left))
        )
    return sorted(lines, key=lambda line: -line.urgency)


def _urgency(connector: Connector, run: Run | None, days_left: int | None) -> int:
    if connector.state == "reconnect_needed":
        return 5
    if run is not None and run.status == "failed":
        return 4
    if days_left is not None and days_left <= 30:
        return 3
    if run is not None and run.status == "partial":
        return 2
    return 1 if run is not None and run.unfinished else 0


def _matches(connector: Connector, q: str) -> bool:
    wanted = q.strip().casefold().lstrip("@")
    texts = (
        connector.name,
        connector.username,
        connector.display_name,
        connector.dataset,
        connector.state,
    )
    return not wanted or any(wanted in text.casefold() for text in texts)
