"""One DuckDB file: how it is opened and for how long, and the meaning of its errors."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tiktok_organic.clock import Clock
from tiktok_organic.errors import DestinationRefused, TikTokOrganicError
from tiktok_organic.own_files import is_special
from tiktok_organic.warehouse.duckdb_address import DuckDBAddress, address, oldest_reader
from tiktok_organic.warehouse.duckdb_faults import explain, forbidden, is_locked, no_database
from tiktok_organic.warehouse.sql import DUCKDB

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["CATALOG", "DuckDBFile", "oldest_reader_now"]

CATALOG = "destination"
"""The file's name inside our connection.

Its default name would conflict with a dataset of that name.
"""

_DETACH = f"DETACH {DUCKDB.name(CATALOG)}"
_ROW_GROUP = 20_480
_SETTINGS = {
    # Nothing is ever downloaded, whatever the file contains.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # Peak memory of 50,000 video rows above that of 100 (117 MB): MERGE 160 MB; UPDATE, then INSERT
    # 109; on one thread 97; with row groups of 20,480 rows instead of 122,880: 70; each written
    # when full instead of five at once: 55. A retry that rewrites all of them takes 108. The second
    # thread saved 0.2 s of 0.8.
    "threads": "1",
    "write_buffer_row_group_count": "1",
}
_turns: dict[str, threading.Lock] = {}
_turns_guard = threading.Lock()


def _lock_of(path: Path) -> threading.Lock:
    with _turns_guard:
        return _turns.setdefault(os.path.realpath(path), threading.Lock())


@cache
def _is_known(storage_version: str) -> bool:
    """Whether this DuckDB can write that format; asked once, since it takes an engine: 35 ms."""
    import duckdb

    with duckdb.connect(":memory:", config={**_SETTINGS}) as engine:
        try:
            engine.execute(f"SET storage_compatibility_version = {DUCKDB.text(storage_version)}")
        except duckdb.Error:
            return False
    return True


def oldest_reader_now(path: Path) -> str | None:
    """Return `oldest_reader` of a file that no thread of this process has open; None otherwise.

    Closing another descriptor of an open file would release the POSIX locks that DuckDB has on it.
    """
    lock = _lock_of(path)
    if not lock.acquire(blocking=False):
        return None
    try:
        return None if is_special(path) else oldest_reader(path)
    finally:
        lock.release()


class DuckDBFile:
    """The file at an address.

    It is open only within a `with` of `open`, so that users can query it in between.
    """

    def __init__(self, where: DuckDBAddress, *, clock: Clock, patience: float) -> None:
        self.path = Path(os.path.realpath(where.path))
        self._storage_version = where.storage_version
        self._clock = clock
        self._patience = patience
        self._engine: DuckDBPyConnection | None = None

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
        with self._turn(), self._faults():
            self._look()
            engine = self._running(scratch)
            try:
                if write and not self.path.exists():
                    self._create(engine)
                self._attach(engine, self.path, self._mode(write=write))
                yield engine
                engine.execute(_DETACH)
            except BaseException:
                self._stop()
                raise
            if heavy:
                self._stop()

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

    def close(self) -> None:
        """End the engine; the next `open` starts another."""
        with self._turn():
            self._stop()

    def _stop(self) -> None:
        if self._engine is not None:
            engine, self._engine = self._engine, None
            engine.close()

    def _running(self, scratch: Path | None) -> DuckDBPyConnection:
        """Return the engine, without an open file.

        It is reused, because starting one takes 20 ms, an ATTACH 1 ms.
        """
        import duckdb

        if self._engine is not None and scratch is not None:
            try:
                self._engine.execute(f"SET temp_directory = {DUCKDB.text(str(scratch))}")
            except duckdb.Error:  # it has files in the former folder
                self._stop()
        if self._engine is None:
            self._engine = duckdb.connect(
                ":memory:", config={**_SETTINGS, "temp_directory": str(scratch or "")}
            )
            self._engine.execute("SET TimeZone = 'UTC'")
        return self._engine

    def check(self) -> None:
        """Open the file, or check whether it could be created, and write nothing."""
        with self._faults():
            self._look()
            self._check_format()
            exists = self.path.exists()
            place = self.path if exists else self._nearest_folder()
        if exists:
            with self.open(write=False):
                pass
        if not os.access(place, os.W_OK):
            raise forbidden(self.path, f"no permission to write {place}")

    def _check_format(self) -> None:
        """Refuse a storage version that this DuckDB does not know, before a file is created."""
        import duckdb

        if not _is_known(self._storage_version):
            raise DestinationRefused(
                f"DuckDB {duckdb.__version__} does not know the storage version "
                f"{self._storage_version}.",
                remedy="Name a released version of DuckDB in the destination, such as "
                "storage_version=v1.4.0, "
                "or leave the option out.",
            )

    def _nearest_folder(self) -> Path:
        """Return the existing folder in which the file or its folders would be created."""
        place = self.path.parent
        while not place.exists() and place != place.parent:
            place = place.parent
        if not place.is_dir():
            raise DestinationRefused(
                f"{self.path} cannot be created: {place} is not a folder.",
                remedy="Name a file in a folder that can be created.",
            )
        return place

    @contextmanager
    def _turn(self) -> Iterator[None]:
        # DuckDB refuses to open a file twice in one process instead of waiting, so our threads wait
        # here.
        with _lock_of(self.path):
            yield

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
            waited, pause = waited + pause, min(pause * 2, 2.0)

    def _create(self, engine: DuckDBPyConnection) -> None:
        """Create an empty database in one step.

        An interrupted creation would leave an unusable file.
        """
        from filelock import FileLock

        self._nearest_folder()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Created under another name and linked: DuckDB writes a new file in several steps.
        fresh = self.path.with_name(f".{self.path.name}.new")
        lock = self.path.with_name(f".{self.path.name}.lock")
        try:
            with FileLock(lock, timeout=self._patience):
                fresh.unlink(missing_ok=True)  # left by a killed process
                self._attach(engine, fresh, self._format)
                engine.execute(_DETACH)
                with suppress(FileExistsError):
                    os.link(fresh, self.path)
                fresh.unlink()
                lock.unlink()
        except OSError:
            return  # a file system without links or locks: DuckDB creates the file in its place

    def _look(self) -> None:
        """Refuse a file that is not a DuckDB database.

        DuckDB would look for an extension that reads it.
        """
        self._refuse_name()
        if self.path.is_dir():
            raise DestinationRefused(
                f"{self.path} is a folder, not a DuckDB file.",
                remedy=f"Name a file: {address(self.path / 'warehouse.duckdb')}",
            )
        if is_special(self.path):
            raise DestinationRefused(
                f"{self.path} is a pipe or a device, not a DuckDB file.",
                remedy="Name a file.",
            )
        if self.path.exists():
            with self.path.open("rb") as file:
                head = file.read(12)
            if head[8:] != b"DUCK":
                raise no_database(self.path)

    def _refuse_name(self) -> None:
        """Refuse paths for which DuckDB opens another file than the intended one.

        It reads a backslash as a slash, also on Linux, and inserts the log's suffix `.wal` before
        the first `?` of the whole path.
        """
        found = (
            "?" if "?" in str(self.path.parent) else "\\" if "\\" in self.path.as_posix() else ""
        )
        if found:
            raise DestinationRefused(
                f"DuckDB cannot use {self.path}: the path contains {found!r}.",
                remedy="Name a file in a folder without that character, or rename the folder.",
            )

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
