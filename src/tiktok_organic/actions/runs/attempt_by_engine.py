"""One attempt at a run by an engine: under the connector's lock, oldest answers first."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from typing import Any

from tiktok_organic.actions.runs.attempt_dependencies import attempt_dependencies, records_of
from tiktok_organic.actions.runs.perform_attempt import perform
from tiktok_organic.actions.runs.stored_progress import StoredProgress
from tiktok_organic.actions.runs.sync_now import give_up
from tiktok_organic.advice_text import Advise
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.engine.engine import Engine
from tiktok_organic.errors import NotFound, TikTokOrganicError, WrongKey
from tiktok_organic.store.runs.cancel_runs import cancel_runs
from tiktok_organic.store.runs.due_work import SCHEDULED
from tiktok_organic.sync.next_step_of_run import Circumstances, Step, next_step
from tiktok_organic.sync.progress import Progress
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import RunStatus
from tiktok_organic.sync.stop import Stop, Stopped

__all__ = ["attempt"]

_LOG = logging.getLogger(__name__)


def attempt(app: App, run_id: str, engine: Engine, advise: Advise) -> bool:
    """Attempt the run unless it is done; return False if another process holds the lock.

    A process without the store's key releases the run and stops accepting others.
    """
    connector_id = app.runs.get(run_id).connector_id
    with app.locks.hold(connector_id) as acquired:
        if not acquired:
            return False
        try:
            _work(app, app.runs.get(run_id), engine)
        except WrongKey as error:
            engine.stop_accepting(f"{error.message}. {advise(error.code, error.facts)}")
        except Stopped:
            _log_end(app.runs.get(run_id))
        return True


def _work(app: App, run: Run, engine: Engine) -> None:
    try:
        connector = app.connectors.get(run.connector_id)
    except NotFound:
        return  # it was removed, and its runs have ended with it
    # There is at least the run itself.
    newest = app.runs.newest(connector.id, limit=1)[0].id
    about = Circumstances(app.clock.now(), connector.state, newest, by_person=False)
    decision = next_step(run, about)
    if decision.step is Step.GIVE_UP and decision.reason is not None:
        _end(app, run, connector, decision.reason)
    elif decision.step is Step.RETIRE:
        app.runs.change(run.id, {"next_attempt_at": None})
    if not decision.attempts:
        return
    # Oldest first: old values must not replace newer ones.
    for older in app.runs.pending(connector.id):
        waits = older.next_attempt_at is not None and older.next_attempt_at > about.now
        if older.sync_date < run.sync_date and older.loadable and not waits:
            _perform(app, older, connector, engine, run.id)
    _perform(app, run, connector, engine, run.id)


def _end(app: App, run: Run, connector: Connector, reason: TikTokOrganicError) -> None:
    """End the run; if the connector is paused, also end all its scheduled runs."""
    if reason.code != "connector_paused":
        give_up(records_of(app), run, reason, app.clock.now())
        return
    with app.database.begin() as connection:
        cancel_runs(connector.id, reason.document(), app.clock.now(), connection, SCHEDULED)
    _LOG.info(
        "%r is paused: its scheduled sync was cancelled",
        connector.name,
        extra={"connector": connector.id},
    )


def _perform(app: App, run: Run, connector: Connector, engine: Engine, assigned: str) -> None:
    """Attempt a run. `assigned`: the run that the engine gave to this thread."""
    left_behind = " (left behind by a process that died)"
    _LOG.info(
        "run %s: %s %r%s, attempt %d",
        run.id,
        "loading" if run.loadable else "syncing",
        connector.name,
        left_behind if run.status is RunStatus.RUNNING else "",
        run.attempt + 1,
        extra={"run": run.id, "connector": connector.id, "account": connector.username},
    )
    progress = StoredProgress(app.runs, run.id, app.clock)

    def loading_slot(
        destination: str,
        progress: Progress,
        stop: Stop,  # noqa: ARG001 - the engine's own
    ) -> AbstractContextManager[None]:
        return engine.loading_slot(assigned, destination, progress)

    _log_end(perform(attempt_dependencies(app), run, progress, engine.stopping, loading_slot))


def _log_end(run: Run) -> None:
    facts: dict[str, Any] = {
        "run": run.id,
        "connector": run.connector_id,
        "status": str(run.status),
        "rows": run.rows,
        "requests": run.requests,
    }
    if run.unfinished:
        _LOG.warning("run %s: released, another process completes it", run.id, extra=facts)
        return
    if run.succeeded:
        _LOG.info(
            "run %s: succeeded, %d rows, %d requests", run.id, run.rows, run.requests, extra=facts
        )
        return
    error = run.cause or {"code": "", "message": ""}
    again = ""
    if run.next_attempt_at is not None:
        again = f"; again at {run.next_attempt_at:%Y-%m-%d %H:%M:%S} UTC"
    _LOG.warning(
        "run %s: %s: %s%s",
        run.id,
        run.status,
        error["message"],
        again,
        extra={**facts, "code": error["code"]},
    )
