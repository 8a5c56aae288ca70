"""The views of one connector, as rows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from tiktok_organic.connector import Connector
from tiktok_organic.errors import Refused
from tiktok_organic.history.table_columns import PROFILE_DAILY_METRIC_CHANGE, SYNC_RUN
from tiktok_organic.history.views import DEFAULT_LAG_HOURS
from tiktok_organic.history.views.view_columns import DECLARED
from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.wanted_rows import Condition

if TYPE_CHECKING:
    from tiktok_organic.actions.data_from_views.view_cache import ViewData

T = TypeVar("T")


__all__ = ["Gain", "NoViews", "ViewReader"]


_VIEWS = {view.name: Table(view.name, view.about, (), view.columns) for view in DECLARED}


# Maximum of cached videos and hashtags of one connector: about 60 MB.
_MOST_ROWS = 50_000


_AGES = 7


Row = Mapping[str, Any]


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
