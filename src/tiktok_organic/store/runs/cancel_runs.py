"""Cancel the open runs of a connector that was paused or removed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, select, update

from tiktok_organic.store.schema import runs
from tiktok_organic.sync.run_status import (
    UNFINISHED,
    ErrorDocument,
    ReportResult,
    results_when_ended,
    status_of,
)

__all__ = ["cancel_runs"]


def cancel_runs(
    connector_id: str,
    error: ErrorDocument,
    now: datetime,
    connection: Connection,
    *wanted: ColumnElement[bool],
) -> None:
    """End the connector's open runs that meet every condition of `wanted`.

    Waiting and running ones end with `error`; runs that wait for a retry keep their error. Fetched
    answers and loaded rows remain. The caller holds the connector's lock.
    """
    these = and_(runs.c.connector_id == connector_id, *wanted)
    statement = select(runs.c.id, runs.c.reports, runs.c.results).where(
        these, runs.c.status.in_(UNFINISHED)
    )
    for row in connection.execute(statement).all():
        found = {name: ReportResult.from_document(each) for name, each in row.results.items()}
        results = results_when_ended(row.reports, found, error)
        values = {
            "status": str(status_of(results.values())),
            "error": dict(error),
            "results": {name: each.document() for name, each in results.items()},
            "finished_at": now,
            "progress": None,
        }
        connection.execute(update(runs).where(runs.c.id == row.id).values(values))
    again = runs.c.next_attempt_at.is_not(None)
    connection.execute(update(runs).where(these, again).values(next_attempt_at=None))
