"""The load of an attempt: opens the warehouse, loads the fetched answers, computes the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tiktok_organic import __version__
from tiktok_organic.archive import Archive
from tiktok_organic.clock import Clock
from tiktok_organic.connector import Connector
from tiktok_organic.errors import DestinationBusy
from tiktok_organic.history.views import views
from tiktok_organic.store.connectors.known_days import Days
from tiktok_organic.store.database import Database
from tiktok_organic.store.runs.commit_jobs import ConnectorJournal
from tiktok_organic.store.runs.runs import Runs
from tiktok_organic.sync import outcome as outcomes
from tiktok_organic.sync.adding_history.history_companion import History
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.loading.known_before_load import Known
from tiktok_organic.sync.loading.load import Loader
from tiktok_organic.sync.loading.load_result import LoadResult
from tiktok_organic.sync.next_step_of_run import waits_for
from tiktok_organic.sync.outcome import Outcome
from tiktok_organic.sync.progress import Progress
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.stop import Stop
from tiktok_organic.view_definition import View
from tiktok_organic.warehouse.contract import OpenWarehouse, Warehouse

__all__ = ["LoadDependencies", "load_answers"]


@dataclass(frozen=True)
class LoadDependencies:
    """What an attempt may touch while it loads. `warehouse` opens a destination."""

    clock: Clock
    archive: Archive
    database: Database
    runs: Runs
    days: Days
    warehouse: OpenWarehouse


def load_answers(
    parts: LoadDependencies,
    run: Run,
    connector: Connector,
    task: AttemptTask,
    answers: FetchSummary,
    progress: Progress,
    stop: Stop,
) -> Outcome:
    """Load the fetched answers, and compute the outcome.

    `run` has the number of all requests that were sent so far. Raises DestinationBusy while an
    older sync waits to be loaded: its older values must not replace newer ones.
    """
    runs, connector_id = parts.runs, connector.id
    pending = runs.pending(connector_id)
    # Under the connector's lock, so no other process can begin to load one of them.
    first = waits_for(run, pending)
    if first is not None:
        why = "" if first.error is None else f": {first.error['message']}"
        raise DestinationBusy(f"the earlier run {first.id} waits to be loaded{why}")
    known = Known(
        parts.days.known(connector_id), connector.first_asked, runs.newest_loaded(connector_id)
    )
    zone = connector.schedule.timezone
    chosen_views = views(zone, connector.reports) if connector.views else ()
    with parts.warehouse(connector.destination) as warehouse:
        loader = Loader(
            parts.archive,
            parts.clock,
            progress,
            stop,
            companions=[_history(parts, run, connector, task, warehouse, chosen_views)],
            journal=ConnectorJournal(parts.database, connector_id),
            replaces_in_store=parts.database.path is None,
            views=chosen_views,
        )
        result = loader.load(task, answers, known, warehouse)
    others = _others(runs, run, pending, result)
    return outcomes.ended(run, task, answers, result, connector, others, parts.clock.now())


def _history(
    parts: LoadDependencies,
    run: Run,
    connector: Connector,
    task: AttemptTask,
    warehouse: Warehouse,
    chosen_views: Sequence[View],
) -> History:
    """Return the companion that computes the history tables of this load."""
    ended = parts.runs.ended
    return History(
        warehouse,
        parts.archive,
        run,
        lambda since: [each for each in ended(connector.id, since) if each.id != run.id],
        product_version=__version__,
        # Now, because the history's row of this sync is written by the commit itself.
        finished_at=parts.clock.now(),
        scopes=task.scopes,
        described=[*connector.reports, *(view.name for view in chosen_views)],
    )


def _others(runs: Runs, run: Run, pending: Sequence[Run], result: LoadResult) -> list[Run]:
    """Return the other runs that this load changes: refused older ones, and lost ones."""
    if not result.rows:
        return []
    older = [each for each in pending if each.refused and each.sync_date < run.sync_date]
    lacking: list[Run] = []
    if result.loads_missing_since is not None:
        loaded = runs.loaded(run.connector_id, since=result.loads_missing_since)
        lacking = [each for each in loaded if each.id != run.id]
    return [*map(outcomes.set_aside, older), *map(outcomes.gone, lacking)]
