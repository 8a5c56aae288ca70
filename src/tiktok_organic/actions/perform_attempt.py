"""One attempt at a run: fetch unless that is done, load, compute the outcome, record it.

The caller holds the connector's lock.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from tiktok_organic.actions.attempt_consent import AttemptConsent
from tiktok_organic.actions.attempt_counters import count_attempt
from tiktok_organic.actions.attempt_fetch import fetch_context
from tiktok_organic.actions.attempt_load import load_answers
from tiktok_organic.actions.attempt_parts import AttemptParts
from tiktok_organic.actions.phase_timer import Stopwatch
from tiktok_organic.actions.record_outcome import Recorder
from tiktok_organic.connector import UNREADABLE, Connector
from tiktok_organic.errors import Defect, Refused, TikTokOrganicError, WrongKey
from tiktok_organic.store.cipher import Cipher
from tiktok_organic.store.database import Database
from tiktok_organic.store.key_check import check_key
from tiktok_organic.sync import outcome as outcomes
from tiktok_organic.sync.clock_skew import FAR, skew_words
from tiktok_organic.sync.fetch import fetch
from tiktok_organic.sync.fetch_summary import FetchSummary
from tiktok_organic.sync.loading_pool import LoadingSlot, without_pool
from tiktok_organic.sync.order import Order
from tiktok_organic.sync.outcome import Outcome
from tiktok_organic.sync.progress import Progress
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.stop import Stop, Stopped
from tiktok_organic.sync.window import Window
from tiktok_organic.tiktok.transport import Usage
from tiktok_organic.warehouse.destinations import exclusive, expected

__all__ = ["perform"]

_LOG = logging.getLogger(__name__)


def perform(
    parts: AttemptParts,
    run: Run,
    progress: Progress,
    stop: Stop | None = None,
    loading_slot: LoadingSlot = without_pool,
) -> Run:
    """Attempt the run, and return its new state. `loading_slot`: where it waits to load.

    The attempt is counted before anything can fail. Every error of the attempt is recorded on the
    run; a bug is logged with its traceback. Stopped is raised, and WrongKey if this process lacks
    the store's key: the run is released, and another process completes it. If only the connector's
    destination cannot be decrypted, the run fails as with other errors.
    """
    clock, records = parts.clock, parts.records
    stop = stop or Stop(clock)
    recorder = Recorder(records, run)
    watch = Stopwatch(progress, clock)
    current = outcomes.begun(run, clock.now())
    recorder.begin(current)
    consent = AttemptConsent(records.connectors, run.connector_id)
    usage = recorder.usage

    def fail(error: TikTokOrganicError) -> None:
        recorder.record(_failed(current, error, consent, usage, clock.now()))

    try:
        connector = records.connectors.get(run.connector_id)
        order = order_of(current, connector)
        if not current.loadable:
            with fetch_context(
                parts.fetching, connector, order, usage, consent, watch, stop
            ) as context:
                answers = fetch(order, context)
            # Stored even if the load fails later: it describes TikTok's list, not the warehouse.
            if answers.known_videos is not None:
                parts.fetching.video_lists.save(connector.id, answers.known_videos)
            consent.stop_if_renewal_refused()
            # Before the answers count as fetched: later attempts would load them with the wrong
            # date.
            _refuse_wrong_date(answers)
            # Nothing to load otherwise: a later attempt asks TikTok again.
            if any(name not in answers.failed for name in order.reports):
                current = outcomes.fetched(current, answers)
                recorder.save(current)
        else:
            answers = current.fetched[-1].summary
        destination = connector.destination
        with expected(destination), loading_slot(exclusive(destination), watch, stop):
            current = recorder.counted(current)
            outcome = load_answers(parts.loading, current, connector, order, answers, watch, stop)
        recorder.record(consent.apply_refusal(outcome, clock.now()))
    except (Stopped, WrongKey) as error:
        if isinstance(error, WrongKey) and _holds_key(records.database, parts.cipher):
            fail(error)
        else:
            recorder.save(outcomes.released(current))
            raise
    except TikTokOrganicError as error:
        fail(error)
    # Recorded on the run, so that a bug shows at its connector and not only in the log.
    except Exception as error:  # noqa: BLE001 - a bug fails this run, and no other one
        _LOG.exception("run %s: a bug", run.id, extra={"run": run.id})
        fail(Defect(f"{type(error).__name__}: {error}"))
    finally:
        watch.stop()
        count_attempt(records.runs, parts.counters, run, watch)
    return records.runs.get(run.id)


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


def _refuse_wrong_date(answers: FetchSummary) -> None:
    """Raise Refused if this machine's date is not TikTok's."""
    if answers.clock_ahead is not None and abs(answers.clock_ahead) > FAR.total_seconds():
        raise Refused(
            f"this machine's clock is {skew_words(answers.clock_ahead)}",
            code="clock_wrong",
        )


def _failed(
    run: Run, error: TikTokOrganicError, consent: AttemptConsent, usage: Usage, now: datetime
) -> Outcome:
    """Return the outcome of an attempt that an error ended.

    After a wrong clock, the sync date is corrected; this is the only case in which it changes.
    """
    if error.code == "clock_wrong" and not run.loaded:
        # Otherwise a date in the future would push the dates of all later syncs after it.
        ahead = timedelta(seconds=usage.clock_ahead or 0.0)
        run = replace(run, sync_date=run.sync_date - ahead)
    return consent.apply_refusal(outcomes.failed(run, error, now), now)


def _holds_key(database: Database, cipher: Cipher) -> bool:
    """Whether this process has the store's present key."""
    try:
        check_key(database, cipher)
    except WrongKey:
        return False
    return True
