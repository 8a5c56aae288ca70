"""The head of every page about a connector."""

from __future__ import annotations

from datetime import date
from typing import Any

from tiktok_organic.app import App
from tiktok_organic.connector import Connector, consent_ends_soon
from tiktok_organic.errors import ReconnectNeeded
from tiktok_organic.sync.run_status import RunStatus
from tiktok_organic.web.connectors.connector_status import connector_status
from tiktok_organic.web.errors.problems import Problem, problem
from tiktok_organic.web.runs.run_content import run_line
from tiktok_organic.web.site import Site

__all__ = ["head"]


def head(site: Site, connector: Connector, tab: str) -> dict[str, Any]:
    """Return the common values of the templates that extend `connector.html`."""
    app, now = site.app, site.app.clock.now()
    last = next(iter(app.runs.newest(connector.id, 1)), None)
    last_good = app.runs.last_good().get(connector.id)
    line = run_line(last) if last is not None else None
    failed = last is not None and last.status in (RunStatus.FAILED, RunStatus.PARTIAL)
    over = line is not None and line.problem is not None and _over(connector, line.problem.code)
    return {
        "connector": connector,
        "tab": tab,
        "last": last,
        "status": connector_status(connector, last, last_good, now),
        "trouble": line if failed and not over else None,
        "last_good": run_line(last_good) if last_good is not None else None,
        "data_until": _data_until(app, connector),
        "ends_soon": consent_ends_soon(connector.consent_ends, now),
        "days_left": (connector.consent_ends - now).days if connector.consent_ends else None,
        "refused_consent": _refused_consent(connector),
        "invented": site.is_invented(connector.api_url),
    }


def _refused_consent(connector: Connector) -> Problem | None:
    """Return the problem of a connector that must be reconnected."""
    if connector.state != "reconnect_needed":
        return None
    return problem(ReconnectNeeded(connector.state_reason or ""))


def _over(connector: Connector, code: str) -> bool:
    """Whether a new consent has solved a lost one."""
    return code in ("reconnect_needed", "token_rejected") and connector.state != "reconnect_needed"


def _data_until(app: App, connector: Connector) -> date | None:
    """Return the newest day with a row."""
    known = app.days.known(connector.id)
    return max((day for day, record in known.items() if record.digest is not None), default=None)
