"""Runs as JSON documents: the same for `--json`, the API and the page."""

from __future__ import annotations

from typing import Any

from tiktok_organic.advice_text import Advise
from tiktok_organic.clock import timestamp
from tiktok_organic.errors import facts_of
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import ErrorDocument, ReportResult, ReportStatus

__all__ = ["run_document"]


_SKIPPED = ReportResult(ReportStatus.SKIPPED)


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
