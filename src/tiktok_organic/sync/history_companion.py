"""The history tables of a load: converts what the pipeline and the warehouse know into rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tiktok_organic.archive import Archive
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.history.account_history import Book, StoredHistory, Sync
from tiktok_organic.history.column_facts import withheld_columns
from tiktok_organic.history.rows import CoverageRow, NameRow, SyncRow, VideoRow
from tiktok_organic.history.syncs import EVIDENCE, SyncFacts
from tiktok_organic.history.tables import (
    ACCOUNT_USERNAME,
    COVERAGE_DAY,
    METRIC_DEFINITION,
    SYNC_RUN,
    VIDEO,
)
from tiktok_organic.history.videos import ListedVideo
from tiktok_organic.reports import REPORTS
from tiktok_organic.reports.base import Row
from tiktok_organic.reports.profile_daily_metric import digest
from tiktok_organic.sync.companion import StagedLoad
from tiktok_organic.sync.day_record import DayRecord, day_state, record_after_read
from tiktok_organic.sync.order import Fetched
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import ReportResult, RunStatus
from tiktok_organic.sync.source import ArchivedSource
from tiktok_organic.sync.window import Window
from tiktok_organic.table import Table
from tiktok_organic.tiktok.findings import Findings
from tiktok_organic.tiktok.record_types import Day
from tiktok_organic.warehouse.base import Condition, Held, TableState, Wanted, Warehouse

__all__ = ["History"]

_DAILY = REPORTS["profile_daily_metric"].table
_VIDEOS = "video_snapshot_metric"
_LATE = timedelta(days=30)
"""A run may fail for good so long after its sync date, when later ones have their row already."""
_MARGIN = timedelta(days=7)
"""Beyond the evidence: longer than the delay of TikTok's counters can be."""
_READ = (SYNC_RUN, COVERAGE_DAY, ACCOUNT_USERNAME, VIDEO)


