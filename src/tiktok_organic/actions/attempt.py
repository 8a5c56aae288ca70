"""One attempt at a run, as an engine makes it: under the connector's lock, after what stands before it."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from tiktok_organic.actions.kept_progress import KeptProgress, Stopped
from tiktok_organic.actions.perform import perform
from tiktok_organic.actions.sync import give_up
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import NotFound, Refused, WrongKey
from tiktok_organic.store.orders import SCHEDULED, Orders
from tiktok_organic.sync.run import Run, RunStatus
from tiktok_organic.work.engine import Engine

__all__ = ["attempt"]

_LOG = logging.getLogger(__name__)
STALE = timedelta(hours=24)
"""A run that was ordered longer ago and has nothing fetched is not begun any more: its moment would date today's
numbers to that day."""
MOST_ATTEMPTS = 20
"""A run whose process died so often is what kills it."""


def attempt(app: App, run_id: str, engine: Engine) -> bool:
    """Work on the run, unless nothing is left to do; False when somebody else has the connector's lock. A process that
    turns out not to have the sealing key leaves the run to others, and does no more."""
    connector_id = app.runs.get(run_id).connector_id
    with app.locks.hold(connector_id) as mine:
        if not mine:
            return False
        try:
            _work(app, app.runs.get(run_id), engine)
        except WrongKey as error:
            engine.stop_accepting(f"{error.message}. {error.advice}")
        return True


def _work(app: App, run: Run, engine: Engine) -> None:
    try:
        connector = app.connectors.get(run.connector_id)
    except NotFound:
        return  # removed, and its runs have ended with it
    if connector.state == "paused" and run.requested_by == "schedule":
        _call_off(app, connector)
        return
    if not _wanted(app, run, connector):
        return
    for older in app.runs.pending(connector.id):
        if older.sync_date < run.sync_date and older.loadable and _due(app, older):
            _perform(app, older, connector, engine)
    _perform(app, run, connector, engine)


def _call_off(app: App, connector: Connector) -> None:
    """Nothing is done by schedule for a paused connector."""
    error = Refused(
        "the connector was paused before this sync was over",
        code="connector_paused",
        advice=f"`tiktok-organic sync {connector.id}` syncs it now, `tiktok-organic resume {connector.id}` by its "
        "schedule again; what was fetched is not fetched twice.",
    )
    with app.database.begin() as connection:
        Orders.call_off(connector.id, error.document(), app.clock.now(), connection, SCHEDULED)
    _LOG.info(
        "%r is paused: its scheduled sync is called off",
        connector.name,
        extra={"connector": connector.id},
    )


def _due(app: App, run: Run) -> bool:
    return run.next_attempt_at is None or run.next_attempt_at <= app.clock.now()


def _wanted(app: App, run: Run, connector: Connector) -> bool:
    """Whether the run, as it stands now that we hold the lock, is to be worked on. One that is not is put to rest."""
    if not run.unfinished and (run.next_attempt_at is None or not _due(app, run)):
        return False
    if run.loadable:
        return True
    newest = app.runs.newest(connector.id, limit=1)[0]
    superseded = newest.id != run.id or connector.state == "reconnect_needed"
    if not run.unfinished:
        if superseded:
            app.runs.change(run.id, {"next_attempt_at": None})
        return not superseded
    if app.clock.now() - run.sync_date > STALE or run.attempt >= MOST_ATTEMPTS:
        give_up(app, run)
        return False
    return True


def _perform(app: App, run: Run, connector: Connector, engine: Engine) -> None:
    about = {"run": run.id, "connector": connector.id, "account": connector.username}
    verb = "loading" if run.loadable else "syncing"
    rescued = run.status is RunStatus.RUNNING
    _LOG.info(
        "run %s: %s %r%s, attempt %d",
        run.id, verb, connector.name, " (left behind by a process that died)" if rescued else "", run.attempt + 1,
        extra=about,
    )  # fmt: skip
    progress = KeptProgress(app.runs, run.id, app.clock, engine.stopping)
    try:
        ended = perform(app, run, progress)
    except Stopped:
        ended = app.runs.get(run.id)
    _tell(ended, about)


def _tell(run: Run, about: dict[str, Any]) -> None:
    rows = run.rows
    told: dict[str, Any] = {**about, "status": run.status, "rows": rows, "requests": run.requests}
    if run.unfinished:
        _LOG.warning("run %s: handed back, to be completed by another process", run.id, extra=told)
        return
    if run.status is RunStatus.SUCCEEDED:
        _LOG.info("run %s: succeeded, %d rows, %d requests", run.id, rows, run.requests, extra=told)
        return
    error = run.cause or {"code": "", "message": ""}
    again = f"; again at {run.next_attempt_at:%Y-%m-%d %H:%M:%S} UTC" if run.next_attempt_at else ""
    _LOG.warning(
        "run %s: %s: %s%s",
        run.id,
        run.status,
        error["message"],
        again,
        extra={**told, "code": error["code"]},
    )
