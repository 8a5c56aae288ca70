"""Sync now: complete the run of an earlier attempt, or begin a new one."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime

from tiktok_organic.actions.operation.prune_archive import prune
from tiktok_organic.actions.runs.attempt_dependencies import attempt_dependencies, records_of
from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.actions.runs.perform_attempt import perform
from tiktok_organic.actions.runs.record_outcome import Recorder, Records
from tiktok_organic.actions.runs.store_outage import ended_by_store
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import AlreadyRunning, TikTokOrganicError
from tiktok_organic.store.runs.runs import Runs
from tiktok_organic.sync.loading.loading_pool import LoadingSlot, without_pool
from tiktok_organic.sync.next_step_of_run import Circumstances, Step, adopted, next_step
from tiktok_organic.sync.outcome import given_up
from tiktok_organic.sync.progress import Progress
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.stop import Stop
from tiktok_organic.sync.window import Window, daily_window

__all__ = ["give_up", "sync"]


def sync(
    app: App,
    connector: Connector,
    progress: Progress,
    *,
    window: Window | None = None,
    wait: bool = False,
    requested_by: str = "person",
    curves: bool = False,
    stop: Stop | None = None,
    since: datetime | None = None,
    loading_slot: LoadingSlot = without_pool,
) -> Run:
    """Sync, or recover `window`, and return the finished run.

    `curves`: also request the videos' second-by-second curves, for the archive. `since`: the time
    of the first try, if the store became unreachable; a run that was ordered after it and has a
    result is returned. `loading_slot`: where the sync waits to load, among others. Raises
    AlreadyRunning and ReconnectNeeded (nothing was done then), Stopped, and the store's error if
    the store was unreachable.
    """
    with app.locks.hold(connector.id, wait=wait) as acquired, _demo_beside(app, connector):
        if not acquired:
            raise AlreadyRunning(
                f"{connector.name!r} is being synced at this moment{_by_run(app.runs, connector)}"
            )
        ended = _ended_since(app.runs, connector, since)
        if ended is not None:
            return ended
        # Again, under the lock: another process may have changed it in the meantime.
        connector = app.connectors.get(connector.id)
        wanted = window or _last_days(connector, app.clock.now().date())
        done = _complete(
            app, connector, progress, wanted, curves=curves, stop=stop, loading_slot=loading_slot
        )
        if done is not None:
            return done
        run = order_run(app, connector, window=window, requested_by=requested_by, curves=curves)
        ended = perform(attempt_dependencies(app), run, progress, stop, loading_slot)
        now = app.clock.now()
        prune(app.archive, app.runs, connector, app.settings.archive_days, now)
        away = ended_by_store(ended)
        if away is not None:
            raise away
        return ended


def _ended_since(runs: Runs, connector: Connector, since: datetime | None) -> Run | None:
    """Return the connector's newest run if it was ordered since then and has a result."""
    newest = runs.newest(connector.id, limit=1) if since is not None else []
    if newest and since is not None and newest[0].created_at >= since:
        has_result = not newest[0].unfinished and ended_by_store(newest[0]) is None
        return newest[0] if has_result else None
    return None


def give_up(records: Records, run: Run, error: TikTokOrganicError, now: datetime) -> None:
    """End a run that is not attempted any more."""
    Recorder(records, run).record(given_up(run, error, now))


def _demo_beside(app: App, connector: Connector) -> AbstractContextManager[None]:
    """Start the simulator for invented accounts; real ones need nothing."""
    if connector.api_url != app.demo_home.api_url:
        return nullcontext()
    from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok

    return DemoTikTok(app).beside(connector)


def _complete(
    app: App,
    connector: Connector,
    progress: Progress,
    wanted: Window,
    *,
    curves: bool,
    stop: Stop | None,
    loading_slot: LoadingSlot,
) -> Run | None:
    """Complete unfinished runs, oldest first.

    Returns the last of them if it fulfils the order. The caller holds the lock, so the processes
    that worked on them have ended.
    """
    answer = None
    for run in app.runs.pending(connector.id):
        answer = None
        now = app.clock.now()
        # `newest` decides about finished runs that have to be fetched again, and `pending` returns
        # none of them; so the real one is not looked up.
        about = Circumstances(now, connector.state, newest=run.id, by_person=True)
        decision = next_step(run, about)
        if decision.step is Step.GIVE_UP and decision.reason is not None:
            give_up(records_of(app), run, decision.reason, now)
        if not decision.attempts:
            continue
        ended = perform(attempt_dependencies(app), run, progress, stop, loading_slot)
        fields = run.notes.curves or not curves
        if adopted(run, now) and fields and _serves(run, connector, wanted):
            answer = ended
    return answer


def _serves(run: Run, connector: Connector, window: Window) -> bool:
    """Whether a run has all of today's reports and all of these days."""
    all_reports = set(connector.reports) <= set(run.reports)
    return all_reports and run.window_start <= window.start and window.end <= run.window_end


def _last_days(connector: Connector, today: date) -> Window:
    """Return the minimum window of a sync."""
    return daily_window(today, connector.lookback, None, {})


def _by_run(runs: Runs, connector: Connector) -> str:
    running = [run for run in runs.newest(connector.id, limit=3) if run.unfinished]
    return f" (run {running[0].id})" if running else ""