@dataclass(frozen=True)
class History:
    """The companion of a load that writes the history tables.

    `run`: the run that is loaded, with all its requests. `others`: the connector's other runs that
    are over, oldest first, of later sync dates than the given one (None: all). Those that have no
    row get theirs with this load; the loaded ones among them are read again from the archive.
    `finished_at` is None, and `times_known` false, in a replay.
    """

    warehouse: Warehouse
    archive: Archive
    run: Run
    others: Callable[[datetime | None], Sequence[Run]] = lambda _: ()
    product_version: str = ""
    finished_at: datetime | None = None
    times_known: bool = True
    scopes: tuple[str, ...] = field(default=())

    def wanted(self) -> Sequence[Wanted]:
        """As promised by `Companion`: the tables in the order in which `_stored` takes them."""
        evidence = (self.run.sync_date - EVIDENCE).date()
        return [
            Wanted(SYNC_RUN, [Condition("sync_date", ">=", self._since)]),
            Wanted(COVERAGE_DAY, [Condition("date", ">=", self._since.date())]),
            Wanted(ACCOUNT_USERNAME),
            Wanted(VIDEO),
            Wanted(_DAILY, [Condition("date", ">=", evidence)]),
            Wanted(METRIC_DEFINITION),
        ]

    @property
    def _since(self) -> datetime:
        """From when on syncs and days are read: a sync after ten years costs what the first did."""
        return self.run.sync_date - EVIDENCE - _MARGIN

    def _older(self, dataset: str) -> list[SyncRow]:
        """The syncs before that."""
        before = [Condition("sync_date", "<", self._since)]
        (found,) = self.warehouse.rows_of(dataset, [Wanted(SYNC_RUN, before)])
        return list(SyncRow.stored(found.rows))

    def _with_older(self, dataset: str, stored: StoredHistory) -> StoredHistory:
        """What is stored, from the first sync and day on."""
        before = [Condition("date", "<", self._since.date())]
        (found,) = self.warehouse.rows_of(dataset, [Wanted(COVERAGE_DAY, before)])
        return replace(
            stored,
            syncs=[*self._older(dataset), *stored.syncs],
            coverage=[*CoverageRow.stored(found.rows), *stored.coverage],
        )

    def __call__(self, staged: StagedLoad) -> Iterator[tuple[Table, Iterable[Row]]]:
        """Return every history table with its rows."""
        order = staged.order
        stored = self._stored(order.dataset, staged.stored)
        new = _lacks_history(staged.stored, lambda: bool(self._older(order.dataset)))
        last = max((row.sync_date for row in stored.syncs), default=None)
        paused = last is None or last < self.run.sync_date - EVIDENCE / 2
        all_days = new or paused or min(staged.days, default=date.max) < self._since.date()
        if all_days:
            stored = self._with_older(order.dataset, stored)
        book = Book(order.account_id, replace(stored, days={}) if new else stored)
        newest = None if new else max((row.sync_date for row in stored.syncs), default=None)
        self._tell_of_others(book, order.account_id, newest)
        written = [day for day in staged.source.days() if day.date in staged.days]
        listed = _VIDEOS in staged.reports
        facts = self._facts(
            self.run, order.account_id, staged.fetched, _reports(staged.reports, staged.fetched, {})
        )
        book.take(
            Sync(
                replace(facts, username=staged.context.username, finished_at=self.finished_at),
                written if _DAILY.name in staged.reports else (),
                staged.listed if listed else None,
                _is_complete(staged.fetched),
                _states(staged, book.first_day(), date.min if all_days else self._since.date()),
            )
        )
        return book.changed()

    def _stored(self, dataset: str, found: Sequence[Held]) -> StoredHistory:
        syncs, coverage, names, videos, days, defined = (held.rows for held in found)
        return StoredHistory(
            syncs=list(SyncRow.stored(syncs)),
            coverage=list(CoverageRow.stored(coverage)),
            names=list(NameRow.stored(names)),
            videos=list(VideoRow.stored(videos)),
            definitions=_definitions(defined),
            days={row["date"]: row for row in days},
            older=lambda: self._older(dataset),
        )

    def _tell_of_others(self, book: Book, account_id: str, newest: datetime | None) -> None:
        """Add the runs that have no row.

        These are the failed ones, and from the archive those that were loaded after the `newest`
        sync of the history (None: all).
        """
        records: dict[date, DayRecord] = {}
        since = None if newest is None else newest - _LATE
        for run in self.others(since):
            known = book.knows(run.sync_date, run.id)
            if _has_failed(run):
                if not known:
                    book.failed(self._facts(run, account_id, None, {}))
            elif run.sync_date < self.run.sync_date and (
                newest is None or (run.sync_date > newest and not known)
            ):
                self._tell_of_loaded(book, account_id, run, records)

    def _tell_of_loaded(
        self, book: Book, account_id: str, run: Run, records: dict[date, DayRecord]
    ) -> None:
        for part in run.fetched:
            if part.loaded:
                fetched = part.summary
                loaded = [name for name in fetched.reports if name not in fetched.failed]
                reports = _reports(loaded, fetched, run.results)
                facts = self._facts(run, account_id, fetched, reports)
                facts = replace(facts, finished_at=run.finished_at)
                self._tell_of_part(book, facts, fetched, records)

    def _tell_of_part(
        self, book: Book, facts: SyncFacts, fetched: Fetched, records: dict[date, DayRecord]
    ) -> None:
        """Add what one attempt loaded; if the archive has lost it, the row states that."""
        source = ArchivedSource(self.archive, fetched, Findings())
        loaded = {name for name, (status, _) in facts.reports.items() if status == "succeeded"}
        try:
            days = list(source.days()) if _DAILY.name in loaded else []
            listed = list(map(ListedVideo.of, source.videos())) if _VIDEOS in loaded else None
            account = source.account() if fetched.account is not None else None
            read_at = datetime.fromisoformat(source.read_at) if source.read_at else facts.sync_date
        except TikTokOrganicError as error:
            hole = f"The history lacks what this sync read: {error.message}"
            told = "; ".join(filter(None, (facts.error, hole)))
            book.take(Sync(replace(facts, error=told), days=None))
            return
        states = _read(days, read_at, records, facts.sync_date.date())
        username = (account.username if account else None) or facts.username
        book.take(
            Sync(
                replace(facts, username=username),
                days,
                listed,
                _is_complete(fetched),
                states,
            )
        )

    def _facts(
        self,
        run: Run,
        account_id: str,
        fetched: Fetched | None,
        reports: Mapping[str, tuple[str, int]],
    ) -> SyncFacts:
        known = self.times_known or fetched is None
        asked = fetched.window if fetched is not None else Window(run.window_start, run.window_end)
        told = None if run.cause is None else run.cause["message"]
        cause = told if fetched is None else _cause(fetched)
        failed = dict.fromkeys(run.reports, ("failed", 0))
        return SyncFacts(
            sync_date=run.sync_date,
            run_id=run.id,
            account_id=account_id,
            username=fetched.username if fetched is not None else "",
            kind=run.kind,
            requested_by=run.requested_by,
            window=None if asked is None else (asked.start, asked.end),
            reports=reports if fetched is not None else failed,
            requests=run.requests if known else None,
            answer_bytes=self._bytes(run) or None,
            started_at=run.started_at if known else None,
            finished_at=run.finished_at if known else None,
            error=cause,
            product_version=self.product_version,
            withheld=withheld_columns(self.scopes),
        )

    def _bytes(self, run: Run) -> int:
        """Return the bytes of all archived answers of the run."""
        return sum(self._bytes_of(part.summary) for part in run.fetched)

    def _bytes_of(self, fetched: Fetched) -> int:
        if fetched.answer_bytes is not None:
            return fetched.answer_bytes
        return sum(int(head.get("bytes", 0)) for head in self.archive.heads(fetched.archive))


