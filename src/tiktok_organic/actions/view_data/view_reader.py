"""The rows of a connector's views, cached until the next sync.

One query of a view serves every sorting, filter and page of one sync: BigQuery bills each query,
and `video_daily` takes up to two seconds at a million snapshots. So rows are read once and arranged
in memory, within the limits below.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar, cast

from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import DestinationBusy, Refused
from tiktok_organic.history.tables import PROFILE_DAILY_METRIC_CHANGE, SYNC_RUN
from tiktok_organic.history.views import DEFAULT_LAG_HOURS
from tiktok_organic.history.views.columns import DECLARED
from tiktok_organic.table import Table
from tiktok_organic.warehouse.base import Condition

__all__ = ["Gain", "NoViews", "ViewData", "ViewReader"]

_VIEWS = {view.name: Table(view.name, view.about, (), view.columns) for view in DECLARED}
# Maximum of cached videos and hashtags of one connector: about 60 MB.
_MOST_ROWS = 50_000
_AGES = 7
# Maximum of cached answers, of all connectors together.
_ENTRIES = 64
# Maximum age of a cached answer: a replay changes rows without a run of its own.
_OLDEST = timedelta(minutes=15)

Row = Mapping[str, Any]
T = TypeVar("T")


class NoViews(Refused):
    """The dataset lacks a view that the page needs."""

    code = "no_views"

    def __init__(self, dataset: str, view: str) -> None:
        super().__init__(
            f"the dataset {dataset} has no view {view}",
            dataset=dataset,
            view=view,
        )


@dataclass(frozen=True)
class Gain:
    """The gains of a video in a period."""

    views: int
    likes: int
    comments: int
    shares: int


@dataclass(frozen=True)
class _Remembered:
    at: datetime
    value: Any


class ViewData:
    """The views of all connectors. Used by several threads; one query at a time per connector."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._answers: OrderedDict[Hashable, _Remembered] = OrderedDict()
        self._changing = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}

    def of(self, connector: Connector) -> ViewReader:
        """Return the views of one connector at its newest sync."""
        run = next(iter(self._app.runs.newest(connector.id, 1)), None)
        state = (run.id, run.status, run.finished_at) if run is not None else None
        return ViewReader(self, connector, state)

    def remembered(self, connector: Connector, key: Hashable, read: Callable[[Any], T]) -> T:
        """Return the cached answer to `read`, or call it with the open warehouse."""
        found = self._find(key)
        if found is not None:
            return cast(T, found.value)
        with self._changing:
            turn = self._turns.setdefault(connector.id, threading.Lock())
        if not turn.acquire(timeout=30):
            raise DestinationBusy(
                "the warehouse is still running an earlier query",
                remedy="Try again in a minute.",
            )
        try:
            found = self._find(key)
            if found is None:
                with self._app.warehouse(connector.destination) as warehouse:
                    return self._keep(key, read(warehouse))
            return cast(T, found.value)
        finally:
            turn.release()

    def computed(self, key: Hashable, compute: Callable[[], T]) -> T:
        """What `compute` makes of answers that are read on the way, remembered as they are."""
        found = self._find(key)
        return cast(T, found.value) if found is not None else self._keep(key, compute())

    def _find(self, key: Hashable) -> _Remembered | None:
        with self._changing:
            found = self._answers.get(key)
            if found is None:
                return None
            if not timedelta(0) <= self._app.clock.now() - found.at < _OLDEST:
                del self._answers[key]
                return None
            self._answers.move_to_end(key)
            return found

    def _keep(self, key: Hashable, value: T) -> T:
        with self._changing:
            self._answers[key] = _Remembered(self._app.clock.now(), value)
            while len(self._answers) > _ENTRIES:
                self._answers.popitem(last=False)
        return value


