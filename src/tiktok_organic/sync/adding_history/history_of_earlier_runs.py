"""Add earlier runs to the history: failed ones, and loaded ones from the archive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from tiktok_organic.archive import Archive
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.history.account_history import Book, Sync
from tiktok_organic.history.syncs import SyncFacts
from tiktok_organic.history.videos import ListedVideo
from tiktok_organic.reports import DAILY_TABLE, VIDEO_REPORT
from tiktok_organic.reports.profile_daily_metric_columns import digest
from tiktok_organic.sync.adding_history.facts_of_runs import FactsOfRuns, report_facts
from tiktok_organic.sync.day_states import DayRecord, day_state, record_after_read
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.loading.archived_source import ArchivedSource
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import RunStatus
from tiktok_organic.tiktok.record_types import Day
from tiktok_organic.tiktok.unusual_data import Findings

__all__ = ["EarlierRuns"]


@dataclass(frozen=True)
class EarlierRuns:
    """Adds runs to `book` that have no row there.

    `records`: the days that they have read so far.
    """

    book: Book
    archive: Archive
    facts: FactsOfRuns
    records: dict[date, DayRecord] = field(default_factory=dict)

    def add(self, runs: Sequence[Run], before: datetime, newest: datetime | None) -> None:
        """Add the failed runs, and the loaded ones between two sync dates.

        `newest`: the newest sync of the history; None: all runs before `before` are read again.
        """
        for run in runs:
            known = self.book.knows(run.sync_date, run.id)
            if _has_failed(run):
                if not known:
                    self.book.failed(self.facts.failed(run))
            elif run.sync_date < before and (
                newest is None or (run.sync_date > newest and not known)
            ):
                self._add_loaded(run)

    def _add_loaded(self, run: Run) -> None:
        for part in run.fetched:
            if part.loaded:
                fetched = part.summary
                loaded = [name for name in fetched.reports if name not in fetched.failed]
                reports = report_facts(loaded, fetched, run.results)
                facts = self.facts.loaded(run, fetched, reports)
                self._add_part(replace(facts, finished_at=run.finished_at), fetched)

    def _add_part(self, facts: SyncFacts, fetched: FetchSummary) -> None:
        """Add what one attempt loaded; if the archive has lost it, the row states that."""
        source = ArchivedSource(self.archive, fetched, Findings())
        loaded = {name for name, (status, _) in facts.reports.items() if status == "succeeded"}
        try:
            days = list(source.days()) if DAILY_TABLE.name in loaded else []
            listed = list(map(ListedVideo.of, source.videos())) if VIDEO_REPORT in loaded else None
            account = source.account() if fetched.account is not None else None
            read_at = datetime.fromisoformat(source.read_at) if source.read_at else facts.sync_date
        except TikTokOrganicError as error:
            # The row is written anyway: without it, the sync would look as if it had never run.
            hole = f"The history lacks what this sync read: {error.message}"
            reasons = "; ".join(filter(None, (facts.error, hole)))
            self.book.take(Sync(replace(facts, error=reasons), days=None))
            return
        states = _read(days, read_at, self.records, facts.sync_date.date())
        username = (account.username if account else None) or facts.username
        self.book.take(
            Sync(
                replace(facts, username=username),
                days,
                listed,
                fetched.list_is_complete,
                states,
            )
        )


def _has_failed(run: Run) -> bool:
    return run.status is RunStatus.FAILED and not run.loaded


def _read(
    days: Iterable[Day], read_at: datetime, records: dict[date, DayRecord], today: date
) -> dict[date, str]:
    """Return the states of the days that a sync read; `records` is updated."""
    states: dict[date, str] = {}
    for day in days:
        before = records.get(day.date, DayRecord())
        records[day.date] = record_after_read(before, digest(day), day.date, read_at)
        states[day.date] = day_state(day.date, records[day.date], today)
    return states
