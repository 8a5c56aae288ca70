"""One DuckDB file: how it is opened and for how long, and the meaning of its errors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tiktok_organic.clock import Clock
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.own_files import is_special
from tiktok_organic.warehouse.duckdb.address import DuckDBAddress, oldest_reader
from tiktok_organic.warehouse.duckdb.database_instances import (
    close_engine,
    set_compression,
    set_scratch,
    start,
)
from tiktok_organic.warehouse.duckdb.error_meanings import (
    explain,
    forbidden,
    is_locked,
)
from tiktok_organic.warehouse.duckdb.open_files import (
    CATALOG,
    DETACH,
    LONGEST_PAUSE,
    REST_SECONDS,
    open_file,
)
from tiktok_organic.warehouse.duckdb.usable_path import (
    nearest_folder,
    refuse_unknown_format,
    refuse_unusable,
)
from tiktok_organic.warehouse.sql_dialect import DUCKDB

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["CATALOG", "DuckDBFile", "oldest_reader_now"]

# Rows per row group; the measurements are at `SETTINGS` in `database_instances.py`.
_ROW_GROUP = 20_480


def oldest_reader_now(path: Path) -> str | None:
    """Return `oldest_reader` of a file that no thread of this process has open; None otherwise.

    Closing another descriptor of an open file would release the POSIX locks that DuckDB has on it.
    """
    file = open_file(path)
    if not file.turn.acquire(blocking=False):
        return None
    try:
        return None if file.engine is not None or is_special(path) else oldest_reader(path)
    finally:
        file.turn.release()


class DuckDBFile:
    """The file at an address.

    It is open only within a `with` of `open`, so that users can query it in between; while loads of
    this process wait for it, a little longer (see `open_files.py`).
    """

    def __init__(self, where: DuckDBAddress, *, clock: Clock, patience: float) -> None:
        self.path = Path(os.path.realpath(where.path))
        self._storage_version = where.storage_version
        self._clock = clock
        self._patience = patience
        self._file = open_file(self.path)

    @contextmanager
    def open(
        self, *, write: bool, scratch: Path | None = None, heavy: bool = False
    ) -> Iterator[DuckDBPyConnection]:
        """Open a connection in which the file is the catalog `CATALOG`.

        Threads of this process take turns. Uncommitted changes are rolled back. `scratch` is the
        folder where DuckDB may store what does not fit into memory; after `heavy` work the memory
        is released. Errors of DuckDB inside the `with` become DestinationRefused or
        DestinationBusy.
        """
        file = self._file
        with file.turn, self._faults():
            folder = str(scratch or "")
            engine = file.reuse(write=write, scratch=folder) or self._opened(write, folder)
            try:
                if write:
                    set_compression(engine, self.path, heavy=heavy)
                yield engine
                if heavy:
                    engine.execute(DETACH)
                else:
                    file.leave(wrote=write, now=self._clock.monotonic())
            except BaseException:
                file.drop()
                raise
            if heavy:
                file.drop()

    def _opened(self, write: bool, scratch: str) -> DuckDBPyConnection:
        """Attach the file to an engine; it is created if `write` and missing."""
        refuse_unusable(self.path)
        rest = self._file.rests_until - self._clock.monotonic()
        if 0 < rest <= REST_SECONDS:
            self._clock.sleep(rest)
        engine, begun = start(), self._clock.monotonic()
        try:
            if scratch:
                set_scratch(engine, scratch)
            if write and not self.path.exists():
                self._create(engine)
            # A load that follows needs to write, and so the file need not be attached twice.
            writable = write or (self._file.expected > 0 and self.path.exists())
            self._attach(engine, self.path, self._mode(write=writable))
        except BaseException:
            close_engine(engine)
            raise
        now = self._clock.monotonic()
        self._file.attached(engine, writable=writable, scratch=scratch, now=now, took=now - begun)
        return engine

    def _mode(self, *, write: bool) -> str:
        """Return options of ATTACH.

        An existing file keeps its format: with a later one here, DuckDB would upgrade it.
        """
        if not write:
            return ", READ_ONLY"
        return "" if self.path.exists() else self._format

    @property
    def _format(self) -> str:
        return f", STORAGE_VERSION {DUCKDB.text(self._storage_version)}"

    def check(self) -> None:
        """Open the file, or check whether it could be created, and write nothing."""
        with self._faults():
            refuse_unusable(self.path)
            refuse_unknown_format(self._storage_version)
            exists = self.path.exists()
            place = self.path if exists else nearest_folder(self.path)
        # Opened for reading: a check must not create or change anything.
        if exists:
            with self.open(write=False):
                pass
        if not os.access(place, os.W_OK):
            raise forbidden(self.path, f"no permission to write {place}")

    def _attach(self, engine: DuckDBPyConnection, path: Path, options: str = "") -> None:
        """Run ATTACH, repeatedly until `patience` seconds have passed."""
        import duckdb

        statement = (
            f"ATTACH {DUCKDB.text(str(path))} AS {DUCKDB.name(CATALOG)} (ROW_GROUP_SIZE "
            f"{_ROW_GROUP}{options})"
        )
        waited, pause = 0.0, 0.1
        while True:
            try:
                engine.execute(statement)
            except duckdb.Error as error:
                # DuckDB has no lock timeout: ATTACH fails at once while another program has the
                # file open.
                if waited >= self._patience or not is_locked(str(error)):
                    raise
            else:
                return
            self._clock.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, LONGEST_PAUSE)

    def _create(self, engine: DuckDBPyConnection) -> None:
        """Create an empty database in one step.

        An interrupted creation would leave an unusable file.
        """
        from filelock import FileLock

        nearest_folder(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Created under another name and linked: DuckDB writes a new file in several steps.
        fresh = self.path.with_name(f".{self.path.name}.new")
        lock = self.path.with_name(f".{self.path.name}.lock")
        try:
            with FileLock(lock, timeout=self._patience):
                fresh.unlink(missing_ok=True)  # left by a killed process
                self._attach(engine, fresh, self._format)
                engine.execute(DETACH)
                with suppress(FileExistsError):
                    os.link(fresh, self.path)
                fresh.unlink()
                lock.unlink()
        except OSError:
            return  # a file system without links or locks: DuckDB creates the file in its place

    @contextmanager
    def _faults(self) -> Iterator[None]:
        import duckdb

        try:
            yield
        except TikTokOrganicError:
            raise
        except OSError as error:
            raise explain(self.path, f"{error.strerror or error}") from error
        except duckdb.Error as error:
            raise explain(self.path, str(error)) from error
