"""video_daily equals a slow, separate calculation from the raw snapshots."""

from __future__ import annotations

import itertools
import math
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import duckdb
import pytest

from tiktok_organic.history.table_columns import SYNC_RUN, VIDEO
from tiktok_organic.history.views import views
from tiktok_organic.reports import REPORTS
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.sql_dialect import DUCKDB

START = datetime(2026, 1, 5, 3, tzinfo=UTC)
LAG = timedelta(hours=30)
DAY = timedelta(days=1)
SNAPSHOTS = REPORTS["video_snapshot_metric"].table
Reading = tuple[datetime, int]


def world(seed: int) -> tuple[list[datetime], dict[str, tuple[datetime, list[tuple[Any, ...]]]]]:
    """Syncs with outages, and videos with their snapshots: (sync, views, likes)."""
    dice = random.Random(seed)
    syncs = [START + DAY * n + timedelta(minutes=dice.randrange(90)) for n in range(40)]
    syncs = [
        sync for n, sync in enumerate(syncs) if n not in range(10, 13) and n not in range(20, 29)
    ]
    syncs.append(syncs[-1] + timedelta(hours=5))
    videos = {}
    for number in range(25):
        born = START + timedelta(hours=dice.randrange(-200, 700))
        fame, rows = dice.randrange(1, 9000), []
        for sync in syncs:
            age = (sync - LAG - born) / DAY
            if sync < born or dice.random() < 0.05:
                continue
            count = int(fame * math.log1p(max(age, 0)))
            told = (count, count // 9) if dice.random() > 0.05 else (None, None)
            rows.append((sync, *told))
        if number % 5 == 0:  # likes alone are missing now and then
            rows = [(s, v, None if dice.random() < 0.3 else n) for s, v, n in rows]
        videos[f"v{number}"] = born, rows
    return syncs, videos


def expected(
    born: datetime, rows: list[tuple[Any, ...]], first: datetime, place: int
) -> dict[Any, int]:
    """What one counter gained by day, by exact fractions."""
    new, readings, positive = born > first, list[Reading](), False
    if new:
        readings.append((born, 0))
    for row in rows:
        positive = positive or any(value for value in row[1:] if value)
        at, value = row[0] - LAG, row[place]
        if value is not None and (not new or positive or at >= born + 2 * DAY):
            readings.append((max(at, born) if new else at, value))
    gains: dict[Any, int] = defaultdict(int)
    if readings:
        gains[readings[0][0].date()] += 0
    for (t0, v0), (t1, v1) in itertools.pairwise(readings):
        day, upto = t0.date(), v0
        while day <= t1.date():
            end = datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY
            part = (
                Fraction(1)
                if end > t1
                else Fraction(
                    (end - t0) // timedelta(microseconds=1), (t1 - t0) // timedelta(microseconds=1)
                )
            )
            value = v1 if end > t1 else v0 + math.floor((v1 - v0) * part + Fraction(1, 2))
            gains[day] += value - upto
            upto, day = value, day + DAY
    return dict(gains)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_video_daily_is_what_the_snapshots_say(seed: int) -> None:
    syncs, videos = world(seed)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Pacific/Auckland'")
        for table in (SYNC_RUN, VIDEO, SNAPSHOTS):
            connection.execute(sql.create_table(DUCKDB, table.name, table))
        for sync in syncs:
            connection.execute(
                "INSERT INTO sync_run (sync_date, account_id, data_time) VALUES (?, 'a', ?)",
                [sync, sync - LAG],
            )
        for item, (born, rows) in videos.items():
            connection.execute(
                "INSERT INTO video (item_id, create_time) VALUES (?, ?)", [item, born]
            )
            for sync, seen, likes in rows:
                connection.execute(
                    "INSERT INTO video_snapshot_metric (_quanti_loaded_at, item_id, "
                    "_quanti_sync_date, video_views, likes, comments, shares) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [sync, item, sync, seen, likes, seen, seen],
                )
        query = next(view for view in views("UTC") if view.name == "video_daily").query
        found = connection.execute(
            f"SELECT item_id, date, video_views, likes FROM ({query('duckdb', DUCKDB.name)})"
        ).fetchall()
    for place, name in ((1, "video_views"), (2, "likes")):
        told = {(row[0], row[1]): row[place + 1] for row in found if row[place + 1] is not None}
        meant = {
            (item, day): gain
            for item, (born, rows) in videos.items()
            for day, gain in expected(born, rows, syncs[0] - LAG, place).items()
        }
        assert told == meant, name
