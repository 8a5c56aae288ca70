"""The tables again, from the archive: the same answers, the same way to rows, the same merges, in the same order."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from tiktok_organic.app import App
from tiktok_organic.connector import Connector, check_dataset
from tiktok_organic.errors import AlreadyRunning, Conflict, Refused
from tiktok_organic.reports import REPORTS
from tiktok_organic.sync.load import load
from tiktok_organic.sync.order import Fetched, Order, Progress
from tiktok_organic.sync.owner import refuse_strangers
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.window import DayRecord, Window, read_again, without_rows

__all__ = ["replay"]


def replay(
    app: App, connector: Connector, dataset: str, run_id: str | None, progress: Progress
) -> dict[str, Any]:
    """Build the tables of all loaded runs (or of one) in `dataset`, oldest moment first; the rows written per table.

    The connector's own dataset is filled only while its tables hold nothing, after the warehouse was lost; what is
    known of each day is then known again. Raises Refused when the dataset belongs to a connector, or holds another
    account's rows, when there is nothing to replay, and when the archive has lost an answer; AlreadyRunning.
    """
    check_dataset(dataset)
    holder = app.connectors.dataset_holder(connector.destination, dataset)
    if holder is not None and holder.id != connector.id:
        raise _taken(connector, f"the dataset {dataset!r} belongs to the connector {holder.name!r}")
    runs = _runs(app, connector, run_id)
    rows: Counter[str] = Counter()
    known: dict[date, DayRecord] = {}
    with app.locks.hold(connector.id) as mine, app.warehouse(connector.destination) as warehouse:
        if not mine:
            raise AlreadyRunning(f"{connector.name!r} is being synced at this moment")
        warehouse.check(dataset)
        if holder is None:
            names = (connector.username, *connector.former_usernames)
            refuse_strangers(warehouse, dataset, connector.account_id, names)
        elif any(warehouse.count(dataset, report.table) for report in REPORTS.values()):
            raise _taken(connector, f"the tables of {connector.name!r} in {dataset!r} hold rows")
        former: tuple[str, ...] = ()
        for run in runs:
            for part in run.fetched:
                if not part.loaded:
                    continue
                fetched = part.fetched
                order = _order(run, connector, dataset, fetched, former)
                loaded = load(order, fetched, app.archive, warehouse, app.clock, progress)
                rows.update(loaded.rows)
                former = tuple(dict.fromkeys((*former, fetched.username, loaded.username)))
                for day, digest in loaded.days.items():
                    known[day] = read_again(
                        known.get(day, DayRecord()), digest, day, loaded.read_at or run.sync_date
                    )
                if holder is not None:  # also when a later run of them cannot be replayed
                    _remember(app, connector, known)
    return {
        "connector": {"id": connector.id, "name": connector.name},
        "dataset": dataset,
        "runs": len(runs),
        "rows": {
            name: rows.get(name, 0) for name in REPORTS if name in rows or name in connector.reports
        },
    }


def _remember(app: App, connector: Connector, known: dict[date, DayRecord]) -> None:
    """What the replayed runs tell of each day; days that none of them brought have no row now."""
    with app.database.begin() as connection:
        former = app.days.known(connector.id, connection)
        app.days.save(connector.id, (without_rows(former, known) | known).items(), connection)


def _taken(connector: Connector, message: str) -> Conflict:
    return Conflict(
        message,
        code="dataset_taken",
        advice=f"Replay into a dataset of its own, for example {connector.dataset}_replayed, and compare.",
    )


def _runs(app: App, connector: Connector, run_id: str | None) -> list[Run]:
    runs = app.runs.loaded(connector.id)
    if run_id is not None:
        wanted = app.runs.get(run_id)
        if wanted.connector_id != connector.id:
            raise Refused(f"the run {run_id} belongs to another connector", code="unknown_run")
        runs = [run for run in runs if run.id == wanted.id]
    if not runs:
        raise Refused(
            "there is nothing to replay: no run of this connector has loaded",
            code="nothing_to_replay",
            advice=f"`tiktok-organic runs {connector.id}` shows what happened.",
        )
    return runs


def _order(
    run: Run, connector: Connector, dataset: str, fetched: Fetched, former: tuple[str, ...]
) -> Order:
    return Order(
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
