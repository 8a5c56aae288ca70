"""Rebuild the tables from the archive: the same answers, rows, merges and order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tiktok_organic.actions.runs.replay_pass import Replay
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.connector_rules import check_dataset
from tiktok_organic.errors import (
    AlreadyRunning,
    Conflict,
    Refused,
)
from tiktok_organic.reports import REPORTS
from tiktok_organic.store.runs.runs import Runs
from tiktok_organic.sync.loading.dataset_owner import refuse_strangers
from tiktok_organic.sync.progress import Progress
from tiktok_organic.sync.run import Run

__all__ = ["replay"]


def replay(
    app: App, connector: Connector, dataset: str, run_id: str | None, progress: Progress
) -> dict[str, Any]:
    """Load the answers of all loaded runs (or of one) into `dataset`, oldest sync date first.

    It can be repeated, and continues an interrupted replay. A run that is older than the dataset's
    newest rows adds its snapshots and the days without a row, and replaces nothing. Runs whose
    answers are lost are skipped and named.

    Returns the rows written per table. Raises Refused if the dataset belongs to another connector
    or account, if there is nothing to replay, or if no run can be replayed; AlreadyRunning.
    """
    check_dataset(dataset)
    holder = app.connectors.dataset_holder(connector.destination, dataset)
    if holder is not None and holder.id != connector.id:
        raise _taken(connector, f"the dataset {dataset!r} belongs to the connector {holder.name!r}")
    runs = _runs(app.runs, connector, run_id)
    with (
        app.locks.hold(connector.id) as acquired,
        app.warehouse(connector.destination) as warehouse,
    ):
        if not acquired:
            raise AlreadyRunning(f"{connector.name!r} is being synced at this moment")
        warehouse.check(dataset)
        if holder is None:
            names = (connector.username, *connector.former_usernames)
            refuse_strangers(warehouse, dataset, connector.account_id, names)
        pass_ = Replay(app, connector, dataset, warehouse, progress, own=holder is not None)
        if run_id is None:
            pass_.failed = [run for run in app.runs.ended(connector.id) if not run.loaded]
        skipped = [each for run in runs if (each := pass_.run(run)) is not None]
    if len(skipped) == len(runs):
        raise skipped[0].error
    rows = pass_.rows
    return {
        "connector": {"id": connector.id, "name": connector.name},
        "dataset": dataset,
        "runs": len(runs) - len(skipped),
        "rows": {
            name: rows.get(name, 0) for name in REPORTS if name in rows or name in connector.reports
        },
        "skipped": [each.document() for each in skipped],
    }


def _taken(connector: Connector, message: str) -> Conflict:
    return Conflict(
        message,
        code="dataset_taken",
        case="replay",
        free_dataset=f"{connector.dataset}_replayed",
    )


def _runs(stored: Runs, connector: Connector, run_id: str | None) -> Sequence[Run]:
    runs = stored.loaded(connector.id)
    if run_id is not None:
        wanted = stored.get(run_id)
        if wanted.connector_id != connector.id:
            raise Refused(f"the run {run_id} belongs to another connector", code="unknown_run")
        runs = [run for run in runs if run.id == wanted.id]
    if not runs:
        raise Refused(
            "nothing was replayed: no run of this connector was loaded",
            code="nothing_to_replay",
            connector=connector.id,
        )
    return runs
