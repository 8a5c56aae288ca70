"""The contract of companions, which add tables to the commit of a load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from tiktok_organic.errors import Refused
from tiktok_organic.history.videos import ListedVideo
from tiktok_organic.reports.report import Context, Row, Source
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.day_states import DayRecord
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.loading.known_before_load import Known
from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.contract import Held
from tiktok_organic.warehouse.wanted_rows import Wanted

__all__ = ["Companion", "CompanionFailed", "StagedLoad"]


@dataclass(frozen=True)
class StagedLoad:
    """A load whose four reports are staged and not committed.

    `reports`: those whose rows are staged. `source`: the answers; they can be read again. `listed`:
    the videos of the list, collected while it was staged. `days`: the records of days that this
    load changes; `days_known()` has all of them as they are after the commit. `stored`: what the
    dataset held of what the companion wanted, in that order.
    """

    task: AttemptTask
    fetched: FetchSummary
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


class CompanionFailed(Refused):
    """A companion cannot compute its tables; `Loader.load` then writes the reports alone."""
