"""The rows of the history tables as values; their fields are the tables' columns, in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, ClassVar, Self

__all__ = ["ChangeRow", "CoverageRow", "NameRow", "SyncRow", "VideoRow"]


class _Row:
    """Common methods of all rows.

    `needed`: columns without which a stored row is useless; a user may have emptied them.
    """

    needed: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the columns."""
        return tuple(field.name for field in fields(cls))  # type: ignore[arg-type]  # the subclasses are

    @classmethod
    def stored(cls, rows: Iterable[Mapping[str, Any]]) -> Iterable[Self]:
        """Return the stored rows; a column that the warehouse lacks is None.

        A row without a needed value is omitted: the sync writes it again under its key, or beside
        it.
        """
        names = cls.names()
        return (
            cls(*(row.get(name) for name in names))
            for row in rows
            if all(row.get(name) is not None for name in cls.needed)
        )

    def values(self) -> tuple[Any, ...]:
        """Return the values in the order of the table's columns."""
        return tuple(getattr(self, name) for name in self.__slots__)  # type: ignore[attr-defined]  # dataclass(slots=True) makes it


@dataclass(frozen=True, slots=True)
class SyncRow(_Row):
    """A row of sync_run."""

    needed: ClassVar[tuple[str, ...]] = ("sync_date",)

    sync_date: datetime
    run_id: str | None = None
    account_id: str | None = None
    username: str | None = None
    kind: str | None = None
    requested_by: str | None = None
    status: str | None = None
    window_start: date | None = None
    window_end: date | None = None
    reports: str | None = None
    requests: int | None = None
    answer_bytes: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None
    data_time: datetime | None = None
    counter_lag_hours: float | None = None
    product_version: str | None = None
    withheld_columns: str | None = None
    views_gained: int | None = None
    views_since: datetime | None = None
    counter_lag_model: str | None = None


@dataclass(frozen=True, slots=True)
class CoverageRow(_Row):
    """A row of coverage_day."""

    needed: ClassVar[tuple[str, ...]] = ("account_id", "date")

    account_id: str
    date: date
    state: str | None = None
    first_read_at: datetime | None = None
    last_read_at: datetime | None = None
    final_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChangeRow(_Row):
    """A row of profile_daily_metric_change."""

    account_id: str
    date: date
    metric: str
    old_value: str | None
    new_value: str
    sync_date: datetime


@dataclass(frozen=True, slots=True)
class NameRow(_Row):
    """A row of account_username."""

    needed: ClassVar[tuple[str, ...]] = ("account_id", "username", "first_seen", "last_seen")

    account_id: str
    username: str
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class VideoRow(_Row):
    """A row of video."""

    needed: ClassVar[tuple[str, ...]] = ("item_id",)

    item_id: str
    account_id: str | None = None
    create_time: datetime | None = None
    caption: str | None = None
    share_url: str | None = None
    media_type: str | None = None
    is_ad: bool | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    state: str | None = None
    vanished_since: datetime | None = None
    returned_at: datetime | None = None
    hashtags: str | None = None
    absent_since: datetime | None = None
    insights_told: bool | None = None
    last_video_views: int | None = None
