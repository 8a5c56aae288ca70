"""The second half of a sync: rows from the archived answers, written in one commit."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Protocol

from tiktok_organic.archive import Archive
from tiktok_organic.clock import Clock
from tiktok_organic.errors import DestinationRefused, Refused, TikTokOrganicError
from tiktok_organic.history.videos import ListedVideo
from tiktok_organic.replaced_values import replaced_characters, storable_text
from tiktok_organic.reports import REPORTS
from tiktok_organic.reports.base import Context, Row, Source
from tiktok_organic.reports.profile_daily_metric import digest
from tiktok_organic.sync.chart_extract import ChartExtract
from tiktok_organic.sync.clock_skew import clock_is_right
from tiktok_organic.sync.dataset_owner import (
    DAYS,
    PROFILE,
    StoredProfile,
    claim_days,
    days_in,
    newest_snapshot,
    profile_in,
)
from tiktok_organic.sync.days_after_load import DaysRead, days_after
from tiktok_organic.sync.order import Fetched, Order
from tiktok_organic.sync.progress import Phase, Progress, ProgressEvent
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.source import ArchivedSource
from tiktok_organic.sync.stop import Stop, Stopped
from tiktok_organic.sync.window import DayRecord
from tiktok_organic.table import Table
from tiktok_organic.tiktok.findings import Findings
from tiktok_organic.tiktok.record_types import Account, Day, Video
from tiktok_organic.view import View
from tiktok_organic.warehouse.base import (
    CommitJournal,
    Held,
    Load,
    RowsChanged,
    Wanted,
    Warehouse,
)

__all__ = ["Companion", "CompanionFailed", "Known", "LoadResult", "Loader", "StagedLoad"]

_PROFILE = "profile"
_DAILY = "profile_daily_metric"
_SNAPSHOTS = ("profile_snapshot_metric", "video_snapshot_metric")
_LOG = logging.getLogger(__name__)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Known:
    """What the store knows before a load.

    `days`: the record of every day. `first_asked`: the day from which on none may be missing.
    `newest`: the connector's newest run whose rows are in the warehouse, as far as the store knows.
    """

    days: Mapping[date, DayRecord] = field(default_factory=dict)
    first_asked: date | None = None
    newest: Run | None = None


@dataclass(frozen=True)
class StagedLoad:
    """A load whose four reports are staged and not committed.

    `reports`: those whose rows are staged. `source`: the answers; they can be read again. `listed`:
    the videos of the list, collected while it was staged. `days`: the records of days that this
    load changes; `days_known()` has all of them as they are after the commit. `stored`: what the
    dataset held of what the companion wanted, in that order.
    """

    order: Order
    fetched: Fetched
    reports: tuple[str, ...]
    source: Source
    context: Context
    known: Known
    days: Mapping[date, DayRecord]
    listed: Sequence[ListedVideo] = ()
    stored: Sequence[Held] = ()

    def days_known(self) -> dict[date, DayRecord]:
        """Return every day's record after the commit."""
        return {**self.known.days, **self.days}


class Companion(Protocol):
    """Computes tables that are written in the same commit as the reports."""

    def wanted(self) -> Sequence[Wanted]:
        """What it needs to know of the dataset as it is before the load."""

    def __call__(self, staged: StagedLoad) -> Iterable[tuple[Table, Iterable[Row]]]:
        """Each table with its rows, in the order of the table's columns.

        A table without rows is created empty.
        """


@dataclass(frozen=True)
class LoadResult:
    """The result of one commit.

    `rows`: per report; empty if no report was loaded. `days`: the records of days that it changed.
    `copy_of`: the warehouse was an older copy, without the loads since then. `account`: the account
    as TikTok described it; None if it was not requested.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    days: Mapping[date, DayRecord] = field(default_factory=dict)
    copy_of: datetime | None = None
    username: str = ""
    account: Account | None = None
    findings: Findings = field(default_factory=Findings)
    figures: ChartExtract = field(default_factory=ChartExtract)
    bytes_billed: int | None = None
    refused_views: Mapping[str, str] = field(default_factory=dict)
    refused_tables: Mapping[str, str] = field(default_factory=dict)
    reports_alone: str = ""
    """Why the companions' tables and the views were left out; empty if they were not."""


class CompanionFailed(Refused):
    """A companion cannot compute its tables; `Loader.load` then writes the reports alone."""


