"""Compute the outcome of an attempt. Pure: returns everything to record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from tiktok_organic.connector import Connector
from tiktok_organic.errors import (
    ReconnectNeeded,
    TikTokOrganicError,
    TryAgain,
)
from tiktok_organic.reports import DAILY_REPORT
from tiktok_organic.retry_pauses import next_attempt
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.clock_skew import clock_is_right
from tiktok_organic.sync.day_states import DayRecord
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.loading.extract_chart_data import ChartExtract
from tiktok_organic.sync.loading.load_result import LoadResult
from tiktok_organic.sync.loading.load_warnings import warnings
from tiktok_organic.sync.run import FetchedPart, PartState, Run, RunNotes
from tiktok_organic.sync.run_status import (
    ReportResult,
    ReportStatus,
    RunStatus,
    cause,
    results_when_ended,
    status_of,
)

__all__ = ["Outcome", "begun", "ended", "failed", "fetched", "given_up", "gone", "released"]


@dataclass(frozen=True)
class Outcome:
    """What an attempt changes in the store when it ends; recorded in one transaction.

    Facts that are true whatever the outcome is are stored apart from it: renewed tokens, the list
    of known videos, counters, and that TikTok refused the consent (`reconnect` asks for that).

    `others`: the new states of other runs of the connector. `connector`: changed columns of the
    connector. `reconnect`: why the consent has to be given again.
    """

    run: Run
    others: Sequence[Run] = ()
    days: Mapping[date, DayRecord] = field(default_factory=dict)
    figures: ChartExtract | None = None
    connector: Mapping[str, Any] = field(default_factory=dict)
    reconnect: str | None = None


def begun(run: Run, now: datetime) -> Run:
    """Return the run at the beginning of an attempt."""
    return replace(
        run,
        status=RunStatus.RUNNING,
        attempt=run.attempt + 1,
        started_at=now,
        next_attempt_at=None,
    )


def fetched(run: Run, part: FetchSummary) -> Run:
    """Return the run when everything is in the archive."""
    return replace(run, fetched=(*run.fetched, FetchedPart(part)))


def released(run: Run) -> Run:
    """Return the run when the attempt was stopped: another process completes it."""
    return replace(run, status=RunStatus.WAITING, progress=None)


def given_up(run: Run, error: TikTokOrganicError, now: datetime) -> Outcome:
    """Return the run when it is not attempted any more. Loaded reports remain loaded."""
    results = results_when_ended(run.reports, run.results, error)
    ended_run = replace(
        run,
        status=status_of(results.values()),
        results=results,
        error=error.document(),
        finished_at=now,
        next_attempt_at=None,
        progress=None,
    )
    return Outcome(ended_run)


def failed(run: Run, error: TikTokOrganicError, now: datetime) -> Outcome:
    """Return the outcome of an attempt that raised an error: nothing of it is in the warehouse."""
    document = error.document()
    results = results_when_ended(run.reports, run.results, document)
    pause = next_attempt(error, run.attempt)
    parts = run.fetched
    # The load failed and not the fetch, so the error decides what becomes of the answers.
    if run.loadable:
        parts = (*parts[:-1], replace(parts[-1], state=_after(error)))
    ended_run = replace(
        run,
        status=status_of(results.values()),
        results=results,
        fetched=parts,
        error=document,
        finished_at=now,
        next_attempt_at=now + pause if pause is not None else None,
        progress=None,
    )
    reconnect = error.message if isinstance(error, ReconnectNeeded) else None
    return Outcome(ended_run, reconnect=reconnect)


def ended(
    run: Run,
    task: AttemptTask,
    part: FetchSummary,
    result: LoadResult,
    connector: Connector,
    others: Sequence[Run],
    now: datetime,
) -> Outcome:
    """Return the outcome of an attempt that loaded its fetched answers.

    `others`: the new states of older runs that the warehouse refused, and of runs whose rows an
    older copy of the warehouse lacks.
    """
    results = _results(run, task, part, result)
    parts = run.fetched
    # Without rows, the last part is that of an earlier attempt: this one has fetched nothing.
    if result.rows:
        parts = (*parts[:-1], replace(parts[-1], state=PartState.LOADED))
    status = status_of(results.values())
    # The longest pause of its failed reports (`OpenReports.fail`): a retry requests all of them.
    retry = part.retry_in if part.failed else None
    ended_run = replace(
        run,
        status=status,
        results=results,
        fetched=parts,
        loaded=any(each.loaded for each in parts),
        error=cause(None, results.values()) if status is RunStatus.FAILED else None,
        notes=_notes(run, task, part, result, connector, others),
        finished_at=now,
        next_attempt_at=now + timedelta(seconds=retry) if retry is not None else None,
        progress=None,
    )
    revoked = [e["message"] for e in part.failed.values() if e["code"] == ReconnectNeeded.code]
    return Outcome(
        ended_run,
        others=others,
        days=result.days,
        figures=result.figures if result.rows else None,
        connector=_connector(task, part, result, connector),
        reconnect=revoked[0] if revoked else None,
    )


def _results(
    run: Run, task: AttemptTask, part: FetchSummary, result: LoadResult
) -> dict[str, ReportResult]:
    """Return the results of all attempts: this one has the reports of its task."""
    results = dict(run.results)
    for name in task.reports:
        error = part.failed.get(name)
        results[name] = (
            ReportResult(ReportStatus.FAILED, error=error)
            if error
            else ReportResult(ReportStatus.SUCCEEDED, result.rows.get(name, 0))
        )
    return results


def _notes(
    run: Run,
    task: AttemptTask,
    part: FetchSummary,
    result: LoadResult,
    connector: Connector,
    others: Sequence[Run],
) -> RunNotes:
    lost = sorted(day for day, record in result.days.items() if record.lost)
    return RunNotes(
        curves=run.notes.curves,
        warnings=tuple(warnings(task, part, result, connector, others)),
        findings=result.findings.document(),
        lost_days=tuple(day.isoformat() for day in lost),
        refused_fields=tuple(part.refused_fields),
        bytes_billed=result.bytes_billed,
    )


def set_aside(run: Run) -> Run:
    """Return a refused run after the warehouse accepted a later one."""
    parts = (*run.fetched[:-1], replace(run.fetched[-1], state=PartState.SET_ASIDE))
    return replace(run, fetched=parts, next_attempt_at=None)


def gone(run: Run) -> Run:
    """Return a loaded run whose rows are missing in the warehouse."""
    parts = tuple(
        replace(part, state=PartState.GONE) if part.loaded else part for part in run.fetched
    )
    return replace(run, fetched=parts)


def _after(error: TikTokOrganicError) -> PartState:
    """Return the state of the answers after a failed load."""
    if error.code == "archive_missing":
        return PartState.LOST
    # After a temporary error later runs wait for these answers; refused ones must not delay them.
    return PartState.FETCHED if isinstance(error, TryAgain) else PartState.REFUSED


def _connector(
    task: AttemptTask, part: FetchSummary, result: LoadResult, connector: Connector
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if result.username and result.username != connector.username:
        changed = connector.renamed_account(result.username)
        values["username"] = changed.username
        values["former_usernames"] = list(changed.former_usernames)
    account = result.account
    if account is not None:
        # Only what TikTok returned: a withheld permission must not erase a known value.
        if account.display_name:
            values["display_name"] = account.display_name
        if account.profile_image:
            values["avatar"] = account.profile_image
        if account.followers_count is not None:
            values["followers"] = account.followers_count
    if result.rows and DAILY_REPORT in task.reports and clock_is_right(part.clock_ahead):
        # It only ever moves back, so a day that a wrong clock has set would remain for good.
        first = connector.first_asked or connector.created_at.date()
        # The window of a recovery may begin before all earlier ones.
        values["first_asked"] = min(first, task.window.start)
    return values
