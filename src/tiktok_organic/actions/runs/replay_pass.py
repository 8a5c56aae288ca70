"""One replay into one dataset: load the answers of each run, oldest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from tiktok_organic import __version__
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import (
    TikTokOrganicError,
    Unreadable,
)
from tiktok_organic.history.views import views
from tiktok_organic.reports import REPORTS, SNAPSHOT_REPORTS
from tiktok_organic.sync.adding_history.history_companion import History
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.day_states import DayRecord, without_rows
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.loading.dataset_owner import newest_snapshot
from tiktok_organic.sync.loading.known_before_load import Known
from tiktok_organic.sync.loading.load import Loader
from tiktok_organic.sync.progress import Progress
from tiktok_organic.sync.run import FetchedPart, PartState, Run
from tiktok_organic.sync.run_status import RunStatus
from tiktok_organic.sync.stop import Stop
from tiktok_organic.sync.window import Window
from tiktok_organic.warehouse.contract import Warehouse

__all__ = ["Replay"]


@dataclass
class Skipped:
    """A run whose answers the archive has lost, or cannot give."""

    run_id: str
    error: TikTokOrganicError

    def document(self) -> dict[str, Any]:
        return {"run_id": self.run_id, "error": self.error.document()}


class Replay:
    """One replay into one dataset.

    `own`: it is the connector's own dataset, whose days and runs are recorded.
    """

    def __init__(
        self,
        app: App,
        connector: Connector,
        dataset: str,
        warehouse: Warehouse,
        progress: Progress,
        *,
        own: bool,
    ) -> None:
        self._app = app
        self._connector = connector
        self._dataset = dataset
        self._warehouse = warehouse
        self._progress = progress
        self._own = own
        self._newest = _newest(warehouse, dataset)
        self._former: tuple[str, ...] = ()
        self._store_knows = app.days.known(connector.id) if own else {}
        # In an empty dataset no day has a row, whatever the store knows of the connector's own one.
        empty = not any(warehouse.count(dataset, report.table) for report in REPORTS.values())
        self._days: dict[date, DayRecord] = {} if empty else dict(self._store_knows)
        self.rows: Counter[str] = Counter()
        self.failed: list[Run] = []
        """Runs without data; each has its row in sync_run, with the next one that is loaded."""

    def run(self, run: Run) -> Skipped | None:
        """Load the answers of one run; return the reason if they are lost."""
        older = self._newest is not None and self._newest > run.sync_date
        for part in run.fetched:
            if not _was_loaded(part):
                continue
            try:
                self._load(run, part.summary, older=older)
            except TikTokOrganicError as error:
                if not _is_lost(error):
                    raise
                self.failed.append(_without_data(run, error))
                return Skipped(run.id, error)
        self._newest = max(filter(None, (self._newest, run.sync_date)))
        if self._own:
            self._record(run)
        return None

    def _load(self, run: Run, fetched: FetchSummary, *, older: bool) -> None:
        app, connector = self._app, self._connector
        chosen_views = (
            views(connector.schedule.timezone, connector.reports) if connector.views else ()
        )
        history = History(
            self._warehouse,
            app.archive,
            run,
            lambda _: [each for each in self.failed if each.sync_date < run.sync_date],
            product_version=__version__,
            times_known=False,
            scopes=connector.scopes,
            described=[*connector.reports, *(view.name for view in chosen_views)],
        )
        loader = Loader(
            app.archive,
            app.clock,
            self._progress,
            Stop(app.clock),
            companions=[history],
            views=chosen_views,
            missing_days_only=older,
        )
        task = _task(run, connector, self._dataset, fetched, self._former)
        # The profile is the row of the newest sync; an older one must not replace it.
        if older and self._warehouse.count(self._dataset, REPORTS["profile"].table):
            reports = tuple(name for name in task.reports if name != "profile")
            task = replace(task, reports=reports)
        result = loader.load(task, fetched, Known(self._days), self._warehouse)
        self.rows.update(result.rows)
        self._former = tuple(dict.fromkeys((*self._former, fetched.username, result.username)))
        self._days.update(result.days)

    def _record(self, run: Run) -> None:
        """Record days and run at once, because a later run may fail."""
        lost = without_rows(self._store_knows, self._days)
        parts = tuple(
            replace(part, state=PartState.LOADED) if _was_loaded(part) else part
            for part in run.fetched
        )
        with self._app.database.begin() as connection:
            self._app.days.save(self._connector.id, (lost | self._days).items(), connection)
            self._app.runs.save(replace(run, fetched=parts), connection)


def _is_lost(error: TikTokOrganicError) -> bool:
    """Whether it is about answers that the archive does not give."""
    return isinstance(error, Unreadable) or error.code in ("archive_missing", "archive_away")


def _without_data(run: Run, error: TikTokOrganicError) -> Run:
    """The run as the replayed dataset has it: none of its rows are there."""
    return replace(
        run, status=RunStatus.FAILED, loaded=False, fetched=(), results={}, error=error.document()
    )


def _was_loaded(part: FetchedPart) -> bool:
    return part.state in (PartState.LOADED, PartState.GONE)


def _newest(warehouse: Warehouse, dataset: str) -> datetime | None:
    """Return the sync date of the newest snapshot in the dataset."""
    found: Iterable[datetime | None] = (
        newest_snapshot(warehouse, dataset, REPORTS[name].table) for name in SNAPSHOT_REPORTS
    )
    return max(filter(None, found), default=None)


def _task(
    run: Run, connector: Connector, dataset: str, fetched: FetchSummary, former: tuple[str, ...]
) -> AttemptTask:
    return AttemptTask(
        run_id=run.id,
        connector_id=connector.id,
        account_id=fetched.account_id,
        username=fetched.username,
        former_usernames=former,
        reports=tuple(fetched.reports),
        dataset=dataset,
        window=Window(run.window_start, run.window_end),
        sync_date=run.sync_date,
        attempt=run.attempt,
        scopes=connector.scopes,
    )
