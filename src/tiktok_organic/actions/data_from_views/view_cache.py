"""The rows of a connector's views, cached until the next sync.

One query of a view serves every sorting, filter and page of one sync: BigQuery bills each query,
and `video_daily` takes up to two seconds at a million snapshots. So rows are read once and arranged
in memory, within the limits below.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from tiktok_organic.actions.data_from_views.view_reader import ViewReader
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import DestinationBusy

__all__ = ["T", "ViewData"]


# Maximum of cached results, of all connectors together.
_ENTRIES = 64
# Maximum age of a cached result: a replay changes rows without a run of its own.
_OLDEST = timedelta(minutes=15)

T = TypeVar("T")


@dataclass(frozen=True)
class _Remembered:
    at: datetime
    value: Any


class ViewData:
    """The views of all connectors. Used by several threads; one query at a time per connector."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._results: OrderedDict[Hashable, _Remembered] = OrderedDict()
        self._changing = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}

    def of(self, connector: Connector) -> ViewReader:
        """Return the views of one connector at its newest sync."""
        run = next(iter(self._app.runs.newest(connector.id, 1)), None)
        state = (run.id, run.status, run.finished_at) if run is not None else None
        return ViewReader(self, connector, state)

    def remembered(self, connector: Connector, key: Hashable, read: Callable[[Any], T]) -> T:
        """Return the cached result to `read`, or call it with the open warehouse."""
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
        """What `compute` makes of results that are read on the way, remembered as they are."""
        found = self._find(key)
        return cast(T, found.value) if found is not None else self._keep(key, compute())

    def _find(self, key: Hashable) -> _Remembered | None:
        with self._changing:
            found = self._results.get(key)
            if found is None:
                return None
            if not timedelta(0) <= self._app.clock.now() - found.at < _OLDEST:
                del self._results[key]
                return None
            self._results.move_to_end(key)
            return found

    def _keep(self, key: Hashable, value: T) -> T:
        with self._changing:
            self._results[key] = _Remembered(self._app.clock.now(), value)
            while len(self._results) > _ENTRIES:
                self._results.popitem(last=False)
        return value