def _lacks_history(found: Sequence[Held], has_older: Callable[[], bool]) -> bool:
    """Whether a history table is missing, so that the archive must be read again.

    `has_older`: whether sync_run has rows besides those that were read. A table without rows may be
    right, except for those that every sync fills. A user's own table in the place of ours does not
    count: otherwise every sync would read the whole archive.
    """
    held = dict(zip(_READ, found, strict=False))
    if any(one.state is TableState.MISSING for one in held.values()):
        return True
    empty = {table for table, one in held.items() if one.state is TableState.OURS and not one.rows}
    return ACCOUNT_USERNAME in empty or (SYNC_RUN in empty and not has_older())


def _definitions(rows: Iterable[Mapping[str, Any]]) -> frozenset[Row]:
    return frozenset(tuple(row[name] for name in METRIC_DEFINITION.names) for row in rows)


def _reports(
    loaded: Iterable[str], fetched: Fetched, results: Mapping[str, ReportResult]
) -> dict[str, tuple[str, int]]:
    """Status and rows of each report; those of the run's `results`, where there are some."""
    rows = {name: result.rows for name, result in results.items() if result.succeeded}
    return {
        **{name: ("succeeded", rows.get(name, 1)) for name in loaded},
        **dict.fromkeys(fetched.failed, ("failed", 0)),
    }


def _is_complete(fetched: Fetched) -> bool:
    """Whether the list of videos has at least as many as TikTok's count of public videos."""
    counted, listed = fetched.videos_counted, fetched.videos_listed
    return counted is None or listed is None or listed >= counted


def _cause(fetched: Fetched) -> str | None:
    """Return the failures of a partly loaded sync."""
    told = (f"{name}: {error['message']}" for name, error in fetched.failed.items())
    return "; ".join(told) or None


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


def _states(staged: StagedLoad, first: date | None, since: date) -> dict[date, str]:
    """Return the state of each day after the load, from the earliest known one to yesterday.

    Days before `since` are left out: this load does not change them.
    """
    today = staged.order.sync_date.astimezone(UTC).date()
    known = staged.days_known()
    window = staged.fetched.window
    starts = [first, staged.known.first_asked, min(known, default=None)]
    starts.append(window.start if window is not None else None)
    start, last = min(filter(None, starts), default=None), today - timedelta(days=1)
    if start is None or max(start, since) > last:
        return {}
    days = Window(max(start, since), last).days()
    return {day: day_state(day, known.get(day), today) for day in days}
