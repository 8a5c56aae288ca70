"""Read the history tables of a dataset, as far as a load needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tiktok_organic.history.account_history import StoredHistory
from tiktok_organic.history.rows import CoverageRow, NameRow, SyncRow, VideoRow
from tiktok_organic.history.syncs import EVIDENCE
from tiktok_organic.history.table_columns import (
    ACCOUNT_USERNAME,
    COVERAGE_DAY,
    METRIC_DEFINITION,
    SYNC_RUN,
    VIDEO,
)
from tiktok_organic.reports import DAILY_TABLE
from tiktok_organic.reports.report import Row
from tiktok_organic.warehouse.contract import Held, TableState, Warehouse
from tiktok_organic.warehouse.wanted_rows import Condition, Wanted

__all__ = ["DatasetHistory"]

_MARGIN = timedelta(days=7)
"""Beyond the evidence: longer than the delay of TikTok's counters can be."""
_READ = (SYNC_RUN, COVERAGE_DAY, ACCOUNT_USERNAME, VIDEO)


@dataclass(frozen=True)
class DatasetHistory:
    """The history before the load of a run with this `sync_date`.

    Only syncs and days `since` a time are read, so that a sync after ten years costs what the first
    did. `older` and `with_older` read the ones before, which few loads need.
    """

    warehouse: Warehouse
    sync_date: datetime

    @property
    def since(self) -> datetime:
        """The time from which on syncs and days are read."""
        return self.sync_date - EVIDENCE - _MARGIN

    def wanted(self) -> Sequence[Wanted]:
        """Return the tables to read, in the order in which `stored` takes them."""
        evidence = (self.sync_date - EVIDENCE).date()
        return [
            Wanted(SYNC_RUN, [Condition("sync_date", ">=", self.since)]),
            Wanted(COVERAGE_DAY, [Condition("date", ">=", self.since.date())]),
            Wanted(ACCOUNT_USERNAME),
            Wanted(VIDEO),
            Wanted(DAILY_TABLE, [Condition("date", ">=", evidence)]),
            Wanted(METRIC_DEFINITION),
        ]

    def stored(self, dataset: str, found: Sequence[Held]) -> StoredHistory:
        """Return the rows that were `found` of what was `wanted`."""
        syncs, coverage, names, videos, days, defined = (held.rows for held in found)
        return StoredHistory(
            syncs=list(SyncRow.stored(syncs)),
            coverage=list(CoverageRow.stored(coverage)),
            names=list(NameRow.stored(names)),
            videos=list(VideoRow.stored(videos)),
            definitions=_definitions(defined),
            days={row["date"]: row for row in days},
            older=lambda: self.older(dataset),
        )

    def is_missing(self, dataset: str, found: Sequence[Held]) -> bool:
        """Whether a history table is missing, so that the archive must be read again."""
        return _is_missing(found, lambda: bool(self.older(dataset)))

    def older(self, dataset: str) -> list[SyncRow]:
        """Read the syncs before `since`."""
        before = [Condition("sync_date", "<", self.since)]
        (found,) = self.warehouse.rows_of(dataset, [Wanted(SYNC_RUN, before)])
        return list(SyncRow.stored(found.rows))

    def with_older(self, dataset: str, stored: StoredHistory) -> StoredHistory:
        """Read the rest: return the history from the first sync and day on."""
        before = [Condition("date", "<", self.since.date())]
        (found,) = self.warehouse.rows_of(dataset, [Wanted(COVERAGE_DAY, before)])
        return replace(
            stored,
            syncs=[*self.older(dataset), *stored.syncs],
            coverage=[*CoverageRow.stored(found.rows), *stored.coverage],
        )


def _is_missing(found: Sequence[Held], has_older: Callable[[], bool]) -> bool:
    """Whether a table is missing, or empty where it cannot be.

    `has_older`: whether sync_run has other rows than those that were read. A table without rows
    may be right, except for those that every sync fills. A user's own table in the place of ours
    does not count: otherwise every sync would read the whole archive.
    """
    held = dict(zip(_READ, found, strict=False))
    if any(one.state is TableState.MISSING for one in held.values()):
        return True
    empty = {table for table, one in held.items() if one.state is TableState.OURS and not one.rows}
    return ACCOUNT_USERNAME in empty or (SYNC_RUN in empty and not has_older())


def _definitions(rows: Iterable[Mapping[str, Any]]) -> frozenset[Row]:
    return frozenset(tuple(row[name] for name in METRIC_DEFINITION.names) for row in rows)
