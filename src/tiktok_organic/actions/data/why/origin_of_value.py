"""Which run wrote a stored value, and which archived answer it is from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tiktok_organic.archive import Archive
from tiktok_organic.errors import Refused
from tiktok_organic.history.tables_and_views import Relation
from tiktok_organic.reports import DAILY_REPORT, VIDEO_REPORT
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.loading.archived_value import (
    Origin,
    find_account_value,
    find_day_value,
    find_video_value,
)
from tiktok_organic.sync.run import PartState, Run
from tiktok_organic.table_definition import Column

__all__ = ["Origins", "ValueOrigin"]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ValueOrigin:
    """The run that wrote a value and the archived answer; `lost`: why the answer is missing."""

    run: Run | None = None
    origin: Origin | None = None
    lost: str | None = None


class Origins:
    """The origins of one column's values. `runs`: the loaded runs of the connector."""

    def __init__(
        self, archive: Archive, runs: Sequence[Run], relation: Relation, column: Column
    ) -> None:
        self._archive = archive
        self._runs = runs
        self._relation = relation
        self._column = column

    def of(self, row: Row) -> ValueOrigin:
        """Return the origin of the row's value: the newest sync whose answer has it.

        For a day, the newest sync that received a value; without one, the newest that read the day.
        """
        if self._relation.kind != "report" or self._column.origin == "sync":
            return self._run_alone(row)
        last: ValueOrigin | None = None
        try:
            for run, fetched in self._parts(row):
                origin = self._find(fetched, row)
                is_day = self._relation.name == DAILY_REPORT
                if origin is not None and not (is_day and origin.empty):
                    return ValueOrigin(run, origin)
                last = last or ValueOrigin(run, origin)
        except Refused as error:
            newest = next((run for run, _ in self._parts(row)), None)
            return ValueOrigin(newest, None, f"{error.message}.")
        return last or ValueOrigin()

    def _run_alone(self, row: Row) -> ValueOrigin:
        if self._relation.kind != "report":
            return ValueOrigin()
        return ValueOrigin(next((run for run, _ in self._parts(row)), None))

    def _find(self, fetched: FetchSummary, row: Row) -> Origin | None:
        archive, field = self._archive, self._column.name
        if self._relation.name == VIDEO_REPORT:
            return find_video_value(archive, fetched, row["item_id"], field)
        if self._relation.name == DAILY_REPORT and field != "username":
            return find_day_value(archive, fetched, row["date"], field)
        return find_account_value(archive, fetched, field)

    def _parts(self, row: Row) -> Iterator[tuple[Run, FetchSummary]]:
        """Return the loaded answers that may have written the row, newest sync first."""
        name = self._relation.name
        for run in sorted(self._runs, key=lambda run: run.sync_date, reverse=True):
            sync_date = row.get("_quanti_sync_date")
            if sync_date is not None and run.sync_date != sync_date:
                continue
            for part in reversed(run.fetched):
                fetched = part.summary
                loaded = part.state in (PartState.LOADED, PartState.GONE)
                if not loaded or name not in fetched.reports or name in fetched.failed:
                    continue
                window = fetched.window
                if name == DAILY_REPORT and (window is None or row["date"] not in window):
                    continue
                yield run, fetched
