"""One attempt at a run: fetch unless that is done, load, compute the outcome, record it.

The caller holds the connector's lock.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from tiktok_organic import __version__
from tiktok_organic.actions.attempt_consent import AttemptConsent
from tiktok_organic.actions.attempt_counters import count_attempt
from tiktok_organic.actions.phase_timer import Stopwatch
from tiktok_organic.actions.record_outcome import Recorder
from tiktok_organic.actions.token_keeper import TokenKeeper
from tiktok_organic.app import App
from tiktok_organic.connector import UNREADABLE, Connector
from tiktok_organic.errors import Defect, DestinationBusy, Refused, TikTokOrganicError, WrongKey
from tiktok_organic.history.views import views
from tiktok_organic.store.commit_jobs import ConnectorJournal
from tiktok_organic.store.key_check import check_key
from tiktok_organic.sync import outcome as outcomes
from tiktok_organic.sync.clock_skew import FAR, skew_words
from tiktok_organic.sync.fetch import Asking, fetch
from tiktok_organic.sync.history_companion import History
from tiktok_organic.sync.load import Known, Loader, LoadResult
from tiktok_organic.sync.loading_pool import LoadingPlace, without_pool
from tiktok_organic.sync.next_step import waits_for
from tiktok_organic.sync.order import Fetched, Order
from tiktok_organic.sync.outcome import Outcome
from tiktok_organic.sync.progress import Phase, Progress, ProgressEvent
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.stop import Stop, Stopped
from tiktok_organic.sync.window import Window
from tiktok_organic.tiktok.client import TikTok
from tiktok_organic.tiktok.transport import Usage
from tiktok_organic.warehouse.destinations import exclusive, prepare

__all__ = ["perform"]

_LOG = logging.getLogger(__name__)


def perform(
    app: App,
    run: Run,
    progress: Progress,
    stop: Stop | None = None,
    place: LoadingPlace = without_pool,
) -> Run:
    """Attempt the run, and return its new state. `place`: where it waits to load.

    The attempt is counted before anything can fail. Every error of the attempt is recorded on the
    run; a bug is logged with its traceback. Stopped and WrongKey are raised: the run is released,
    and another process completes it.
    """
    stop = stop or Stop(app.clock)
    recorder = Recorder(app, run)
    watch = Stopwatch(progress, app.clock)
    now = outcomes.begun(run, app.clock.now())
    recorder.save(now)
    consent = AttemptConsent(app.connectors, run.connector_id)
    try:
        connector = app.connectors.get(run.connector_id)
        order = order_of(now, connector)
        if not now.loadable:
            with _asking(app, connector, order, recorder, consent, watch, stop) as asking:
                answers = fetch(order, asking)
            if answers.known_videos is not None:
                app.video_lists.save(connector.id, answers.known_videos)
            consent.check_keeper()
            _refuse_wrong_date(answers)
            # Nothing to load otherwise: a later attempt asks TikTok again.
            if any(name not in answers.failed for name in order.reports):
                now = outcomes.fetched(now, answers)
                recorder.save(now)
        else:
            answers = now.fetched[-1].fetched
        with place(exclusive(connector.destination), watch, stop):
            done = _load(app, now, connector, order, answers, recorder, watch, stop)
        recorder.record(consent.checked(done, app.clock.now()))
    except (Stopped, WrongKey) as error:
        if isinstance(error, WrongKey) and _holds_the_key(app):
            # Only this connector's destination cannot be decrypted; the others still work.
            recorder.record(_failed(app, now, error, consent, recorder.usage))
        else:
            recorder.save(outcomes.released(now))
            raise
    except TikTokOrganicError as error:
        recorder.record(_failed(app, now, error, consent, recorder.usage))
    # Recorded on the run, so that a bug shows at its connector and not only in the log.
    except Exception as error:  # noqa: BLE001 - a bug fails this run, and no other one
        _LOG.exception("run %s: a bug", run.id, extra={"run": run.id})
        defect = Defect(f"{type(error).__name__}: {error}")
        recorder.record(_failed(app, now, defect, consent, recorder.usage))
    finally:
        watch.stop()
        count_attempt(app.runs, app.counters, run, watch)
    return app.runs.get(run.id)


def order_of(run: Run, connector: Connector) -> Order:
    """Return the work of an attempt: the reports that are not loaded yet.

    Raises WrongKey if the connector's destination cannot be decrypted.
    """
    if connector.destination == UNREADABLE:
        raise WrongKey(f"the destination of {connector.name!r} cannot be decrypted")
    return Order(
        run_id=run.id,
        connector_id=connector.id,
        account_id=connector.account_id,
        username=connector.username,
        former_usernames=connector.former_usernames,
        reports=run.open_reports,
        dataset=connector.dataset,
        window=Window(run.window_start, run.window_end),
        sync_date=run.sync_date,
        attempt=run.attempt,
        scopes=connector.scopes,
        curves=run.notes.curves,
    )


@contextmanager
def _asking(
    app: App,
    connector: Connector,
    order: Order,
    recorder: Recorder,
    consent: AttemptConsent,
    progress: Progress,
    stop: Stop,
) -> Iterator[Asking]:
    """Yield everything that fetching needs."""

    def on_wait(seconds: float, reason: str) -> None:
        stop.check(seconds)
        progress(ProgressEvent(Phase.WAITING, seconds=seconds, reason=reason))

    recording = app.archive.record(order.connector_id, order.run_id, order.attempt, order.sync_date)
    try:
        # In a thread: importing a warehouse's driver takes up to a second, which the wait for
        # TikTok's answers hides.
        prepare(connector.destination)
        transport = app.transport(
            connector.api_url, on_wait=on_wait, on_send=recording.sending, usage=recorder.usage
        )
        keeper = consent.keeper = TokenKeeper(app, order.connector_id, transport)
        tiktok = TikTok(transport, order.account_id, keeper, recording.keep)
        yield Asking(
            tiktok,
            recording,
            app.clock,
            app.limits,
            progress,
            keeper.scopes,
            stop,
            app.video_lists.read(connector.id),
        )
    finally:
        recording.close()


def _refuse_wrong_date(answers: Fetched) -> None:
    """Raise Refused if this machine's date is not TikTok's."""
    if answers.clock_ahead is not None and abs(answers.clock_ahead) > FAR.total_seconds():
        raise Refused(
            f"this machine's clock is {skew_words(answers.clock_ahead)}",
            code="clock_wrong",
        )


def _load(
    app: App,
    run: Run,
    connector: Connector,
    order: Order,
    answers: Fetched,
    recorder: Recorder,
    progress: Progress,
    stop: Stop,
) -> Outcome:
    """Load the fetched answers, and compute the outcome.

    Raises DestinationBusy while an older sync waits to be loaded: its older values must not replace
    newer ones.
    """
    pending = app.runs.pending(connector.id)
    first = waits_for(run, pending)
    if first is not None:
        why = "" if first.error is None else f": {first.error['message']}"
        raise DestinationBusy(f"the earlier run {first.id} waits to be loaded{why}")
    known = Known(
        app.days.known(connector.id), connector.first_asked, app.runs.newest_loaded(connector.id)
    )
    journal = ConnectorJournal(app.database, connector.id)
    with app.warehouse(connector.destination) as warehouse:
        history = History(
            warehouse,
            app.archive,
            recorder.counted(run),
            lambda since: [
                each for each in app.runs.ended(connector.id, since) if each.id != run.id
            ],
            product_version=__version__,
            finished_at=app.clock.now(),
            scopes=order.scopes,
        )
        loader = Loader(
            app.archive,
            app.clock,
            progress,
            stop,
            companions=[history],
            journal=journal,
            replaces_in_store=app.database.path is None,
            views=views(connector.schedule.timezone, connector.reports) if connector.views else (),
        )
        result = loader.load(order, answers, known, warehouse)
    others = _others(app, run, pending, result)
    return outcomes.ended(run, order, answers, result, connector, others, app.clock.now())


def _others(app: App, run: Run, pending: Sequence[Run], result: LoadResult) -> list[Run]:
    """Return the other runs that this load changes: refused older ones, and lost ones."""
    if not result.rows:
        return []
    older = [each for each in pending if each.refused and each.sync_date < run.sync_date]
    lacking: list[Run] = []
    if result.copy_of is not None:
        loaded = app.runs.loaded(run.connector_id, since=result.copy_of)
        lacking = [each for each in loaded if each.id != run.id]
    return [*map(outcomes.set_aside, older), *map(outcomes.gone, lacking)]


def _failed(
    app: App, run: Run, error: TikTokOrganicError, consent: AttemptConsent, usage: Usage
) -> Outcome:
    if error.code == "clock_wrong" and not run.loaded:
        ahead = timedelta(seconds=usage.clock_ahead or 0.0)
        run = replace(run, sync_date=run.sync_date - ahead)  # later syncs are dated after it
    now = app.clock.now()
    return consent.checked(outcomes.failed(run, error, now), now)


def _holds_the_key(app: App) -> bool:
    """Whether this process has the store's present key."""
    try:
        check_key(app.database, app.cipher)
    except WrongKey:
        return False
    return True
