"""A connector's days and its videos as complete CSV files, read from the warehouse.

The file is complete before any of it is sent: a warehouse that fails causes an error and never a
truncated file. Rows are read some thousand at a time, so memory does not grow with the account.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

from tiktok_organic.clock import timestamp
from tiktok_organic.connector import Connector
from tiktok_organic.reports import REPORTS
from tiktok_organic.table_definition import Table
from tiktok_organic.warehouse.contract import Warehouse
from tiktok_organic.warehouse.wanted_rows import Condition

Row = dict[str, Any]

__all__ = ["Export", "export_days", "export_documents", "export_videos", "safe_cell"]

# Bytes of a file that are in memory; the rest is on disk.
_MEMORY = 1 << 20
# Rows per query of the warehouse.
_AT_ONCE = 2_000
_SYNC_DATE = "_quanti_sync_date"
# A spreadsheet interprets a cell with this beginning as a formula. If lists are separated by
# semicolons, tabs or bars, a cell begins after each of them too.
_FORMULA = re.compile(r"(^|[;\t|,]) *(?=[=+\-@＝＋－＠])")
_DROPPED = ("Cc", "Cs")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Export:
    """A finished file. `name` describes its content; the sender of `file` closes it."""

    name: str
    rows: int
    file: IO[bytes]

    def chunks(self) -> Iterator[bytes]:
        """Yield the whole file, and close it."""
        with self.file:
            while chunk := self.file.read(1 << 16):
                yield chunk


def export_days(warehouse: Warehouse, connector: Connector) -> Export:
    """Export every stored day with every column. Raises DestinationBusy, DestinationRefused."""
    table = REPORTS["profile_daily_metric"].table
    seen: list[date] = []

    def rows() -> Iterator[Row]:
        for row in _rows(warehouse, connector.dataset, table, "date"):
            seen[1 if seen else 0 :] = [row["date"]]
            yield row

    file, count = _written(table.names, rows())
    held = f"{seen[0]}_to_{seen[-1]}" if seen else "empty"
    return Export(f"{connector.dataset}_days_{held}.csv", count, file)


def export_videos(warehouse: Warehouse, connector: Connector) -> Export:
    """Export the newest snapshot of every video with every column.

    Raises DestinationBusy, DestinationRefused.
    """
    table = REPORTS["video_snapshot_metric"].table
    newest = warehouse.rows(connector.dataset, table, order=(f"-{_SYNC_DATE}",), limit=1)
    moment: datetime | None = newest[0][_SYNC_DATE] if newest else None
    if moment is None:
        file, count = _written(table.names, iter(()))
        return Export(f"{connector.dataset}_videos_empty.csv", count, file)
    of_moment = Condition(_SYNC_DATE, "=", moment)
    rows = _rows(warehouse, connector.dataset, table, "item_id", of_moment)
    file, count = _written(table.names, rows)
    name = f"{connector.dataset}_videos_as_of_{moment:%Y-%m-%dT%H%M%SZ}.csv"
    return Export(name, count, file)


def export_documents(
    name: str, documents: Sequence[Mapping[str, Any]], columns: Sequence[str] = ("item_id",)
) -> Export:
    """Documents with the same members as a CSV file of that name; lists become words. `columns`:
    the head of a file without rows."""
    columns = list(documents[0]) if documents else columns
    rows = (
        {key: " ".join(value) if isinstance(value, list) else value for key, value in one.items()}
        for one in documents
    )
    file, count = _written(columns, rows)
    return Export(name, count, file)


def safe_cell(value: object) -> str | int | float:
    """Return a cell that no spreadsheet executes and that reads in the order it is written."""
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


def _rows(
    warehouse: Warehouse, dataset: str, table: Table, key: str, *where: Condition
) -> Iterator[Row]:
    """Yield all rows that meet the conditions in pages, by a unique key."""
    beyond: tuple[Condition, ...] = ()
    while True:
        conditions = (*where, *beyond)
        rows = warehouse.rows(dataset, table, where=conditions, order=(key,), limit=_AT_ONCE)
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        beyond = (Condition(key, ">", rows[-1][key]),)


def _written(names: Sequence[str], rows: Iterator[Row]) -> tuple[IO[bytes], int]:
    """Write the rows as CSV with every cell in quotes; return their number."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_MEMORY)  # noqa: SIM115 - returned
    try:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
        writer, count = csv.writer(text, quoting=csv.QUOTE_ALL), 0
        writer.writerow(names)
        for row in rows:
            writer.writerow([safe_cell(row[name]) for name in names])
            count += 1
        text.detach()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file, count
