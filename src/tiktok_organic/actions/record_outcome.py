"""Write the outcome of an attempt in one transaction; no other module writes it."""

from __future__ import annotations

from dataclasses import replace

from tiktok_organic.actions.interrupted_requests import uncounted_requests
from tiktok_organic.app import App
from tiktok_organic.sync.outcome import Outcome
from tiktok_organic.sync.run import Run, RunStatus
from tiktok_organic.tiktok.transport import Usage

__all__ = ["Recorder"]


class Recorder:
    """Writes the states of one run. `usage` counts the requests of its attempt."""

    def __init__(self, app: App, run: Run) -> None:
        self._database = app.database
        self._runs = app.runs
        self._days = app.days
        self._chart_data = app.chart_data
        self._connectors = app.connectors
        self._archive = app.archive
        self.usage = Usage(proven=True)  # the account was connected there
        self._requests = run.requests + uncounted_requests(app, run)
        self._throttled = run.throttled
        if run.attempt:
            self._forget_sent(run)

    def save(self, run: Run) -> None:
        """Write the run's present state."""
        with self._database.begin() as connection:
            self._runs.save(self.counted(run), connection)
        self._attempt_is_over(run)

    def record(self, outcome: Outcome) -> None:
        """Write everything that the attempt changes."""
        run = outcome.run
        with self._database.begin() as connection:
            self._runs.save(self.counted(run), connection)
            for other in outcome.others:
                self._runs.save(other, connection)
            self._days.save(run.connector_id, outcome.days.items(), connection)
            if outcome.figures is not None:
                self._chart_data.save(run.connector_id, run.sync_date, outcome.figures, connection)
            if outcome.connector:
                self._connectors.change(run.connector_id, outcome.connector, connection)
        self._attempt_is_over(run)

    def counted(self, run: Run) -> Run:
        """Return the run with the number of requests that its attempt has sent so far."""
        return replace(
            run,
            requests=self._requests + self.usage.requests,
            throttled=self._throttled + self.usage.throttled,
        )

    def _attempt_is_over(self, run: Run) -> None:
        if run.status is not RunStatus.RUNNING:
            self._forget_sent(run)

    def _forget_sent(self, run: Run) -> None:
        self._archive.forget_sent(run.connector_id, run.id, run.attempt, run.sync_date)
