"""Write the states of a run, and the outcome of an attempt in one transaction.

Other modules also write to runs: `order_run.py` adds them, `stored_progress.py` writes their
progress, `store/runs/cancel_runs.py` cancels them, `attempt_by_engine.py` ends the retries of a
superseded run, and `replay_pass.py` marks parts as loaded again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tiktok_organic.actions.runs.interrupted_requests import uncounted_requests
from tiktok_organic.archive import Archive
from tiktok_organic.store.connectors.chart_data import ChartData
from tiktok_organic.store.connectors.connectors import Connectors
from tiktok_organic.store.connectors.known_days import Days
from tiktok_organic.store.database import Database
from tiktok_organic.store.runs.runs import Runs
from tiktok_organic.sync.outcome import Outcome
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import RunStatus
from tiktok_organic.tiktok.transport import Usage

__all__ = ["Recorder", "Records"]


@dataclass(frozen=True)
class Records:
    """Where an attempt is recorded: tables of the store, and the archive's count of requests."""

    database: Database
    connectors: Connectors
    runs: Runs
    days: Days
    chart_data: ChartData
    archive: Archive


class Recorder:
    """Writes the states of one run. `usage` counts the requests of its attempt.

    `run`: as it was before the attempt.
    """

    def __init__(self, records: Records, run: Run) -> None:
        self._records = records
        self._before = run
        self.usage = Usage(proven=True)  # the account was connected there
        self._requests = run.requests + uncounted_requests(records.archive, run)
        self._throttled = run.throttled

    def begin(self, run: Run) -> None:
        """Write that the attempt begins, with the requests of a former attempt that was killed.

        Their file in the archive is deleted afterwards: the run's row has their number now.
        """
        self.save(run)
        if self._before.attempt:
            self._forget_sent(self._before)

    def save(self, run: Run) -> None:
        """Write the run's present state."""
        with self._records.database.begin() as connection:
            self._records.runs.save(self.counted(run), connection)
        self._attempt_is_over(run)

    def record(self, outcome: Outcome) -> None:
        """Write everything that the attempt changes."""
        run, records = outcome.run, self._records
        with records.database.begin() as connection:
            records.runs.save(self.counted(run), connection)
            for other in outcome.others:
                records.runs.save(other, connection)
            records.days.save(run.connector_id, outcome.days.items(), connection)
            if outcome.figures is not None:
                records.chart_data.save(
                    run.connector_id, run.sync_date, outcome.figures, connection
                )
            if outcome.connector:
                records.connectors.change(run.connector_id, outcome.connector, connection)
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
        self._records.archive.forget_sent(run.connector_id, run.id, run.attempt, run.sync_date)
