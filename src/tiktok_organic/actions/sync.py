"""Sync now: complete what an earlier attempt left behind, or begin anew; one at a time for each connector."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

from tiktok_organic.actions.order import order
from tiktok_organic.actions.perform import perform
from tiktok_organic.actions.pruning import prune
from tiktok_organic.actions.uncounted import forget, uncounted
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import AlreadyRunning
from tiktok_organic.sync.order import Progress
from tiktok_organic.sync.run import Run, RunStatus, failed_results
from tiktok_organic.sync.window import Window, daily_window

__all__ = ["ADOPTED", "give_up", "sync"]

ADOPTED = timedelta(hours=1)
"""A sync that was begun within this time and not completed is completed when somebody orders one: it keeps its moment.
An older one is completed as well, and then a new sync begins: whoever asks now wants numbers of now."""


def sync(
    app: App,
    connector: Connector,
    progress: Progress,
    *,
    window: Window | None = None,
    wait: bool = False,
    requested_by: str = "person",
    curves: bool = False,
) -> Run:
    """Sync, or recover `window`; the run as it ended. Raises AlreadyRunning, ReconnectNeeded (nothing is done then).

    `curves`: ask for the videos' second-by-second curves as well, for the archive.
    """
    with app.locks.hold(connector.id, wait=wait) as mine, _demo_beside(app, connector):
        if not mine:
            raise AlreadyRunning(
                f"{connector.name!r} is being synced at this moment{_by_whom(app, connector)}"
            )
        connector = app.connectors.get(connector.id)
        done = _complete(app, connector, progress, window, curves=curves)
        if done is not None:
            return done
        run = order(app, connector, window=window, requested_by=requested_by, curves=curves)
        ended = perform(app, run, progress)
        prune(app, connector)
        return ended


def _demo_beside(app: App, connector: Connector) -> AbstractContextManager[None]:
    """Invented accounts need the simulator; real ones nothing."""
    if connector.api_url != app.demo_home.api_url:
        return nullcontext()
    from tiktok_organic.actions.demo_tiktok import DemoTikTok

    return DemoTikTok(app).beside(connector)


def _complete(
    app: App, connector: Connector, progress: Progress, window: Window | None, *, curves: bool
) -> Run | None:
    """Complete the runs that were left behind, oldest first. The last of them, when it is what was ordered.

    We hold the lock, so whoever worked on them is dead.
    """
    answer = None
    young = app.clock.now() - ADOPTED
    for run in app.runs.pending(connector.id):
        answer = None
        recent = run.sync_date >= young
        if connector.state == "reconnect_needed" and not run.loadable:
            recent = False
        if not recent and not run.loadable:
            give_up(app, run)
            continue
        ended = perform(app, run, progress)
        fields = not curves or run.notes.curves
        if recent and fields and _serves(run, connector, window or _last_days(app, connector)):
            answer = ended
    return answer


def _serves(run: Run, connector: Connector, window: Window) -> bool:
    """Whether a run does what is ordered now: all the reports of today, and all those days."""
    all_reports = set(connector.reports) <= set(run.reports)
    return all_reports and run.window_start <= window.start and window.end <= run.window_end


def _last_days(app: App, connector: Connector) -> Window:
    """The least that a sync reads."""
    return daily_window(app.clock.now().date(), connector.lookback, None, {})


def give_up(app: App, run: Run) -> None:
    """A run whose process died before everything was fetched, too long ago to be continued."""
    error = {
        "code": "interrupted",
        "message": "the process that worked on it ended before everything was fetched",
        "advice": "Nothing of it was written; the next sync fetches it anew.",
    }
    results = failed_results(run.reports, error)
    now = app.clock.now()
    values = {
        "status": RunStatus.FAILED,
        "error": error,
        "results": results,
        "finished_at": now,
        "progress": None,
    }
    app.runs.change(run.id, {**values, "requests": run.requests + uncounted(app, run)})
    forget(app, run, run.attempt)


def _by_whom(app: App, connector: Connector) -> str:
    running = [run for run in app.runs.newest(connector.id, limit=3) if run.unfinished]
    return f" (run {running[0].id})" if running else ""