class ViewReader:
    """The views of one connector.

    Every method raises DestinationBusy or DestinationRefused if the warehouse cannot be read, and
    NoViews if the view does not exist.
    """

    def __init__(self, data: ViewData, connector: Connector, state: Hashable) -> None:
        self._data = data
        self._connector = connector
        self._state = state

    def computed(self, what: Hashable, compute: Callable[[], T]) -> T:
        """The result of `compute` as of the newest sync, which `what` names among all results."""
        connector = self._connector
        key = ("computed", connector.id, connector.dataset, connector.destination, self._state)
        return self._data.computed((*key, connector.reports, what), compute)

    def videos(self) -> Sequence[Row]:
        """Rows of `video_latest`, newest first."""
        return self._rows(_VIEWS["video_latest"], order=("-create_time", "item_id"))

    def by_age(self) -> Sequence[Row]:
        """Rows of `video_by_age`."""
        return self._rows(
            _VIEWS["video_by_age"], order=("item_id", "age_days"), limit=_MOST_ROWS * _AGES
        )

    def days(self) -> Sequence[Row]:
        """Rows of `account_daily`, oldest first; empty if the connector does not copy days."""
        if "profile_daily_metric" not in self._connector.reports:
            return ()
        return self._rows(_VIEWS["account_daily"], order=("date",))

    def hashtags(self) -> Mapping[str, tuple[str, ...]]:
        """Rows of `video_hashtag`: the hashtags of each video that has any."""
        found: dict[str, tuple[str, ...]] = {}
        for row in self._rows(
            _VIEWS["video_hashtag"], order=("item_id", "hashtag"), limit=_MOST_ROWS * 4
        ):
            found[row["item_id"]] = (*found.get(row["item_id"], ()), row["hashtag"])
        return found

    def gains(self, start: date, end: date) -> Mapping[str, Gain]:
        """Return the sums of `video_daily` over these days, by video.

        Videos without such a day are omitted.
        """
        rows = self._rows(
            _VIEWS["video_daily"],
            totals_by=("item_id",),
            where=(Condition("date", ">=", start), Condition("date", "<=", end)),
            order=("item_id",),
        )
        return {
            row["item_id"]: Gain(
                row["video_views"] or 0,
                row["likes"] or 0,
                row["comments"] or 0,
                row["shares"] or 0,
            )
            for row in rows
        }

    def daily(self, item_id: str) -> Sequence[Row]:
        """Rows of `video_daily` of one video, oldest first."""
        where = (Condition("item_id", "=", item_id),)
        return self._rows(_VIEWS["video_daily"], where=where, order=("date",))

    def shares(self, view: str, item_id: str) -> Sequence[Row]:
        """The newest snapshot in `video_impression_source` or `video_audience_country`."""
        where = (Condition("item_id", "=", item_id),)
        rows = self._rows(_VIEWS[view], where=where, order=("-sync_date", "-share"), limit=300)
        return [row for row in rows if row["sync_date"] == rows[0]["sync_date"]]

    def audience(self, view: str) -> Sequence[Row]:
        """Snapshots of `audience_country`, `audience_age` or `audience_gender`, newest first."""
        return self._rows(_VIEWS[view], order=("-sync_date", "-share"), limit=20_000)

    def changes(self, since: date) -> Sequence[Row]:
        """Rows of `profile_daily_metric_change` for days since then: corrections by TikTok."""
        return self._rows(
            PROFILE_DAILY_METRIC_CHANGE,
            where=(Condition("date", ">=", since),),
            order=("date", "metric", "sync_date"),
        )

    def syncs(self) -> Sequence[Row]:
        """Rows of `sync_run` of loaded syncs, newest first."""
        rows = self._rows(SYNC_RUN, order=("-sync_date",), limit=400)
        return [row for row in rows if row["status"] != "failed"]

    def counted_until(self) -> date | None:
        """The newest UTC day that the videos' counters cover completely.

        None before the first sync.
        """
        found = self.syncs()
        moments = [
            row["data_time"] or row["sync_date"] - timedelta(hours=DEFAULT_LAG_HOURS)
            for row in found
        ]
        if not moments:
            return None
        newest: datetime = max(moments)
        return newest.astimezone(UTC).date() - timedelta(days=1)

    def as_of(self) -> datetime | None:
        """The newest loaded sync."""
        found = self.syncs()
        moment: datetime | None = found[0]["sync_date"] if found else None
        return moment

    def _rows(
        self,
        table: Table,
        *,
        totals_by: tuple[str, ...] = (),
        where: tuple[Condition, ...] = (),
        order: tuple[str, ...] = (),
        limit: int = _MOST_ROWS,
    ) -> Sequence[Row]:
        connector = self._connector
        key = (
            connector.id,
            connector.dataset,
            connector.destination,
            self._state,
            table.name,
            totals_by,
            where,
            order,
        )

        def read(warehouse: Any) -> Sequence[Row]:
            found: list[dict[str, Any]] | None = warehouse.read(
                connector.dataset,
                table,
                totals_by=totals_by,
                where=where,
                order=order,
                limit=limit,
            )
            if found is None:
                raise NoViews(connector.dataset, table.name)
            return found

        return self._data.remembered(connector, key, read)
