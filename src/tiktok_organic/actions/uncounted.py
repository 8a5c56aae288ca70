"""The requests of an attempt whose process was killed before it could write how many they were."""

from __future__ import annotations

from tiktok_organic.app import App
from tiktok_organic.sync.run import Run, RunStatus

__all__ = ["forget", "uncounted"]


def uncounted(app: App, run: Run) -> int:
    """How many of them are not in the run's row yet. A run that was fetched has written them all."""
    if run.status is not RunStatus.RUNNING or run.loadable:
        return 0
    return app.archive.sent(run.connector_id, run.id, run.attempt, run.sync_date)


def forget(app: App, run: Run, attempt: int) -> None:
    """They stand in the run's row now."""
    app.archive.forget_sent(run.connector_id, run.id, attempt, run.sync_date)