@dataclass(frozen=True)
class Loader:
    """Loads the answers of one run.

    `companions` compute additional tables for the same commit; `views` are created in it.
    """

    archive: Archive
    clock: Clock
    progress: Progress
    stop: Stop
    companions: Sequence[Companion] = ()
    journal: CommitJournal | None = None
    views: Sequence[View] = ()
    replaces_in_store: bool = False
    """The store is a PostgreSQL, which cannot store every character: replacements are counted."""
    missing_days_only: bool = False
    """Skip days that have a row: a newer sync has written it."""

    def load(
        self, order: Order, fetched: Fetched, known: Known, warehouse: Warehouse
    ) -> LoadResult:
        """Write the rows of every completely fetched report in one commit.

        What the companions add must not stop the reports: when it is refused, these are written
        alone. Raises DestinationRefused, DestinationBusy, Conflict when the dataset holds rows of
        another account, Refused when the archive lost an answer, and Stopped. Nothing was written
        then.
        """
        try:
            return self._load(order, fetched, known, warehouse)
        except RowsChanged:  # another process has written: look again
            return self.load(order, fetched, known, warehouse)
        except (DestinationRefused, CompanionFailed) as error:
            if not self.companions:
                raise
            alone = replace(self, companions=(), views=())
            result = alone.load(order, fetched, known, warehouse)
            return replace(result, reports_alone=error.message)

    def _load(
        self, order: Order, fetched: Fetched, known: Known, warehouse: Warehouse
    ) -> LoadResult:
        findings = Findings()
        reports = tuple(name for name in order.reports if name not in fetched.failed)
        before = self._before(order, reports, known, warehouse)
        stored = before.days
        kept = stored if stored is not None and self.missing_days_only else frozenset()
        plain = ArchivedSource(self.archive, fetched, findings)
        source = _Watched(plain, kept, collects=bool(self.companions))
        if not reports:
            days = self._days(order, fetched, known, source, None)
            return LoadResult(days=days, findings=findings)
        account = source.account() if fetched.account is not None else None
        # The profile of this sync names the account; without it the last known name does.
        username = storable_text((account.username if account else None) or order.username)
        context = Context(order.account_id, username, order.sync_date, self.clock.now())
        profile = before.profile
        others = sorted(profile.names - {username}) if profile is not None else []
        copy_of = older_copy(known.newest, profile, order, warehouse)
        with warehouse.load(
            order.dataset, run=order.run_id, attempt=order.attempt, journal=self.journal
        ) as loading:
            for name in order.reports:
                # Also for failed reports: after the first load, queries can rely on all selected
                # tables.
                loading.declare(REPORTS[name].table)
            if _DAILY in order.reports:
                claim_days(loading, order.account_id)
            for name in reports:
                self._stage(REPORTS[name].table, REPORTS[name].rows(source, context), loading)
            if others:
                loading.forget(REPORTS[_PROFILE].table, "username", others)
            days = self._days(order, fetched, known, source, stored, copy_of)
            staged = StagedLoad(
                order, fetched, reports, source.plain, context, known, days, source.listed
            )
            for table, rows in self._companions_tables(staged, before.held):
                loading.declare(table)
                self._stage(table, iter(rows), loading)
            for view in self.views:
                loading.define(view)
            self.stop.check()
            done = loading.commit()
        for table_name, count in done.replaced_characters.items():
            findings.characters_replaced(table_name, count)
        in_store = _unstorable(account, source.figures) if self.replaces_in_store else 0
        findings.characters_replaced("store", in_store)
        return LoadResult(
            rows={name: done.rows.get(name, 0) for name in reports},
            days=days,
            copy_of=copy_of,
            username=username,
            account=account,
            findings=findings,
            figures=source.figures,
            bytes_billed=done.bytes_billed,
            refused_views=done.refused_views,
            refused_tables=done.refused_tables,
        )

    def _companions_tables(
        self, staged: StagedLoad, held: Sequence[Sequence[Held]]
    ) -> list[tuple[Table, Iterable[Row]]]:
        """Return what the companions compute. Raises CompanionFailed for an unexpected error."""
        try:
            return [
                found
                for companion, stored in zip(self.companions, held, strict=True)
                for found in companion(replace(staged, stored=stored))
            ]
        except (TikTokOrganicError, Stopped):
            raise
        except Exception as error:
            _LOG.exception("the history tables of %s cannot be computed", staged.order.dataset)
            raise CompanionFailed(f"{type(error).__name__}: {error}") from error

    def _before(
        self, order: Order, reports: Collection[str], known: Known, warehouse: Warehouse
    ) -> _Before:
        """Everything that the load needs to know of the dataset, by one look at it.

        Raises Conflict when the dataset has days of another account.
        """
        if not reports:
            return _Before()
        days = [DAYS] if _DAILY in order.reports else []
        profile = [PROFILE] if _PROFILE in reports else []
        wanted = [companion.wanted() for companion in self.companions]
        asked = [*days, *profile, *(one for each in wanted for one in each)]
        last = None if known.newest is None else known.newest.id
        found = iter(warehouse.rows_of(order.dataset, asked, last_run=last) if asked else ())
        return _Before(
            days_in(next(found), order.dataset, order.account_id) if days else None,
            profile_in(next(found)) if profile else None,
            [[next(found) for _ in each] for each in wanted],
        )

    def _stage(self, table: Table, rows: Iterator[Row], loading: Load) -> None:
        count = 0
        for batch in table.batches(rows):
            self.stop.check()
            loading.stage(table, batch)
            count += batch.num_rows
            self.progress(ProgressEvent(Phase.LOADING, table.name, rows=count))

    def _days(
        self,
        order: Order,
        fetched: Fetched,
        known: Known,
        source: _Watched,
        stored: Collection[date] | None,
        copy_of: datetime | None = None,
    ) -> dict[date, DayRecord]:
        if _DAILY not in order.reports:
            return {}
        now = self.clock.now()
        read = DaysRead(
            wanted=order.window,
            asked=fetched.window if _DAILY not in fetched.failed else None,
            digests=source.digests,
            read_at=source.read_at or now,
            stored=stored,
            copy_of=copy_of,
        )
        right = clock_is_right(fetched.clock_ahead)
        first = min(filter(None, (known.first_asked, order.window.start)))
        return days_after(known.days, read, first, now.date(), clock_right=right)


