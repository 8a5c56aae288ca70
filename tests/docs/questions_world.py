"""Two invented accounts, synced daily for 24 days, and the truth about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb

from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
from tiktok_organic.actions.demo.invented_events import DemoClock, name_on
from tiktok_organic.actions.demo.run_demo import database_path
from tiktok_organic.actions.runs.order_run import window_for_recovery
from tiktok_organic.actions.runs.sync_now import sync
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.settings import Settings
from tiktok_organic.simulator import World
from tiktok_organic.simulator.accounts.truth import Truth
from tiktok_organic.sync.progress import silent

DAY = timedelta(days=1)
END_OF_STORY = datetime(2026, 11, 23, 9, tzinfo=UTC)
FIRST, SYNCS = END_OF_STORY - 42 * DAY, 24
CAFE = "demo.cafe"


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
            if published[item] <= self.syncs[-1] and gone.get(item, END_OF_STORY) > self.syncs[0]
        ]

    def ask(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        rows: list[dict[str, Any]] = self.warehouse.sql(query).to_arrow_table().to_pylist()
        return rows


def data_time(sync_date: datetime) -> datetime:
    """Return the data time of a sync: the simulator counts by whole days."""
    return datetime.combine((sync_date - timedelta(hours=36)).date(), time(), UTC)


class _Still:
    """The end of the story, where the clock stands."""

    def now(self) -> datetime:
        return END_OF_STORY

    def sleep(self, seconds: float) -> None: ...

    def monotonic(self) -> float:
        return 0.0


def live(home: Path) -> Iterator[Lived]:
    """Sync through the days in `home`, which is empty; then ask."""
    clock = DemoClock(_Still())
    app = App(Settings(home=home), clock=clock)
    demo = DemoTikTok(app)
    app.demo_home.begin_history(END_OF_STORY.date())
    clock.set(FIRST)
    demo.start()
    assert demo.simulator is not None
    world = demo.simulator.world
    world.settings.update(latency=0.0, limits=False)
    world.faults.clear()  # the demo's outage
    world.add_account(CAFE, videos=9, followers=2_400)
    bakery = demo.connect(name_on(FIRST.date(), END_OF_STORY.date()))
    moments = [FIRST + n * DAY for n in range(SYNCS)]
    for moment in moments:
        clock.set(moment)
        _sync(app, bakery, recover=moment == FIRST)
    cafe = demo.connect(CAFE)
    _sync(app, cafe, recover=True)
    clock.set(moments[-1] + timedelta(days=5))
    _sync(app, cafe, recover=False)
    syncs = [run.sync_date for run in app.runs.loaded(bakery.id)]
    with duckdb.connect(str(database_path(bakery)), read_only=True) as warehouse:
        warehouse.execute("SET TimeZone = 'UTC'")
        yield Lived(
            warehouse,
            bakery.dataset,
            cafe.dataset,
            world,
            world.truth(bakery.username),
            world.truth(CAFE),
            syncs,
        )
    demo.close()
    app.close()


def _sync(app: App, connector: Connector, *, recover: bool) -> None:
    connector = app.connectors.get(connector.id)
    window = window_for_recovery(connector, app.clock.now().date(), days=60) if recover else None
    run = sync(app, connector, silent, window=window)
    assert run.succeeded, run.cause
