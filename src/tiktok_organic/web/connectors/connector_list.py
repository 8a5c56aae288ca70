"""The list of connectors: one line each; those that need attention come first."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response

from tiktok_organic.actions.connectors.drafts import unfinished_drafts
from tiktok_organic.app import App
from tiktok_organic.connector import Connector, consent_ends_soon
from tiktok_organic.sync.run import Run
from tiktok_organic.web.connectors.connector_status import ConnectorStatus, Status, connector_status
from tiktok_organic.web.sign_in_and_roles.role_of_each_route import Viewer
from tiktok_organic.web.site import site_of

__all__ = ["Line", "router"]

router = APIRouter(include_in_schema=False)

_SPARKLINE = timedelta(days=31)
_ACTIVE = (Status.SYNCING, Status.ORDERED)


@dataclass(frozen=True)
class Line:
    """One connector in the list. `views`: of the last days, oldest first."""

    connector: Connector
    status: ConnectorStatus
    last: Run | None
    last_good: Run | None
    views: list[int]
    days_left: int | None
    ends_soon: bool = False

    @property
    def synced_at(self) -> datetime | None:
        """When the data was last complete."""
        good = self.last_good
        return None if good is None else good.finished_at or good.sync_date

    @property
    def next_at(self) -> datetime | None:
        """When the next sync begins: a retry, or the next scheduled one."""
        run = self.last
        repeat = None if run is None or run.unfinished else run.next_attempt_at
        due = [at for at in (repeat, self.connector.next_due) if at is not None]
        return min(due, default=None)

    @property
    def is_repeat(self) -> bool:
        """Whether the next sync is a retry."""
        at = self.next_at
        return at is not None and self.last is not None and self.last.next_attempt_at == at

    @property
    def is_active(self) -> bool:
        """Whether a sync is running or waiting."""
        return self.status.shown in _ACTIVE

    def matches(self, wanted: str) -> bool:
        """Whether the line contains the words, ignoring case and accents."""
        shown = (
            self.connector.name,
            self.connector.username,
            self.connector.display_name,
            self.connector.dataset,
            self.status.label,
        )
        words = _folded(wanted).replace("@", " ").split()
        texts = [_folded(text) for text in shown]
        return all(any(word in text for text in texts) for word in words)


@router.get("/")
def index(request: Request, person: Viewer, q: str = "") -> Response:
    """Show the list, or the lines that match `q`."""
    site = site_of(request)
    if "state" in request.query_params and {"code", "auth_code", "error"} & set(
        request.query_params
    ):
        return site.go(f"/connect/return/?{request.url.query}")
    lines = _lines(site.app)
    shown = [line for line in lines if line.matches(q)]
    values = {
        "has_invented": any(site.is_invented(line.connector.api_url) for line in lines),
        "lines": shown,
        "total": len(lines),
        "live": any(line.is_active for line in shown),
        "q": q,
        "drafts": [d for d in unfinished_drafts(site.app.drafts, person.id) if not d.hidden],
    }
    return site.page(request, "connectors.html", values)


def _lines(app: App) -> list[Line]:
    """Return the lines: those that need attention first, then by name."""
    now, last, good = app.clock.now(), app.runs.last(), app.runs.last_good()
    views = app.chart_data.views(now.date() - _SPARKLINE)
    lines = []
    for connector in app.connectors.all():
        run, last_good = last.get(connector.id), good.get(connector.id)
        ends = connector.consent_ends
        lines.append(
            Line(
                connector,
                connector_status(connector, run, last_good, now),
                run,
                last_good,
                views.get(connector.id, []),
                (ends - now).days if ends is not None else None,
                consent_ends_soon(ends, now),
            )
        )
    return sorted(lines, key=lambda line: -line.status.urgency)


def _folded(text: str) -> str:
    """Return lower case without accents: `Café` and `cafe` are equal."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
