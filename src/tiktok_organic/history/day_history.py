"""The tables `coverage_day` (state of each day) and `profile_daily_metric_change`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from tiktok_organic.history.rows import ChangeRow, CoverageRow
from tiktok_organic.reports.profile_daily_metric_columns import TABLE
from tiktok_organic.tiktok.record_types import Day

__all__ = ["Days"]

_METRICS = tuple(
    column for column in TABLE.columns if column.origin == "day" and column.name != "date"
)

Values = Mapping[str, Any]


class Days:
    """Coverage and corrections, updated by one sync after the other.

    `values`: the days in the warehouse before, by column.
    """

    def __init__(
        self,
        account_id: str,
        coverage: Iterable[CoverageRow] = (),
        values: Mapping[date, Values] | None = None,
    ) -> None:
        self._account_id = account_id
        self._rows = {row.date: row for row in coverage}
        self._stored = dict(self._rows)
        self._values: dict[date, dict[str, Any]] = {
            day: dict(stored) for day, stored in (values or {}).items()
        }
        self._changes: dict[tuple[date, str, datetime], ChangeRow] = {}

    @property
    def views(self) -> dict[date, int]:
        """Return the account's views by day, if known."""
        stored = ((day, values.get("video_views")) for day, values in self._values.items())
        return {day: views for day, views in stored if views is not None}

    def read(self, days: Iterable[Day], sync_date: datetime) -> int:
        """Add the days that one sync read; return their number."""
        count = 0
        for day in days:
            count += 1
            row = self._rows.get(day.date) or CoverageRow(self._account_id, day.date)
            first = min(filter(None, (row.first_read_at, sync_date)))
            last = max(filter(None, (row.last_read_at, sync_date)))
            self._rows[day.date] = replace(row, first_read_at=first, last_read_at=last)
            self._compare(day, sync_date)
        return count

    def set_states(self, states: Mapping[date, str], sync_date: datetime) -> None:
        """Set the states that days have after one sync."""
        for day, state in states.items():
            row = self._rows.get(day) or CoverageRow(self._account_id, day)
            if row.state == state and (row.final_at is not None) == (state == "final"):
                continue
            final_at = (row.final_at or sync_date) if state == "final" else None
            if state == "final" and row.state == "final":
                final_at = row.final_at
            self._rows[day] = replace(row, state=state, final_at=final_at)

    def first_day(self) -> date | None:
        """The earliest day with a row."""
        return min(self._rows, default=None)

    def coverage(self, last: date) -> list[CoverageRow]:
        """Return the rows up to `last` that differ from the stored ones."""
        return [
            row
            for day, row in sorted(self._rows.items())
            if day <= last and row.state is not None and self._stored.get(day) != row
        ]

    def changes(self) -> list[ChangeRow]:
        """Return the corrections."""
        return list(self._changes.values())

    def _compare(self, day: Day, sync_date: datetime) -> None:
        """Record differences from the stored values, and remember the new values."""
        stored = self._values.get(day.date)
        new = {column.name: getattr(day, column.name) for column in _METRICS}
        if stored is None:
            self._values[day.date] = new
            return
        for column in _METRICS:
            before, after = stored.get(column.name), new[column.name]
            # TikTok omits values that it does not have at the moment: absence is not a correction.
            if after is None or (column.json and after == "[]" and before is not None):
                continue
            if not _same(before, after, json_text=column.json):
                key = (day.date, column.name, sync_date)
                self._changes[key] = ChangeRow(
                    self._account_id,
                    day.date,
                    column.name,
                    None if before is None else str(before),
                    str(after),
                    sync_date,
                )
            stored[column.name] = after


def _same(before: Any, after: Any, *, json_text: bool) -> bool:
    """Whether nothing was corrected.

    A change from nothing to an empty array is not a correction.
    """
    if not json_text:
        return bool(before == after)
    if after == "[]" or before == after:
        return True
    return before is not None and bool(_parsed(before) == _parsed(after))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def dates(first: date, last: date) -> list[date]:
    """Return every day from `first` to `last`."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