def older_copy(
    newest: Run | None, profile: StoredProfile | None, order: Order, warehouse: Warehouse
) -> datetime | None:
    """Return the time since which every load is missing, if an older copy was restored.

    None if the newest load that the store knows is in the warehouse, or wrote no row with a time
    (days alone).
    """
    if newest is None or newest.id == order.run_id:
        return None
    wrote = {name for name, result in newest.results.items() if result.succeeded and result.rows}
    if profile is not None and _PROFILE in wrote:
        # That run wrote the row after it began; an older row is from an older copy.
        begun = newest.started_at or newest.created_at
        written = profile.loaded_at
        return None if written and written >= begun else written or _BEGINNING
    for name in _SNAPSHOTS:
        if name in wrote:
            snapshot = newest_snapshot(warehouse, order.dataset, REPORTS[name].table)
            found = snapshot is not None and snapshot >= newest.sync_date
            return None if found else snapshot or _BEGINNING
    return None


def _unstorable(account: Account | None, figures: ChartExtract) -> int:
    """Return how many characters and numbers the store replaces in its part of a load."""
    names = (account.username, account.display_name, account.profile_image) if account else ()
    return replaced_characters([*names, figures.account, figures.videos])


@dataclass(frozen=True)
class _Before:
    """What the dataset held before the load: its days, its profile, and what companions wanted."""

    days: set[date] | None = None
    profile: StoredProfile | None = None
    held: Sequence[Sequence[Held]] = ()


class _Watched:
    """A source that collects values for the store while its rows are read."""

    def __init__(
        self, source: ArchivedSource, without: Collection[date] = (), *, collects: bool
    ) -> None:
        self._without = without
        self._collects = collects
        self.listed: list[ListedVideo] = []
        self.plain = source
        self.figures = ChartExtract()
        self.digests: dict[date, str] = {}
        self.read_at: datetime | None = None
        self._account: Account | None = None

    def account(self) -> Account:
        account = self.plain.account()
        if self._account is None:
            self._account = account
            self.figures.saw_account(account)
        return account

    def days(self) -> Iterator[Day]:
        for day in self.plain.days():
            if day.date in self._without:
                continue
            self.digests[day.date] = digest(day)
            self.figures.saw_day(day)
            yield day
        read_at = self.plain.read_at
        self.read_at = datetime.fromisoformat(read_at) if read_at else None

    def videos(self) -> Iterator[Video]:
        self.listed.clear()
        for video in self.plain.videos():
            self.figures.saw_video(video)
            if self._collects:
                self.listed.append(ListedVideo.of(video))
            yield video
