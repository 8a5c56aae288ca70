"""The history of one account: syncs are added one by one, and changed rows are returned."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from tiktok_organic.history.day_history import Days, Values
from tiktok_organic.history.metric_definitions import definitions
from tiktok_organic.history.rows import CoverageRow, NameRow, SyncRow, VideoRow
from tiktok_organic.history.syncs import SyncFacts, Syncs
from tiktok_organic.history.table_columns import (
    ACCOUNT_USERNAME,
    COVERAGE_DAY,
    HISTORY,
    METRIC_DEFINITION,
    PROFILE_DAILY_METRIC_CHANGE,
    SYNC_RUN,
    VIDEO,
)
from tiktok_organic.history.usernames import Names
from tiktok_organic.history.videos import ListedVideo, Videos
from tiktok_organic.reports import DAILY_REPORT, VIDEO_REPORT
from tiktok_organic.table_definition import Table
from tiktok_organic.tiktok.record_types import Day

__all__ = ["Book", "StoredHistory", "Sync"]

Row = tuple[Any, ...]


@dataclass(frozen=True)
class StoredHistory:
    """The warehouse's history before a load; empty at first.

    `days`: the stored days by date, each with its values by column. `syncs` are those of the
    evidence, and `older` reads the ones before; `coverage` has the days that the load can change.
    """

    syncs: Sequence[SyncRow] = ()
    coverage: Sequence[CoverageRow] = ()
    names: Sequence[NameRow] = ()
    videos: Sequence[VideoRow] = ()
    definitions: frozenset[Row] = frozenset()
    days: Mapping[date, Values] = field(default_factory=dict)
    older: Callable[[], Iterable[SyncRow]] = tuple


@dataclass(frozen=True)
class Sync:
    """One load, or a part of one, to be added to the history.

    `days`: the days that it wrote; None if they are lost. `videos`: the list of videos; None if it
    was not loaded. `complete`: whether the list has as many videos as TikTok counts; a shorter one
    proves nothing about missing videos. `states`: the states of days after it.
    """

    facts: SyncFacts
    days: Iterable[Day] | None = ()
    videos: Iterable[ListedVideo] | None = None
    complete: bool = True
    states: Mapping[date, str] = field(default_factory=dict)


class Book:
    """The history of the account `account_id`, beginning with the stored one."""

    def __init__(self, account_id: str, stored: StoredHistory | None = None) -> None:
        stored = stored or StoredHistory()
        self._syncs = Syncs(stored.syncs, stored.older)
        self._days = Days(account_id, stored.coverage, stored.days)
        self._names = Names(account_id, stored.names)
        self._videos = Videos(account_id, stored.videos)
        self._definitions = stored.definitions
        self._newest = max((row.sync_date for row in stored.syncs), default=None)

    def knows(self, sync_date: datetime, run_id: str) -> bool:
        """Whether that run has its row in sync_run."""
        return self._syncs.knows(sync_date, run_id)

    def first_day(self) -> date | None:
        """The earliest known day."""
        return self._days.first_day()

    def failed(self, facts: SyncFacts) -> None:
        """Add a sync that loaded nothing."""
        self._syncs.record(facts)

    def take(self, sync: Sync) -> None:
        """Add a loaded sync."""
        facts, moment = sync.facts, sync.facts.sync_date
        rows: dict[str, int] = {}
        if sync.days is not None:
            rows[DAILY_REPORT] = self._days.read(sync.days, moment)
        self._days.set_states(sync.states, moment)
        if sync.videos is not None:
            rows[VIDEO_REPORT] = self._videos.take(sync.videos, moment, complete=sync.complete)
        reports = {
            name: (status, rows.get(name, count) if status == "succeeded" else 0)
            for name, (status, count) in facts.reports.items()
        }
        self._syncs.record(replace(facts, reports=reports))
        if sync.videos is not None and self._videos.views_since is not None:
            self._syncs.gained(moment, self._videos.views_gained, self._videos.views_since)
        self._names.seen(facts.username, moment)
        self._newest = max(filter(None, (self._newest, moment)))

    def changed(
        self, described: Collection[str] | None = None
    ) -> Iterator[tuple[Table, list[Row]]]:
        """Return every history table with the rows to write; call it once, at the end.

        `described`: the reports and views of the dataset; None: all. Of these and of the history
        tables, metric_definition gets a row for each column.
        """
        if self._newest is None:
            return
        self._syncs.measure(self._days.views)
        self._videos.age(self._newest)
        yesterday = self._newest.date() - timedelta(days=1)
        yield SYNC_RUN, [row.values() for row in self._syncs.changed()]
        yield COVERAGE_DAY, [row.values() for row in self._days.coverage(yesterday)]
        yield PROFILE_DAILY_METRIC_CHANGE, [row.values() for row in self._days.changes()]
        yield ACCOUNT_USERNAME, [row.values() for row in self._names.changed()]
        yield VIDEO, [row.values() for row in self._videos.changed()]
        there = None if described is None else {*described, *HISTORY}
        rows = [row for row in _defined() if there is None or row[0] in there]
        yield METRIC_DEFINITION, [row for row in rows if row not in self._definitions]


@cache
def _defined() -> tuple[Row, ...]:
    return tuple(definition.values() for definition in definitions())
