"""One attempt at a run: fetch unless that is done, load, compute the outcome, record it.

The caller holds the connector's lock.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from tiktok_organic.actions.runs.attempt_consent import AttemptConsent
from tiktok_organic.actions.runs.attempt_counters import count_attempt
from tiktok_organic.actions.runs.attempt_dependencies import AttemptDependencies
from tiktok_organic.actions.runs.attempt_fetch import fetch_context
from tiktok_organic.actions.runs.attempt_load import load_answers
from tiktok_organic.actions.runs.phase_timer import Stopwatch
from tiktok_organic.actions.runs.record_outcome import Recorder
from tiktok_organic.connector import UNREADABLE, Connector
from tiktok_organic.errors import Defect, Refused, TikTokOrganicError, WrongKey
from tiktok_organic.store.encryption.key_check import check_key
from tiktok_organic.sync import outcome as outcomes
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.clock_skew import FAR, skew_words
from tiktok_organic.sync.fetching.fetch import fetch
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.loading.loading_pool import LoadingSlot, without_pool
from tiktok_organic.sync.outcome import Outcome
from tiktok_organic.sync.progress import Progress
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.stop import Stop, Stopped
from tiktok_organic.sync.window import Window
from tiktok_organic.warehouse.destinations import exclusive, expected

__all__ = ["perform"]

_LOG = logging.getLogger(__name__)


def perform(
    parts: AttemptDependencies,
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
    records, watch = parts.records, Stopwatch(progress, parts.clock)
    stop = stop or Stop(parts.clock)
    attempt = _Attempt(parts, run)
    try:
        with attempt.recorded_errors():
            connector = records.connectors.get(run.connector_id)
            task = task_of(attempt.run, connector)
            if not attempt.run.loadable:
                usage, consent = attempt.recorder.usage, attempt.consent
                with fetch_context(
                    parts.fetching, connector, task, usage, consent, watch, stop
                ) as context:
                    answers = fetch(task, context)
                attempt.add_answers(task, answers)
            else:
                answers = attempt.run.fetched[-1].summary
            destination = connector.destination
            with expected(destination), loading_slot(exclusive(destination), watch, stop):
                counted = attempt.recorder.counted(attempt.run)
                outcome = load_answers(
                    parts.loading, counted, connector, task, answers, watch, stop
                )
            attempt.record(outcome)
    finally:
        watch.stop()
        count_attempt(records.runs, parts.counters, run, watch)
    return records.runs.get(run.id)


class _Attempt:
    """One attempt: the present state of its run, and the only way in which it ends."""

    def __init__(self, parts: AttemptDependencies, run: Run) -> None:
        self._parts = parts
        self._clock = parts.clock
        self.run = outcomes.begun(run, parts.clock.now())
        self.recorder = Recorder(parts.records, run)
        self.consent = AttemptConsent(parts.records.connectors, run.connector_id)
        self.recorder.begin(self.run)

    def add_answers(self, task: AttemptTask, answers: FetchSummary) -> None:
        """Record that the answers are in the archive. Raises Refused if the date is wrong."""
        # Stored even if the load fails later: it describes TikTok's list, not the warehouse.
        if answers.known_videos is not None:
            self._parts.fetching.video_lists.save(task.connector_id, answers.known_videos)
        self.consent.stop_if_renewal_refused()
        # Before the answers count as fetched: later attempts would load them with the wrong date.
        _refuse_wrong_date(answers)
        # Nothing to load otherwise: a later attempt asks TikTok again.
        if any(name not in answers.failed for name in task.reports):
            self.run = outcomes.fetched(self.run, answers)
            self.recorder.save(self.run)

    def record(self, outcome: Outcome) -> None:
        """Record the outcome, with what follows from a refused consent."""
        self.recorder.record(self.consent.apply_refusal(outcome, self._clock.now()))

    @contextmanager
    def recorded_errors(self) -> Iterator[None]:
        """Record an error that ends the context. Raises Stopped, and WrongKey without the key."""
        try:
            yield
        except (Stopped, WrongKey) as error:
            if isinstance(error, WrongKey) and self._holds_key():
                self._fail(error)
            else:
                self.recorder.save(outcomes.released(self.run))
                raise
        except TikTokOrganicError as error:
            self._fail(error)
        # Recorded on the run, so that a bug shows at its connector and not only in the log.
        except Exception as error:  # noqa: BLE001 - a bug fails this run, and no other one
            _LOG.exception("run %s: a bug", self.run.id, extra={"run": self.run.id})
            self._fail(Defect(f"{type(error).__name__}: {error}"))

    def _fail(self, error: TikTokOrganicError) -> None:
        """Record a failed attempt.

        After a wrong clock, the sync date is corrected; this is the only case in which it changes.
        """
        run = self.run
        if error.code == "clock_wrong" and not run.loaded:
            # Otherwise a date in the future would push the dates of all later syncs after it.
            ahead = timedelta(seconds=self.recorder.usage.clock_ahead or 0.0)
            run = replace(run, sync_date=run.sync_date - ahead)
        self.record(outcomes.failed(run, error, self._clock.now()))

    def _holds_key(self) -> bool:
        """Whether this process has the store's present key."""
        try:
            check_key(self._parts.records.database, self._parts.cipher)
        except WrongKey:
            return False
        return True


def task_of(run: Run, connector: Connector) -> AttemptTask:
    """Return the work of an attempt: the reports that are not loaded yet.

    Raises WrongKey if the connector's destination cannot be decrypted.
    """
    if connector.destination == UNREADABLE:
        raise WrongKey(f"the destination of {connector.name!r} cannot be decrypted")
    return AttemptTask(
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
