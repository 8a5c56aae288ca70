"""The three views that read every snapshot, at three years of 1,000 videos: `python
benchmarks/views.py [VIDEOS] [DAYS] [postgresql://…]`.

Prints one JSON document: for DuckDB (two threads), and for a local PostgreSQL (one process) when an
address is given, the seconds of CPU and of the clock of a query that reads the whole view (the best
of three), and for BigQuery the bytes that the query reads of `video_snapshot_metric`, by the sizes
of types that Google documents. PostgreSQL gets a schema of its own, which is dropped again.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tiktok_organic.history.table_columns import SYNC_RUN, VIDEO
from tiktok_organic.history.views import views
from tiktok_organic.reports import REPORTS
from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse import sql
from tiktok_organic.warehouse.sql_dialect import DUCKDB, POSTGRES

VIDEOS, DAYS = 1000, 1096
NAMES = ("video_daily", "video_latest", "video_by_age")
SCHEMA = "tiktok_organic_benchmark"
SNAPSHOTS = REPORTS["video_snapshot_metric"].table
COUNTERS = ("item_id", "_quanti_sync_date", "video_views", "likes", "comments", "shares")
READ = {
    "video_daily": COUNTERS,
    "video_by_age": COUNTERS,
    "video_latest": (
        *COUNTERS,
        "reach",
        "video_duration",
        "total_time_watched",
        "average_time_watched",
        "full_video_watched_rate",
    ),
}
BYTES = {"INTEGER": 8, "FLOAT": 8, "TIMESTAMP": 8, "STRING": 2 + 19}
"""Of a value in BigQuery; the only text is an id of 19 digits."""

Run = Callable[[str], Any]


def fill(run: Run, name: Callable[[str], str], series: Callable[[str, int], str]) -> None:
    """Videos published over three years, one snapshot of each a day since its publication."""
    start = "TIMESTAMPTZ '2023-01-01 03:00:00+00'"
    run(
        f"INSERT INTO {name('sync_run')} (sync_date, account_id, status, data_time) SELECT "
        f"{start} + d * INTERVAL '1 day', 'a', 'succeeded', "
        f"{start} + d * INTERVAL '1 day' - INTERVAL '30 hours' FROM {series('d', DAYS)}"
    )
    born = f"{start} + (v * 7 % {DAYS} - 300) * INTERVAL '1 day' + (v % 24) * INTERVAL '1 hour'"
    run(
        f"INSERT INTO {name('video')} (item_id, account_id, create_time, state) SELECT "
        f"CAST(7000000000000000000 + v AS VARCHAR), 'a', {born}, 'active' "
        f"FROM {series('v', VIDEOS)}"
    )
    grown = "CAST((1 + v % 97) * 40 * ln(1 + greatest(0, d - (v * 7 % {days} - 300))) AS BIGINT)"
    counter = grown.format(days=DAYS)
    run(
        f"INSERT INTO {name('video_snapshot_metric')} (_quanti_loaded_at, item_id, "
        "_quanti_sync_date, video_views, likes, comments, shares, reach, total_time_watched) "
        f"SELECT {start}, CAST(7000000000000000000 + v AS VARCHAR), "
        f"{start} + d * INTERVAL '1 day', {counter}, {counter} / 20, {counter} / 200, "
        f"{counter} / 300, {counter} / 2, 1.5 * {counter} "
        f"FROM {series('d', DAYS)}, {series('v', VIDEOS)}"
    )


def timed(
    run: Run, name: Callable[[str], str], cpu: Callable[[], float]
) -> dict[str, dict[str, float]]:
    """The best of three readings of each whole view. `cpu`: seconds that were spent so far."""
    found: dict[str, dict[str, float]] = {}
    for view in NAMES:
        spent = []
        for _ in range(3):
            began, busy = time.perf_counter(), cpu()
            run(f"SELECT count(*), sum(video_views), max(item_id) FROM {name(view)}")
            spent.append((cpu() - busy, time.perf_counter() - began))
        best = min(spent)
        found[view] = {"cpu": round(best[0], 2), "wall": round(best[1], 2)}
    return found


def duckdb_times() -> dict[str, dict[str, float]]:
    import duckdb

    with duckdb.connect(config={"threads": "2"}) as connection:

        def run(statement: str) -> Any:
            return connection.execute(statement).fetchall()

        for table in tables():
            run(sql.create_table(DUCKDB, DUCKDB.name(table.name), table))
        fill(run, DUCKDB.name, lambda n, count: f"range({count}) AS {n}({n})")
        for view in views("UTC", ["video_snapshot_metric"]):
            if view.name in NAMES:
                query = view.query("duckdb", DUCKDB.name)
                run(f"CREATE VIEW {DUCKDB.name(view.name)} AS {query}")
        return timed(run, DUCKDB.name, time.process_time)


def postgres_times(address: str) -> dict[str, dict[str, float]]:
    import psycopg

    def name(table: str) -> str:
        return POSTGRES.name(SCHEMA, table)

    with psycopg.connect(address, autocommit=True) as connection:

        def run(statement: str) -> Any:
            found = connection.execute(statement)
            return found.fetchall() if found.description else None

        run(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        run(f"CREATE SCHEMA {SCHEMA}")
        try:
            for table in tables():
                run(sql.create_table(POSTGRES, name(table.name), table))
            fill(run, name, lambda n, count: f"generate_series(0, {count - 1}) AS {n}")
            run("ANALYZE")
            run("SET max_parallel_workers_per_gather = 0")
            stat = Path(f"/proc/{connection.info.backend_pid}/stat")

            def cpu() -> float:
                ticks = stat.read_text().rpartition(")")[2].split()[11:13]
                return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

            for view in views("UTC", ["video_snapshot_metric"]):
                if view.name in NAMES:
                    query = view.query("postgres", name)
                    run(f"CREATE VIEW {name(view.name)} AS {query}")
            return timed(run, name, cpu)
        finally:
            run(f"DROP SCHEMA {SCHEMA} CASCADE")


def tables() -> tuple[Table, ...]:
    return (SYNC_RUN, VIDEO, SNAPSHOTS)


def bigquery_bytes() -> dict[str, int]:
    """What a whole view reads of the snapshots."""
    return {
        view: VIDEOS * DAYS * sum(BYTES[SNAPSHOTS.column(name).type] for name in columns)
        for view, columns in READ.items()
    }


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    VIDEOS, DAYS = (*numbers, *(VIDEOS, DAYS)[len(numbers) :])
    address = next((word for word in sys.argv[1:] if "://" in word), None)
    document: dict[str, Any] = {"snapshots": VIDEOS * DAYS, "duckdb": duckdb_times()}
    if address is not None:
        document["postgresql"] = postgres_times(address)
    print(json.dumps({**document, "bigquery_bytes": bigquery_bytes()}))
