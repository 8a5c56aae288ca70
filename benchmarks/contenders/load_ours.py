"""Write one table of rows with the product's warehouse, in one commit."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq

from tiktok_organic.clock import SystemClock
from tiktok_organic.reports import REPORTS
from tiktok_organic.table_definition import BATCH_ROWS
from tiktok_organic.warehouse.destinations import open_warehouse

rows = Path(os.environ["BENCH_ROWS"])
table = REPORTS["video_snapshot_metric"].table
started = time.perf_counter()
with (
    closing(
        open_warehouse(os.environ["BENCH_URL"], clock=SystemClock(), spool=rows.parent)
    ) as warehouse,
    warehouse.load("bench_ours", run="bench", attempt=1) as load,
    pq.ParquetFile(rows) as file,
):
    load.declare(table)
    for batch in file.iter_batches(BATCH_ROWS):
        load.stage(table, batch.cast(table.schema))
    load.commit()
Path(os.environ["BENCH_SECONDS"]).write_text(str(time.perf_counter() - started))
