"""The demo: 90 days of daily syncs of an invented account, and questions to the warehouse.

Each sync runs the same code as the `sync` command; only the clock is simulated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
from tiktok_organic.actions.demo.invented_events import DemoClock, Happening, happenings, name_on
from tiktok_organic.actions.runs.order_run import window_for_recovery
from tiktok_organic.actions.runs.sync_now import sync
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.reports import REPORTS
from tiktok_organic.sync.progress import silent
from tiktok_organic.sync.run import Run
from tiktok_organic.warehouse.contract import OpenWarehouse

__all__ = ["Lived", "QueryResult", "count_tables", "database_path", "live", "questions"]

_TELL_EVERY = 30
_TOP_VIDEOS = """\
SELECT left(max_by(caption, _quanti_sync_date), 40) AS video,
       max(video_views) - coalesce(max(video_views) FILTER (_quanti_sync_date <=
         (SELECT max(_quanti_sync_date) - INTERVAL 7 DAY FROM {dataset}.video_snapshot_metric)), 0)
         AS views_in_7_days
FROM {dataset}.video_snapshot_metric GROUP BY item_id ORDER BY 2 DESC LIMIT 5"""
_TOP_VIDEOS_BY_VIEW = """\
SELECT left(v.caption, 40) AS video, sum(d.video_views)::BIGINT AS views_in_7_days
FROM {dataset}.video_daily d JOIN {dataset}.video_latest v USING (item_id)
WHERE d.date > (SELECT max(date) - 7 FROM {dataset}.video_daily)
GROUP BY item_id, v.caption ORDER BY 2 DESC LIMIT 5"""
_IDLE_VIDEOS = """\
SELECT count(*) AS idle_videos FROM (
  SELECT max_by(reach IS NULL, _quanti_sync_date) AS is_idle, count(reach) AS reported
  FROM {dataset}.video_snapshot_metric GROUP BY item_id
) WHERE is_idle AND reported > 0"""
_LATEST_DAYS = """\
SELECT date, video_views, likes, daily_new_followers - daily_lost_followers AS net_followers
FROM {dataset}.profile_daily_metric ORDER BY date DESC LIMIT 5"""


@dataclass(frozen=True)
class Lived:
    """Result of the demo's syncs: the last run, the number of runs by status, the events."""

    run: Run
    first: date
    statuses: Counter[str]
    happenings: list[Happening]


@dataclass(frozen=True)
class QueryResult:
    """A question, its query, and the rows from the warehouse."""

    question: str
    query: str
    columns: list[str]
    rows: list[tuple[Any, ...]]


def live(
    app: App, demo: DemoTikTok, clock: DemoClock, days: int, tell: Callable[[str], None]
) -> tuple[Connector, Lived]:
    """Connect `days` ago and sync every day since, or only today if the home has a demo already.

    `app` must have `clock`. `tell` receives progress lines.
    """
    known = _known(app)
    if known is not None:
        connector = demo.connect(known.username)
        run = sync(app, connector, silent)
        return connector, Lived(run, run.sync_date.date(), Counter([str(run.status)]), [])
    today = clock.now()
    first = today - timedelta(days=days - 1)
    app.demo_home.begin_history(today.date())
    clock.set(first)
    try:
        connector, run, statuses = _sync_daily(app, demo, clock, first, days, tell)
    finally:
        clock.arrive()
    happened = [one for one in happenings(today.date()) if one.date > first.date()]
    return connector, Lived(run, first.date(), statuses, happened)


def _known(app: App) -> Connector | None:
    api_url = app.demo_home.api_url
    return next((c for c in app.connectors.all() if api_url and c.api_url == api_url), None)


def _sync_daily(
    app: App,
    demo: DemoTikTok,
    clock: DemoClock,
    first: datetime,
    days: int,
    tell: Callable[[str], None],
) -> tuple[Connector, Run, Counter[str]]:
    last = first.date() + timedelta(days=days - 1)
    connector = demo.connect(name_on(first.date(), last))
    if demo.simulator is not None:
        # The demo runs 90 days within seconds, so an answer takes no time here.
        demo.simulator.world.settings.update(latency=0.0)
    tell(f"Connected @{connector.username} through TikTok's consent, as {connector.name!r}.")
    window = window_for_recovery(connector, app.clock.now().date(), days=60)
    run = sync(app, connector, silent, window=window)
    statuses = Counter([str(run.status)])
    for day in range(1, days):
        if day % _TELL_EVERY == 0:
            tell(f"{day} of {days} days")
        clock.set(first + timedelta(days=day))
        run = sync(app, app.connectors.get(connector.id), silent)
        statuses[str(run.status)] += 1
    return app.connectors.get(connector.id), run, statuses


def database_path(connector: Connector) -> Path:
    """Return the DuckDB file of a demo's connector."""
    return Path(unquote(connector.destination.removeprefix("duckdb:///")))


def count_tables(open_warehouse: OpenWarehouse, connector: Connector) -> dict[str, int]:
    """Count the rows of the four tables."""
    with open_warehouse(connector.destination) as warehouse:
        return {
            name: warehouse.count(connector.dataset, report.table) or 0
            for name, report in REPORTS.items()
        }


def questions(connector: Connector) -> list[QueryResult]:
    """QueryResult common questions with queries of the warehouse."""
    import duckdb

    with duckdb.connect(str(database_path(connector)), read_only=True) as warehouse:
        views = warehouse.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = ? AND "
            "table_name IN ('video_daily', 'video_latest')",
            [connector.dataset],
        ).fetchone()
        has_views = views is not None and views[0] == 2
        asked = [
            (
                "Which videos gained most views in the last 7 days?",
                _TOP_VIDEOS_BY_VIEW if has_views else _TOP_VIDEOS,
            ),
            ("How were the latest days?", _LATEST_DAYS),
            ("How many videos are idle, so that TikTok omits their reach?", _IDLE_VIDEOS),
        ]
        results = []
        for question, template in asked:
            query = template.format(dataset=connector.dataset)
            found = warehouse.execute(query)
            columns = [column[0] for column in found.description]
            results.append(QueryResult(question, query, columns, found.fetchall()))
    return results
