"""The two invented accounts of the demo as the pages show it, and the truth about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import duckdb
from generator.demo_home import NOW, Demo

from tiktok_organic.simulator import World
from tiktok_organic.simulator.accounts.truth import Truth

DAY = timedelta(days=1)


@dataclass
class Lived:
    """What the questions are asked about: the warehouse, and the world with its truth."""

    warehouse: duckdb.DuckDBPyConnection
    dataset: str
    other: str
    world: World
    truth: Truth
    other_truth: Truth
    syncs: Sequence[datetime]

    @property
    def counted(self) -> list[date]:
        """The days whose video counters are complete: from the first sync's data time on."""
        first, last = data_time(self.syncs[0]).date(), data_time(self.syncs[-1]).date()
        return [first + n * DAY for n in range((last - first).days)]

    @property
    def listed(self) -> list[str]:
        """The videos that any sync has listed."""
        events = self.truth.events()
        published = {e.item_id: e.at for e in events if e.kind == "published"}
        gone = {e.item_id: e.at for e in events if e.kind in ("removed", "hidden")}
        return [
            item
            for item in self.truth.item_ids()
            if published[item] <= self.syncs[-1] and gone.get(item, NOW) > self.syncs[0]
        ]

    def ask(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        rows: list[dict[str, Any]] = self.warehouse.sql(query).to_arrow_table().to_pylist()
        return rows


def data_time(sync_date: datetime) -> datetime:
    """Return the data time of a sync: the simulator counts by whole days."""
    return datetime.combine((sync_date - timedelta(hours=36)).date(), time(), UTC)


@contextmanager
def ask(demo: Demo) -> Iterator[Lived]:
    """Open the demo's warehouse for questions."""
    with duckdb.connect(str(demo.database), read_only=True) as warehouse:
        warehouse.execute("SET TimeZone = 'UTC'")
        yield Lived(
            warehouse,
            demo.connector.dataset,
            demo.other.dataset,
            demo.world,
            demo.world.truth(demo.connector.username),
            demo.world.truth(demo.other.username),
            demo.syncs,
        )
