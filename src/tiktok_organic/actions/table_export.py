"""A connector's days and its videos as complete CSV files, read from the warehouse.

The file is written before any of it is sent: a warehouse that fails half-way gives an error and
never a file that is short without a word. Rows pass through in batches, so memory does not grow
with the account.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, TYPE_CHECKING, Any

from tiktok_organic.clock import timestamp
from tiktok_organic.connector import Connector
from tiktok_organic.reports import REPORTS
from tiktok_organic.table import Table
from tiktok_organic.warehouse.base import Warehouse

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Export", "export_days", "export_videos", "safe_cell"]

_MEMORY = 1 << 20
"""Bytes of a file that are held in memory; the rest goes to disk."""
_SYNC_DATE = "_quanti_sync_date"
_FORMULA = re.compile(r"(^|[;\t|,]) *(?=[=+\-@＝＋－＠])")
"""A spreadsheet takes a cell that begins like this for a formula. Where lists are separated by
semicolons, tabs or bars, a cell begins after each of them too."""
_DROPPED = ("Cc", "Cs")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Export:
    """A finished file. `name` says what it holds; whoever sends `file` closes it."""

    name: str
    rows: int
    file: IO[bytes]

    def chunks(self) -> Iterator[bytes]:
        """The whole file, and then it is closed."""
        with self.file:
            while chunk := self.file.read(1 << 16):
                yield chunk


def export_days(warehouse: Warehouse, connector: Connector) -> Export:
    """Every stored day with every column. Raises DestinationBusy, DestinationRefused."""
    table = REPORTS["profile_daily_metric"].table
    seen: list[date] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in warehouse.batches(connector.dataset, table):
            seen.extend(day for day in batch.column("date").to_pylist() if day is not None)
            seen[:] = [min(seen), max(seen)] if seen else []
            yield batch

    file, rows = _written(table, batches())
    held = f"{seen[0]}_to_{seen[-1]}" if seen else "empty"
    return Export(f"{connector.dataset}_days_{held}.csv", rows, file)


def export_videos(warehouse: Warehouse, connector: Connector) -> Export:
    """The newest snapshot of every video with every column. Raises DestinationBusy,
    DestinationRefused."""
    table = REPORTS["video_snapshot_metric"].table
    newest = warehouse.rows(connector.dataset, table, order=(f"-{_SYNC_DATE}",), limit=1)
    moment: datetime | None = newest[0][_SYNC_DATE] if newest else None
    every = warehouse.batches(connector.dataset, table) if moment is not None else iter(())
    file, rows = _written(table, (_only(batch, moment) for batch in every))
    held = f"as_of_{moment:%Y-%m-%dT%H%M%SZ}" if moment is not None else "empty"
    return Export(f"{connector.dataset}_videos_{held}.csv", rows, file)


def safe_cell(value: object) -> str | int | float:
    """A value as a cell that no spreadsheet executes and that reads in the order it is written."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return timestamp(value) or ""
    text = " ".join(str(value).replace("\t", " ").split())
    plain = "".join(
        one for one in text if unicodedata.category(one) not in _DROPPED and one not in _BIDI
    )
    return _FORMULA.sub(r"\1'", plain)


def _only(batch: pa.RecordBatch, moment: datetime | None) -> pa.RecordBatch:
    import pyarrow as pa
    from pyarrow import compute

    column = batch.column(_SYNC_DATE)
    return batch.filter(compute.equal(column, pa.scalar(moment, column.type)))


def _written(table: Table, batches: Iterator[pa.RecordBatch]) -> tuple[IO[bytes], int]:
    """The rows as CSV with every cell in quotes, and how many there are."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_MEMORY)  # noqa: SIM115 - returned
    try:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
        writer, rows = csv.writer(text, quoting=csv.QUOTE_ALL), 0
        writer.writerow(table.names)
        for batch in batches:
            columns: Sequence[list[Any]] = [batch.column(name).to_pylist() for name in table.names]
            writer.writerows([safe_cell(v) for v in row] for row in zip(*columns, strict=True))
            rows += batch.num_rows
        text.detach()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file, rows
