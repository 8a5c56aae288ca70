"""Connectors and runs as JSON documents: the same for `--json`, the API and the page.

They contain no secrets.
"""

from __future__ import annotations

from typing import Any

from tiktok_organic.advice_text import Advise
from tiktok_organic.clock import timestamp
from tiktok_organic.connector import Connector
from tiktok_organic.errors import facts_of
from tiktok_organic.settings import hide_password
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import ErrorDocument, ReportResult, ReportStatus
from tiktok_organic.tiktok.scopes import SCOPES

__all__ = ["connector_document", "run_document"]

_SKIPPED = ReportResult(ReportStatus.SKIPPED)


def connector_document(connector: Connector, last_run: Run | None) -> dict[str, Any]:
    """Return the document that `show` prints."""
    schedule = connector.schedule
    return {
        "id": connector.id,
        "name": connector.name,
        "username": connector.username,
        "former_usernames": list(connector.former_usernames),
        "display_name": connector.display_name,
        "account_id": connector.account_id,
        "dataset": connector.dataset,
        "destination": hide_password(connector.destination),
        "reports": list(connector.reports),
        "schedule": schedule.every,
        "hour": schedule.hour,
        "weekday": schedule.weekday if schedule.every == "weekly" else None,
        "timezone": schedule.timezone,
        "lookback": connector.lookback,
        "views": connector.views,
        "state": connector.state,
        "state_reason": connector.state_reason or None,
        "followers": connector.followers,
        "withheld_scopes": [scope for scope in SCOPES if scope not in connector.scopes],
        "api_url": connector.api_url,
        "created_at": timestamp(connector.created_at),
        "last_run": last_run and _brief(last_run),
        "next_due": timestamp(connector.next_due),
        "consent_ends": timestamp(connector.consent_ends),
    }


def run_document(run: Run, advise: Advise) -> dict[str, Any]:
    """Return the document that `sync` and `run` print. `advise`: composes the advice."""
    return {
        "run_id": run.id,
        "connector": {"id": run.connector_id, "name": run.connector_name},
        "kind": run.kind,
        "requested_by": run.requested_by,
        "status": str(run.status),
        "sync_date": timestamp(run.sync_date),
        "window": {"from": run.window_start.isoformat(), "to": run.window_end.isoformat()},
        "reports": {name: _result(run, name, advise) for name in run.reports},
        "requests": run.requests,
        "throttled": run.throttled,
        "attempts": run.attempt,
        "error": _error(run, run.error, advise, set_aside=run.set_aside) if run.error else None,
        "warnings": list(run.notes.warnings),
        "findings": dict(run.notes.findings),
        "lost_days": list(run.notes.lost_days),
        "refused_fields": list(run.notes.refused_fields),
        "bytes_billed": run.notes.bytes_billed,
        "archive": [part.archive for part in run.fetched],
        "created_at": timestamp(run.created_at),
        "started_at": timestamp(run.started_at),
        "finished_at": timestamp(run.finished_at),
        "next_attempt_at": timestamp(run.next_attempt_at),
    }


def _result(run: Run, name: str, advise: Advise) -> dict[str, Any]:
    result = run.results.get(name, _SKIPPED)
    document = result.document()
    return document | ({"error": _error(run, result.error, advise)} if result.error else {})


def _error(
    run: Run, error: ErrorDocument, advise: Advise, *, set_aside: bool = False
) -> dict[str, str]:
    code = str(error.get("code", ""))
    return {
        "code": code,
        "message": str(error.get("message", "")),
        "advice": advise("set_aside" if set_aside else code, {**run.about, **facts_of(error)}),
    }


def _brief(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "status": str(run.status),
        "sync_date": timestamp(run.sync_date),
        "finished_at": timestamp(run.finished_at),
    }
