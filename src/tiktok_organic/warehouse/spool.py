"""Staged batches: one Parquet file per table in a temporary folder, so that memory does not grow.

Parquet and not Arrow's own files: DuckDB knows its number of rows (and so which side of the join to
keep in memory), BigQuery accepts the same file, and it has a third of the size.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tiktok_organic.errors import DestinationBusy
from tiktok_organic.table import BATCH_ROWS, Table

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Spool"]

_PREFIX = "tiktok-organic-spool-"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Spool:
    """The staged rows of one load, in a temporary folder.

    `close` deletes it, or, after a kill, the next load.
    """

    def __init__(self, parent: Path | None = None) -> None:
        parent = parent or Path(tempfile.gettempdir())
        self._lock: Any = None
        self._writers: dict[str, Any] = {}
        self.tables: dict[str, Table] = {}
        self.rows: dict[str, int] = {}
        try:
            parent.mkdir(parents=True, exist_ok=True)
            _sweep(parent)
            self.folder = self._claim(parent)
        except OSError as error:
            raise _no_room(parent, error) from error

    def _claim(self, parent: Path) -> Path:
        """Create our own folder.

        Its lock is taken first; the system releases it if the process is killed.
        """
        from filelock import FileLock

        stem = f"{_PREFIX}{os.getpid()}-{os.urandom(6).hex()}"
        self._lock = FileLock(parent / f"{stem}.lock")
        self._lock.acquire()
        folder = parent / stem
        folder.mkdir(mode=0o700)
        return folder

    def declare(self, table: Table) -> None:
        """Add the table to the load, with or without rows."""
        self.tables[table.name] = table
        self.rows.setdefault(table.name, 0)

    def discard(self, name: str) -> None:
        """Remove the table and its rows from the load."""
        # Its file remains until the folder is deleted; nothing reads it.
        self.tables.pop(name, None)
        self.rows.pop(name, None)

    def add(self, table: Table, batch: pa.RecordBatch) -> None:
        """Write a batch of `table.schema` to the table's file.

        Raises DestinationBusy if the disk is full.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.declare(table)
        if not batch.num_rows:
            return
        try:
            if table.name not in self._writers:
                self._writers[table.name] = pq.ParquetWriter(self.path(table), table.schema)
            self._writers[table.name].write_batch(batch)
        except OSError as error:
            raise _no_room(self.folder, error) from error
        self.rows[table.name] += batch.num_rows
        # Arrow's allocator does not return memory: 60 MB of a 50,000 rows load, without this.
        pa.default_memory_pool().release_unused()

    @property
    def heavy(self) -> bool:
        """Whether the load exceeded one batch, so that releasing its memory is worthwhile."""
        return sum(self.rows.values()) > BATCH_ROWS

    def finish(self) -> None:
        """Complete the files: there are no more batches."""
        while self._writers:
            _, writer = self._writers.popitem()
            try:
                writer.close()
            except OSError as error:
                raise _no_room(self.folder, error) from error

    def path(self, table: Table) -> Path:
        """Return the table's Parquet file; it exists if the table has rows."""
        return self.folder / f"{table.name}.parquet"

    def batches(self, table: Table) -> Iterator[pa.RecordBatch]:
        """Yield the staged rows of a finished spool, in their original batches."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self.rows.get(table.name):
            return
        with pq.ParquetFile(self.path(table)) as file:
            # one at a time, or Arrow reads ahead: 60 MB at 300,000 rows
            for group in range(file.num_row_groups):
                for batch in file.iter_batches(BATCH_ROWS, row_groups=[group], use_threads=False):
                    yield batch
                    pa.default_memory_pool().release_unused()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the folder with its content."""
        for writer in self._writers.values():
            with suppress(OSError):  # an abandoned file need not be complete
                writer.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        # After the folder: without the lock, another load takes a folder for an abandoned one.
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)


def _sweep(parent: Path) -> None:
    """Delete the spools of killed processes: those whose lock is free.

    A process id in the name would not suffice: containers that share a temporary folder do not
    share ids.
    """
    from filelock import FileLock, Timeout

    for stem in {entry.name.removesuffix(".lock") for entry in parent.glob(f"{_PREFIX}*")}:
        lock = FileLock(parent / f"{stem}.lock", timeout=0)
        try:
            with lock:
                shutil.rmtree(parent / stem, ignore_errors=True)
                Path(lock.lock_file).unlink(missing_ok=True)
        except (Timeout, OSError):
            continue  # in use, or another user's


def _no_room(place: Path, error: OSError) -> DestinationBusy:
    full = error.errno in _FULL
    return DestinationBusy(
        f"Rows could not be staged in {place}: "
        f"{'the disk is full' if full else error.strerror or error}.",
        remedy=f"{'Free some space there' if full else 'Make that folder writable'}.",
    )
