"""The table `sync_run`: the result of each sync, and its data time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from tiktok_organic.history.counting_delay import CountingDelay, Gain, data_times, measure
from tiktok_organic.history.rows import SyncRow

__all__ = ["SyncFacts", "Syncs"]

EVIDENCE = timedelta(days=180)
"""The delay is measured with syncs and days of this period; older syncs keep their value."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LISTED = "video_snapshot_metric"


@dataclass(frozen=True)
class SyncFacts:
    """One sync, for its row. `reports`: status and rows of each report of this load."""

    sync_date: datetime
    run_id: str
    account_id: str
    username: str
    kind: str = "sync"
    requested_by: str | None = None
    window: tuple[date, date] | None = None
    reports: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    requests: int | None = None
    answer_bytes: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None
    product_version: str | None = None
    withheld: tuple[str, ...] = ()


class Syncs:
    """The rows of `sync_run`; a sync that is added twice, or in parts, is one row."""

    def __init__(
        self, stored: Iterable[SyncRow] = (), older: Callable[[], Iterable[SyncRow]] = tuple
    ) -> None:
        """`older`: reads the rows that are stored from before the evidence."""
        self._rows = {row.sync_date: row for row in stored}
        self._stored = dict(self._rows)
        self._older = older

    def knows(self, sync_date: datetime, run_id: str) -> bool:
        """Whether that run has its row."""
        row = self._rows.get(sync_date)
        return row is not None and row.run_id == run_id

    def record(self, facts: SyncFacts) -> None:
        """Add or complete a sync's row; reports that an earlier part loaded remain loaded."""
        before = self._rows.get(facts.sync_date)
        reports = {**_loaded(before), **{k: _report(v) for k, v in facts.reports.items()}}
        statuses = {report["status"] for report in reports.values()}
        window = facts.window or (
            None if before is None else (before.window_start, before.window_end)
        )
        made = SyncRow(
            sync_date=facts.sync_date,
            run_id=facts.run_id,
            account_id=facts.account_id,
            username=facts.username or (before.username if before else None),
            kind=facts.kind,
            requested_by=facts.requested_by,
            status=_status(statuses),
            window_start=window[0] if window else None,
            window_end=window[1] if window else None,
            reports=json.dumps(reports, separators=(",", ":")),
            requests=facts.requests,
            answer_bytes=facts.answer_bytes,
            started_at=facts.started_at,
            finished_at=facts.finished_at,
            error=facts.error,
            product_version=facts.product_version,
            withheld_columns=json.dumps(facts.withheld, separators=(",", ":")),
        )
        # A part that is added later must not erase what was measured with the first one.
        if before is not None:
            made = replace(
                made,
                data_time=before.data_time,
                counter_lag_hours=before.counter_lag_hours,
                views_gained=before.views_gained,
                views_since=before.views_since,
                counter_lag_model=before.counter_lag_model,
            )
        self._rows[facts.sync_date] = made

    def gained(self, sync_date: datetime, views: int | None, since: datetime | None) -> None:
        """Add the gain of the listed videos since the list of `since`."""
        row = self._rows[sync_date]
        self._rows[sync_date] = replace(row, views_gained=views, views_since=since)

    def measure(self, views: Mapping[date, int]) -> None:
        """Measure TikTok's delay by the account's daily views, and set the data time of every sync.

        Syncs older than the evidence keep their data time.
        """
        rows = self._in_order()
        if not rows:
            return
        oldest = rows[-1].sync_date - EVIDENCE
        recent = [row for row in rows if row.sync_date >= oldest]
        before = _measured(recent)
        delay = measure(_gains(recent), _numbered(views), before) or before
        if delay is None:
            return
        if all(row.data_time is None for row in rows):
            self._take_older()  # the first measured delay: every sync gets it
            rows = self._in_order()
        moments = [row.sync_date.timestamp() for row in rows]
        settled = [
            row.data_time.timestamp() if row.data_time and row.sync_date < oldest else None
            for row in rows
        ]
        for row, data_seconds in zip(rows, data_times(moments, delay, settled), strict=True):
            data_time = _EPOCH + timedelta(seconds=round(data_seconds, 6))
            if row.data_time == data_time:
                continue
            hours = (row.sync_date - data_time) / timedelta(hours=1)
            self._rows[row.sync_date] = replace(
                row,
                data_time=data_time,
                counter_lag_hours=hours,
                counter_lag_model=delay.text(),
            )

    def _in_order(self) -> list[SyncRow]:
        """The rows, oldest first."""
        return sorted(self._rows.values(), key=lambda row: row.sync_date)

    def _take_older(self) -> None:
        for row in self._older():
            self._rows.setdefault(row.sync_date, row)
            self._stored.setdefault(row.sync_date, row)

    def changed(self) -> list[SyncRow]:
        """Return the rows that differ from the stored ones."""
        return [row for key, row in sorted(self._rows.items()) if self._stored.get(key) != row]


def _gains(rows: Iterable[SyncRow]) -> list[Gain]:
    return [
        Gain(row.views_since.timestamp(), row.sync_date.timestamp(), row.views_gained)
        for row in rows
        if row.views_since is not None and row.views_gained is not None
    ]


def _numbered(views: Mapping[date, int]) -> dict[int, int]:
    return {(day - _EPOCH.date()).days: count for day, count in views.items()}


def _measured(rows: Iterable[SyncRow]) -> CountingDelay | None:
    """Return the delay that was measured before: that of the newest row with one."""
    newest_first = sorted(rows, key=lambda row: row.sync_date, reverse=True)
    delays = (
        CountingDelay.of(row.counter_lag_model) for row in newest_first if row.counter_lag_model
    )
    return next(filter(None, delays), None)


def _loaded(row: SyncRow | None) -> dict[str, dict[str, object]]:
    """The reports that an earlier part of the same sync loaded."""
    try:
        reports = json.loads((row and row.reports) or "{}")
        return {
            name: report for name, report in reports.items() if report.get("status") == "succeeded"
        }
    except (ValueError, AttributeError):  # a person has edited the row
        return {}


def _report(report: tuple[str, int]) -> dict[str, object]:
    return {"status": report[0], "rows": report[1]}


def _status(statuses: set[object]) -> str:
    if statuses == {"succeeded"}:
        return "succeeded"
    return "partial" if "succeeded" in statuses else "failed"
