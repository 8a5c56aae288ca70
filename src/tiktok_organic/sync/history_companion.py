"""The history tables of a load: what the pipeline and the warehouse know becomes their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tiktok_organic.archive import Archive
from tiktok_organic.errors import Refused
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
from tiktok_organic.sync.load import StagedLoad
from tiktok_organic.sync.order import Fetched
from tiktok_organic.sync.run import Run, RunStatus
from tiktok_organic.sync.source import ArchivedSource
from tiktok_organic.sync.window import DayRecord, Window, day_state, read_again
from tiktok_organic.table import Table
from tiktok_organic.tiktok.findings import Findings
from tiktok_organic.tiktok.record_types import Day
from tiktok_organic.warehouse.base import Condition, Wanted, Warehouse

__all__ = ["History"]

_DAILY = REPORTS["profile_daily_metric"].table
_VIDEOS = "video_snapshot_metric"


@dataclass(frozen=True)
class History:
    """The companion of a load that writes the history tables.

    `run`: the run that is loaded, with all its requests. `recent`: the connector's newest runs; the
    failed ones among them get their row with this load. `loaded`: all that were loaded; where the
    dataset has no history yet they are read again from the archive. `finished_at` is None, and
    `times_known` false, in a replay.
    """

    warehouse: Warehouse
    archive: Archive
    run: Run
    recent: Sequence[Run] = ()
    loaded: Callable[[], Sequence[Run]] = tuple
    product_version: str = ""
    finished_at: datetime | None = None
    times_known: bool = True
    scopes: tuple[str, ...] = field(default=())

    def __call__(self, staged: StagedLoad) -> Iterator[tuple[Table, Iterable[Row]]]:
        """Every history table with its rows."""
        order = staged.order
        stored = self._stored(order.dataset)
        new = self._lacks_history(order.dataset, stored)
        book = Book(order.account_id, replace(stored, days={}) if new else stored)
        if new:
            self._tell_of_before(book, order.account_id)
        for run in self.recent:
            if _has_failed(run) and not book.knows(run.sync_date, run.id):
                book.failed(self._facts(run, order.account_id, None, {}))
        written = [day for day in staged.source.days() if day.date in staged.days]
        listed = _VIDEOS in staged.reports
        facts = self._facts(
            self.run, order.account_id, staged.fetched, _reports(staged.reports, staged.fetched)
        )
        book.take(
            Sync(
                replace(facts, username=staged.context.username, finished_at=self.finished_at),
                written if _DAILY.name in staged.reports else (),
                staged.listed if listed else None,
                _is_complete(staged.fetched),
                _states(staged, book.first_day()),
            )
        )
        return book.changed()

    def _lacks_history(self, dataset: str, stored: StoredHistory) -> bool:
        """Whether a history table is missing, so that the archive must be read again.

        A table without rows may be right, except for sync_run. A person's own table in the place of
        ours does not count: it would have the whole archive read at every sync.
        """
        tables = {SYNC_RUN: stored.syncs, COVERAGE_DAY: stored.coverage, VIDEO: stored.videos}
        return any(
            not rows
            and (table is SYNC_RUN or self.warehouse.count(dataset, table) is None)
            and not self.warehouse.is_foreign(dataset, table)
            for table, rows in tables.items()
        )

    def _stored(self, dataset: str) -> StoredHistory:
        since = (self.run.sync_date - EVIDENCE).date()
        (found,) = self.warehouse.rows_of(dataset, [(SYNC_RUN, ())])
        syncs = list(SyncRow.stored(found))
        wanted: list[Wanted] = [(table, ()) for table in (COVERAGE_DAY, ACCOUNT_USERNAME, VIDEO)]
        wanted.append((_DAILY, [Condition("date", ">=", since)]))
        if not self._has_defined(syncs):
            wanted.append((METRIC_DEFINITION, ()))
        coverage, names, videos, days, *defined = self.warehouse.rows_of(dataset, wanted)
        return StoredHistory(
            syncs=syncs,
            coverage=list(CoverageRow.stored(coverage)),
            names=list(NameRow.stored(names)),
            videos=list(VideoRow.stored(videos)),
            definitions=_definitions(defined[0]) if defined else None,
            days={row["date"]: row for row in days},
        )

    def _has_defined(self, syncs: Sequence[SyncRow]) -> bool:
        """Whether the last sync was one of this version, which has written what columns mean."""
        last = max(syncs, key=lambda row: row.sync_date, default=None)
        return (
            self.times_known and last is not None and last.product_version == self.product_version
        )

    def _tell_of_before(self, book: Book, account_id: str) -> None:
        """Take in the loaded runs of before, oldest first, from the archive.

        A run whose answers are lost is told without days and videos.
        """
        records: dict[date, DayRecord] = {}
        runs = (run for run in self.loaded() if run.sync_date < self.run.sync_date)
        for run in sorted(runs, key=lambda run: run.sync_date):
            for part in run.fetched:
                if part.loaded:
                    reports = _reports(
                        [name for name in part.fetched.reports if name not in part.fetched.failed],
                        part.fetched,
                    )
                    facts = self._facts(run, account_id, part.fetched, reports)
                    self._tell_of_part(
                        book, replace(facts, finished_at=run.finished_at), part.fetched, records
                    )

    def _tell_of_part(
        self, book: Book, facts: SyncFacts, fetched: Fetched, records: dict[date, DayRecord]
    ) -> None:
        source = ArchivedSource(self.archive, fetched, Findings())
        loaded = {name for name, (status, _) in facts.reports.items() if status == "succeeded"}
        try:
            days = list(source.days()) if _DAILY.name in loaded else []
            for _ in source.videos() if _VIDEOS in loaded else ():
                continue  # a list that breaks off would make videos vanish
        except Refused:
            book.take(Sync(facts))
            return
        read_at = datetime.fromisoformat(source.read_at) if source.read_at else facts.sync_date
        states = _read(days, read_at, records, facts.sync_date.date())
        account = source.account() if fetched.account is not None else None
        username = (account.username if account else None) or facts.username
        book.take(
            Sync(
                replace(facts, username=username),
                days,
                map(ListedVideo.of, source.videos()) if _VIDEOS in loaded else None,
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
        known = self.times_known
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
        """Bytes of all answers that the archive has of the run."""
        return sum(self._bytes_of(part.fetched) for part in run.fetched)

    def _bytes_of(self, fetched: Fetched) -> int:
        if fetched.answer_bytes is not None:
            return fetched.answer_bytes
        return sum(int(head.get("bytes", 0)) for head in self.archive.heads(fetched.archive))


def _definitions(rows: Iterable[Mapping[str, Any]]) -> frozenset[Row]:
    return frozenset(tuple(row[name] for name in METRIC_DEFINITION.names) for row in rows)


def _reports(loaded: Iterable[str], fetched: Fetched) -> dict[str, tuple[str, int]]:
    return {
        **dict.fromkeys(loaded, ("succeeded", 1)),
        **dict.fromkeys(fetched.failed, ("failed", 0)),
    }


def _is_complete(fetched: Fetched) -> bool:
    """Whether the list of videos is not shorter than TikTok's own count of public videos."""
    counted, listed = fetched.videos_counted, fetched.videos_listed
    return counted is None or listed is None or listed >= counted


