"""The history tables of a load: converts what the pipeline and the warehouse know into rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from tiktok_organic.archive import Archive
from tiktok_organic.history.account_history import Book, Sync
from tiktok_organic.history.syncs import EVIDENCE
from tiktok_organic.reports import DAILY_TABLE, VIDEO_REPORT
from tiktok_organic.reports.report import Row
from tiktok_organic.sync.adding_history.dataset_history import DatasetHistory
from tiktok_organic.sync.adding_history.facts_of_runs import FactsOfRuns, report_facts
from tiktok_organic.sync.adding_history.history_of_earlier_runs import EarlierRuns
from tiktok_organic.sync.day_states import day_state
from tiktok_organic.sync.loading.companion_tables import StagedLoad
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.window import Window
from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.contract import Warehouse
from tiktok_organic.warehouse.wanted_rows import Wanted

__all__ = ["History"]

_LATE = timedelta(days=30)
"""A run may fail for good so long after its sync date, when later ones have their row already."""


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
    described: Collection[str] = ()
    """The reports and views that the dataset has, beside the reports of the load."""

    @property
    def _dataset(self) -> DatasetHistory:
        return DatasetHistory(self.warehouse, self.run.sync_date)

    def wanted(self) -> Sequence[Wanted]:
        """Implement `Companion`."""
        return self._dataset.wanted()

    def __call__(self, staged: StagedLoad) -> Iterator[tuple[Table, Iterable[Row]]]:
        """Return every history table with its rows."""
        task, run, dataset = staged.task, self.run, self._dataset
        stored = dataset.stored(task.dataset, staged.stored)
        new = dataset.is_missing(task.dataset, staged.stored)
        last = max((row.sync_date for row in stored.syncs), default=None)
        paused = last is None or last < run.sync_date - EVIDENCE / 2
        first_read = dataset.since.date()
        all_days = new or paused or min(staged.days, default=date.max) < first_read
        # The states of older days may change too, so the rest of the history is read.
        if all_days:
            stored = dataset.with_older(task.dataset, stored)
        # A new history is read from the archive, and the stored days already have its last values.
        book = Book(task.account_id, replace(stored, days={}) if new else stored)
        facts = FactsOfRuns(
            self.archive, task.account_id, self.product_version, self.times_known, self.scopes
        )
        newest = None if new else max((row.sync_date for row in stored.syncs), default=None)
        since = None if newest is None else newest - _LATE
        earlier = EarlierRuns(book, self.archive, facts)
        # Before this sync: the days of each one are compared with those of the one before it.
        earlier.add(self.others(since), run.sync_date, newest)
        states = _states(staged, book.first_day(), date.min if all_days else first_read)
        book.take(self._sync(staged, facts, states))
        return book.changed({*self.described, *task.reports})

    def _sync(self, staged: StagedLoad, facts: FactsOfRuns, states: dict[date, str]) -> Sync:
        """Return the sync that is loaded. `states`: the states of days after it."""
        reports = report_facts(staged.reports, staged.fetched, {})
        own = replace(
            facts.loaded(self.run, staged.fetched, reports),
            username=staged.context.username,
            finished_at=self.finished_at,
        )
        written = [day for day in staged.source.days() if day.date in staged.days]
        return Sync(
            own,
            written if DAILY_TABLE.name in staged.reports else (),
            staged.listed if VIDEO_REPORT in staged.reports else None,
            staged.fetched.list_is_complete,
            states,
        )


def _states(staged: StagedLoad, first: date | None, since: date) -> dict[date, str]:
    """Return the state of each day after the load, from the earliest known one to yesterday.

    Days before `since` are left out: this load does not change them.
    """
    today = staged.task.sync_date.astimezone(UTC).date()
    known = staged.days_known()
    window = staged.fetched.window
    starts = [first, staged.known.first_asked, min(known, default=None)]
    starts.append(window.start if window is not None else None)
    start, last = min(filter(None, starts), default=None), today - timedelta(days=1)
    if start is None or max(start, since) > last:
        return {}
    days = Window(max(start, since), last).days()
    return {day: day_state(day, known.get(day), today) for day in days}
