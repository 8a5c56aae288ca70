"""The demo, run once for all pages that show parts of it."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
from tiktok_organic.actions.demo.invented_events import DAYS, DemoClock
from tiktok_organic.actions.demo.run_demo import (
    Lived,
    QueryResult,
    count_tables,
    database_path,
    live,
    questions,
)
from tiktok_organic.actions.runs.order_run import window_for_recovery
from tiktok_organic.actions.runs.sync_now import sync
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.settings import Settings
from tiktok_organic.simulator import World
from tiktok_organic.sync.progress import silent

__all__ = ["Demo", "demo"]

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
_SECOND = "demo.cafe"


@dataclass(frozen=True)
class Demo:
    """The result of the demo. `other`: a second connector, for the page of questions.

    `world`: the truth about both accounts. `syncs`: when the first one's runs succeeded.
    """

    folder: tempfile.TemporaryDirectory[str]
    connector: Connector
    other: Connector
    lived: Lived
    rows: dict[str, int]
    results: list[QueryResult]
    world: World
    syncs: list[datetime]

    @property
    def database(self) -> Path:
        """The DuckDB file of both connectors."""
        return database_path(self.connector)


class _Still:
    """A clock that does not move; its sleep returns at once."""

    def now(self) -> datetime:
        return NOW

    def sleep(self, seconds: float) -> None: ...

    def monotonic(self) -> float:
        return 0.0


@cache
def demo() -> Demo:
    """Run the demo at a fixed time, and sync a second account twice."""
    folder = tempfile.TemporaryDirectory()
    clock = DemoClock(_Still())
    app = App(Settings(home=Path(folder.name)), clock=clock)
    tiktok = DemoTikTok(app)
    with _quietly():
        connector, lived = live(app, tiktok, clock, DAYS, lambda _line: None)
        rows, results = count_tables(app.warehouse, connector), questions(connector)
        other = _second(app, tiktok, clock)
    syncs = [run.sync_date for run in app.runs.loaded(connector.id)]
    world = _world(tiktok)
    tiktok.close()
    app.close()
    return Demo(folder, connector, other, lived, rows, results, world, syncs)


def _world(tiktok: DemoTikTok) -> World:
    if tiktok.simulator is None:
        raise RuntimeError("the demo's simulator does not run")
    return tiktok.simulator.world


def _second(app: App, tiktok: DemoTikTok, clock: DemoClock) -> Connector:
    _world(tiktok).add_account(_SECOND, videos=9, followers=2_400)
    other = tiktok.connect(_SECOND)
    window = window_for_recovery(other, app.clock.now().date(), days=60)
    sync(app, other, silent, window=window)
    clock.set(NOW + timedelta(days=1))
    sync(app, app.connectors.get(other.id), silent)
    return app.connectors.get(other.id)


@contextmanager
def _quietly() -> Iterator[None]:
    with redirect_stderr(io.StringIO()):
        yield