def _cause(fetched: Fetched) -> str | None:
    """What failed of a sync that was loaded in part."""
    told = (f"{name}: {error['message']}" for name, error in fetched.failed.items())
    return "; ".join(told) or None


def _has_failed(run: Run) -> bool:
    return run.status is RunStatus.FAILED and not run.loaded


def _read(
    days: Iterable[Day], read_at: datetime, records: dict[date, DayRecord], today: date
) -> dict[date, str]:
    """How the days that one sync read stand after it; `records` is brought up to date."""
    states: dict[date, str] = {}
    for day in days:
        before = records.get(day.date, DayRecord())
        records[day.date] = read_again(before, digest(day), day.date, read_at)
        states[day.date] = day_state(day.date, records[day.date], today)
    return states


def _states(staged: StagedLoad, first: date | None) -> dict[date, str]:
    """How each day stands after the load, from the earliest known one to yesterday."""
    today = staged.order.sync_date.astimezone(UTC).date()
    known = staged.days_known()
    window = staged.fetched.window
    starts = [first, staged.known.first_asked, min(known, default=None)]
    starts.append(window.start if window is not None else None)
    start, last = min(filter(None, starts), default=None), today - timedelta(days=1)
    if start is None or start > last:
        return {}
    return {day: day_state(day, known.get(day), today) for day in Window(start, last).days()}
