"""Staged batches: in memory while a table has only one, else in a Parquet file for each table.

Most loads have one batch at most for each table; without files, a load of 57 videos takes 15 ms of
CPU less. Parquet and not Arrow's own files: DuckDB knows its number of rows (and so which side of
the join to keep in memory), BigQuery accepts the same file, and it has a third of the size.
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
from tiktok_organic.table_definition import BATCH_ROWS, Table

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Spool"]

_PREFIX = "tiktok-organic-spool-"
# The disk is full, the user's quota, or the largest size of a file (ulimit).
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Spool:
    """The staged rows of one load; what does not stay in memory is in a folder below `parent`.

    `close` deletes it, or, after a kill, the next load.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self._parent = parent or Path(tempfile.gettempdir())
        self._folder: Path | None = None
        self._lock: Any = None
        self._only: dict[str, pa.RecordBatch] = {}
        self._writers: dict[str, Any] = {}
        self.tables: dict[str, Table] = {}
        self.rows: dict[str, int] = {}
        with suppress(OSError):  # a load that needs the folder reports its error
            _sweep(self._parent)

    @property
    def folder(self) -> Path:
        """Our own folder, made when it is first needed. Raises DestinationBusy."""
        if self._folder is None:
            try:
                self._parent.mkdir(parents=True, exist_ok=True)
                self._folder = self._claim()
            except OSError as error:
                raise _no_room(self._parent, error) from error
        return self._folder

    def _claim(self) -> Path:
        """Create our own folder.

        Its lock is taken first; the system releases it if the process is killed.
        """
        from filelock import FileLock

        stem = f"{_PREFIX}{os.getpid()}-{os.urandom(6).hex()}"
        self._lock = FileLock(self._parent / f"{stem}.lock")
        self._lock.acquire()
        folder = self._parent / stem
        # Only for this user: the temporary folder is shared, and the rows are the account's data.
        folder.mkdir(mode=0o700)
        return folder

    def declare(self, table: Table) -> None:
        """Add the table to the load, with or without rows."""
        self.tables[table.name] = table
        self.rows.setdefault(table.name, 0)

    def discard(self, name: str) -> None:
        """Remove the table and its rows from the load."""
        # If it has a file, that remains until the folder is deleted; nothing reads it.
        self._only.pop(name, None)
        self.tables.pop(name, None)
        self.rows.pop(name, None)

    def add(self, table: Table, batch: pa.RecordBatch) -> None:
        """Stage a batch of `table.schema`.

        Raises DestinationBusy if the disk is full.
        """
        self.declare(table)
        if not batch.num_rows:
            return
        if self.rows[table.name]:
            self._write(table, batch)
        else:
            self._only[table.name] = batch
        self.rows[table.name] += batch.num_rows

    def _write(self, table: Table, batch: pa.RecordBatch | None = None) -> None:
        """Write the batch to the table's file, after the one that is in memory."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        batches = [one for one in (self._only.pop(table.name, None), batch) if one is not None]
        path = self.folder / f"{table.name}.parquet"
        try:
            if table.name not in self._writers:
                self._writers[table.name] = pq.ParquetWriter(path, table.schema)
            for one in batches:
                self._writers[table.name].write_batch(one)
        except OSError as error:
            raise _no_room(self.folder, error) from error
        del batches
        # Arrow's allocator does not return memory: 60 MB of a 50,000 rows load, without this.
        pa.default_memory_pool().release_unused()

    @property
    def heavy(self) -> bool:
        """Whether the load exceeded one batch, so that releasing its memory is worthwhile."""
        return sum(self.rows.values()) > BATCH_ROWS

    def finish(self) -> None:
        """Complete the files after the last batch."""
        for name in list(self._writers):
            self._complete(name)

    def _complete(self, name: str) -> None:
        try:
            self._writers.pop(name).close()
        except OSError as error:
            raise _no_room(self.folder, error) from error

    def in_memory(self, table: Table) -> pa.RecordBatch | None:
        """Return the table's rows if they are one batch, which is in memory."""
        return self._only.get(table.name)

    def path(self, table: Table) -> Path:
        """Return the table's Parquet file; the table has rows.

        The first call writes it if the rows are in memory, and must not run beside another one.
        Raises DestinationBusy.
        """
        if table.name in self._only:
            self._write(table)
            self._complete(table.name)
        return self.folder / f"{table.name}.parquet"

    def batches(self, table: Table) -> Iterator[pa.RecordBatch]:
        """Yield the staged rows of a finished spool, in their original batches."""
        import pyarrow as pa

        if not self.rows.get(table.name):
            return
        if table.name in self._only:
            yield self._only[table.name]
            return
        import pyarrow.parquet as pq

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
        import pyarrow as pa

        for writer in self._writers.values():
            with suppress(OSError):  # an abandoned file need not be complete
                writer.close()
        self._only.clear()
        pa.default_memory_pool().release_unused()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is None:
            return
        # After the folder: without the lock, another load takes a folder for an abandoned one.
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)


def _sweep(parent: Path) -> None:
    """Delete the spools of killed processes: those whose lock is free.

    A process id in the name would not suffice: containers that share a temporary folder do not
    share ids.
    """
    left = {entry.name.removesuffix(".lock") for entry in parent.glob(f"{_PREFIX}*")}
    if not left:
        return
    from filelock import FileLock, Timeout

    for stem in left:
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
