"""Merge the same Arrow rows into the same kind of table with dlt."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pyarrow.parquet as pq

import dlt

rows, url = Path(os.environ["BENCH_ROWS"]), os.environ["BENCH_URL"]
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
started = time.perf_counter()
destination = (
    dlt.destinations.duckdb(url.removeprefix("duckdb:///"))
    if url.startswith("duckdb")
    else dlt.destinations.postgres(url)
)
pipeline = dlt.pipeline(
    pipeline_name="bench",
    pipelines_dir=os.environ["BENCH_FOLDER"],
    destination=destination,
    dataset_name="bench_dlt",
)
pipeline.run(
    pq.read_table(rows),
    table_name="video_snapshot_metric",
    write_disposition={"disposition": "merge", "strategy": "upsert"},
    primary_key=["item_id", "_quanti_sync_date"],
)
Path(os.environ["BENCH_SECONDS"]).write_text(str(time.perf_counter() - started))
