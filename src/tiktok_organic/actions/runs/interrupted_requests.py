"""The requests of an attempt whose process was killed before it stored their number."""

from __future__ import annotations

from tiktok_organic.archive import Archive
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import RunStatus

__all__ = ["uncounted_requests"]


def uncounted_requests(archive: Archive, run: Run) -> int:
    """Return how many requests are missing in the run's row. A fetched run has them all."""
    if run.status is not RunStatus.RUNNING or run.loadable:
        return 0
    return archive.sent(run.connector_id, run.id, run.attempt, run.sync_date)
