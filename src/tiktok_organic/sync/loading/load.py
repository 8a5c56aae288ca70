"""The second half of a sync: rows from the archived answers, written in one commit."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from tiktok_organic.archive import Archive
from tiktok_organic.clock import Clock
from tiktok_organic.errors import DestinationRefused, TikTokOrganicError
from tiktok_organic.replaced_values import replaced_characters, storable_text
from tiktok_organic.reports import DAILY_REPORT, PROFILE_REPORT, REPORTS
from tiktok_organic.reports.report import Context, Row
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.clock_skew import clock_is_right
from tiktok_organic.sync.day_states import DayRecord
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.loading.archived_source import ArchivedSource
from tiktok_organic.sync.loading.companion_tables import Companion, CompanionFailed, StagedLoad
from tiktok_organic.sync.loading.dataset_before import DatasetBefore, older_copy, read_before
from tiktok_organic.sync.loading.dataset_owner import claim_days
from tiktok_organic.sync.loading.days_after_load import DaysRead, days_after
from tiktok_organic.sync.loading.known_before_load import Known
from tiktok_organic.sync.loading.load_input import LoadInput
from tiktok_organic.sync.loading.load_result import LoadResult
from tiktok_organic.sync.loading.watched_source import WatchedSource
from tiktok_organic.sync.progress import Phase, Progress, ProgressEvent
from tiktok_organic.sync.stop import Stop, Stopped
from tiktok_organic.table_definition import Table
from tiktok_organic.tiktok.unusual_data import Findings
from tiktok_organic.view_definition import View
from tiktok_organic.warehouse.contract import CommitJournal, Load, Loaded, RowsChanged, Warehouse

__all__ = ["Loader"]

_LOG = logging.getLogger(__name__)


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
        self, task: AttemptTask, fetched: FetchSummary, known: Known, warehouse: Warehouse
    ) -> LoadResult:
        """Write the rows of every completely fetched report in one commit.

        What the companions add must not stop the reports: when it is refused, these are written
        alone. Raises DestinationRefused, DestinationBusy, Conflict when the dataset holds rows of
        another account, Refused when the archive lost an answer, and Stopped. Nothing was written
        then.
        """
        try:
            return self._load(task, fetched, known, warehouse)
        except RowsChanged:
            # Another process has written. The warehouse has forgotten the rows that it remembered,
            # and reads them now: this cannot happen twice in one load.
            return self.load(task, fetched, known, warehouse)
        except (DestinationRefused, CompanionFailed) as error:
            if not self.companions:
                raise
            # Again, without everything that is not a report. A second refusal is about the
            # reports.
            alone = replace(self, companions=(), views=())
            result = alone.load(task, fetched, known, warehouse)
            return replace(result, reports_alone=error.message)

    def _load(
        self, task: AttemptTask, fetched: FetchSummary, known: Known, warehouse: Warehouse
    ) -> LoadResult:
        findings = Findings()
        work = self._prepare(task, fetched, known, warehouse, findings)
        if not work.reports:
            return LoadResult(days=self._days(work), findings=findings)
        with warehouse.load(
            task.dataset, run=task.run_id, attempt=task.attempt, journal=self.journal
        ) as loading:
            self._stage_reports(work, loading)
            days = self._days(work)
            self._stage_companions(work, days, loading)
            for view in self.views:
                loading.define(view)
            # The last moment to stop: from here on the warehouse decides, in one transaction.
            self.stop.check()
            loaded = loading.commit()
        self._record_replaced(work, loaded, findings)
        return LoadResult(
            rows={name: loaded.rows.get(name, 0) for name in work.reports},
            days=days,
            loads_missing_since=work.loads_missing_since,
            username=work.context.username,
            account=work.account,
            findings=findings,
            figures=work.source.figures,
            bytes_billed=loaded.bytes_billed,
            refused_views=loaded.refused_views,
            refused_tables=loaded.refused_tables,
        )

    def _prepare(
        self,
        task: AttemptTask,
        fetched: FetchSummary,
        known: Known,
        warehouse: Warehouse,
        findings: Findings,
    ) -> LoadInput:
        """Read what the dataset holds, and whom the answers describe; nothing is written."""
        reports = tuple(name for name in task.reports if name not in fetched.failed)
        before = read_before(task, reports, self.companions, known.newest, warehouse)
        skipped = before.days if before.days is not None and self.missing_days_only else ()
        answers = ArchivedSource(self.archive, fetched, findings)
        source = WatchedSource(answers, skipped, collects=bool(self.companions))
        described = reports and fetched.account is not None
        account = source.account() if described else None
        # The profile of this sync names the account; without it the last known name does. It is
        # made storable for every warehouse: it is also in the store and in the history's keys,
        # where it must be the same text.
        username = storable_text((account.username if account else None) or task.username)
        return LoadInput(
            task,
            fetched,
            known,
            before,
            reports,
            source,
            account,
            Context(task.account_id, username, task.sync_date, self.clock.now()),
            older_copy(known.newest, before.profile, task, warehouse) if reports else None,
        )

    def _stage_reports(self, work: LoadInput, loading: Load) -> None:
        """Stage the reports, with the checks and deletions that belong to them."""
        task, profile = work.task, work.before.profile
        for name in task.reports:
            # Also for failed reports: after the first load, queries can rely on all selected
            # tables.
            loading.declare(REPORTS[name].table)
        # Days are the only rows with the account's id; the commit checks them under its own lock.
        if DAILY_REPORT in task.reports:
            claim_days(loading, task.account_id)
        for name in work.reports:
            report = REPORTS[name]
            self._stage(report.table, report.rows(work.source, work.context), loading)
        # The profile is matched on its username: without this, a renamed account has two rows.
        former = profile.names - {work.context.username} if profile is not None else ()
        if former:
            loading.forget(REPORTS[PROFILE_REPORT].table, "username", sorted(former))

    def _stage_companions(
        self, work: LoadInput, days: Mapping[date, DayRecord], loading: Load
    ) -> None:
        """Stage what the companions compute, after the reports that they refer to."""
        staged = StagedLoad(
            work.task,
            work.fetched,
            work.reports,
            work.source.plain,
            work.context,
            work.known,
            days,
            work.source.listed,
        )
        for table, rows in self._companions_tables(staged, work.before):
            loading.declare(table)
            self._stage(table, iter(rows), loading)

    def _companions_tables(
        self, staged: StagedLoad, before: DatasetBefore
    ) -> list[tuple[Table, Iterable[Row]]]:
        """Return what the companions compute. Raises CompanionFailed for an unexpected error."""
        try:
            return [
                found
                for companion, stored in zip(self.companions, before.held, strict=True)
                for found in companion(replace(staged, stored=stored))
            ]
        except (TikTokOrganicError, Stopped):
            raise
        except Exception as error:
            _LOG.exception("the history tables of %s cannot be computed", staged.task.dataset)
            raise CompanionFailed(f"{type(error).__name__}: {error}") from error

    def _stage(self, table: Table, rows: Iterator[Row], loading: Load) -> None:
        count = 0
        for batch in table.batches(rows):
            self.stop.check()
            loading.stage(table, batch)
            count += batch.num_rows
            self.progress(ProgressEvent(Phase.LOADING, table.name, rows=count))

    def _days(self, work: LoadInput) -> dict[date, DayRecord]:
        """Return the records of days that the load changes.

        The daily report must be staged before: its rows are where the digests come from.
        """
        if DAILY_REPORT not in work.task.reports:
            return {}
        now = self.clock.now()
        read = DaysRead(
            wanted=work.task.window,
            asked=work.fetched.window if DAILY_REPORT not in work.fetched.failed else None,
            digests=work.source.digests,
            read_at=work.source.read_at or now,
            stored=work.before.days,
            loads_missing_since=work.loads_missing_since,
        )
        right = clock_is_right(work.fetched.clock_ahead)
        first = min(filter(None, (work.known.first_asked, work.task.window.start)))
        return days_after(work.known.days, read, first, now.date(), clock_right=right)

    def _record_replaced(self, work: LoadInput, loaded: Loaded, findings: Findings) -> None:
        """Count the characters that the warehouse and the store cannot hold."""
        for table_name, count in loaded.replaced_characters.items():
            findings.characters_replaced(table_name, count)
        if self.replaces_in_store:
            account, figures = work.account, work.source.figures
            names = (
                (account.username, account.display_name, account.profile_image) if account else ()
            )
            in_store = replaced_characters([*names, figures.account, figures.videos])
            findings.characters_replaced("store", in_store)
