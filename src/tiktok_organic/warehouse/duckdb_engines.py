"""DuckDB's engines of this process, and the files that are attached to them.

Starting an engine takes 20 to 30 ms, so an unused one is kept for the next file. Attaching a file
takes 3 ms for every dataset in it, because DuckDB parses the views of all of them; so a file stays
attached for a moment while loads of other connectors wait for it.

Both belong to the process and not to an object that is passed around: each sync has a warehouse
object of its own, and DuckDB opens a file once per process.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tiktok_organic.warehouse.sql_dialect import DUCKDB

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "CATALOG",
    "DETACH",
    "LONGEST_PAUSE",
    "REST_SECONDS",
    "SETTINGS",
    "OpenFile",
    "close_engine",
    "expecting",
    "open_file",
    "set_compression",
    "set_scratch",
    "start",
]

CATALOG = "destination"
"""The file's name inside our connection.

Its default name would conflict with a dataset of that name.
"""
DETACH = f"DETACH {DUCKDB.name(CATALOG)}"
SETTINGS = {
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
_PARKED_AT_MOST = 4
"""An unused engine takes 4 MB."""
_HELD_SECONDS = 4.0
_HELD_TIMES = 5
_HELD_AT_MOST = 10.0
"""A file stays attached for further loads for 4 seconds plus 5 times as long as attaching took.

If only a few loads are left then, for these too: to attach the file again would take longer.
Then other programs get their turn. Our other processes wait for 15 seconds, so they get one.
"""
_FEW = 2
_IDLE_SECONDS = 0.5
"""A file that is attached for a load that does not come is detached after this time."""
REST_SECONDS = 0.5
"""How long the file is left to other programs after that."""
LONGEST_PAUSE = 0.4
"""Seconds between two attempts to open a file that another program has open.

Shorter than the rest, so that another process of ours does not miss it.
"""

_LARGE_SECONDS = 0.1
"""A file that takes longer to attach has a large catalog, whose memory is worth releasing."""
_FSST_FROM_BYTES = 32_000_000
"""The size of a file from which its texts are compressed with FSST.

It saves 40 % of the file on disk and takes half of the time that a small file's checkpoint takes.
"""

_LOG = logging.getLogger(__name__)
_guard = threading.Lock()
_parked: list[DuckDBPyConnection] = []
_files: dict[str, OpenFile] = {}


def start() -> DuckDBPyConnection:
    """Return an engine without a file: a parked one, or another."""
    import duckdb

    with _guard:
        if _parked:
            return _parked.pop()
    engine = duckdb.connect(":memory:", config={**SETTINGS, "temp_directory": ""})
    engine.execute("SET TimeZone = 'UTC'")
    return engine


def _park(engine: DuckDBPyConnection) -> None:
    """Keep an engine without a file for later, or end it when enough are kept."""
    with _guard:
        if len(_parked) < _PARKED_AT_MOST:
            _parked.append(engine)
            return
    engine.close()


@atexit.register
def _close_parked() -> None:
    while _parked:
        _parked.pop().close()


class OpenFile:
    """A file as this process has it open.

    DuckDB refuses to open a file twice in one process instead of waiting, so threads take turns:
    everything but `expected` is used only with `turn` held.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.turn = threading.Lock()
        self.expected = 0
        """Loads that use the file now or soon."""
        self.engine: DuckDBPyConnection | None = None
        """The engine to which the file is attached."""
        self.writable = False
        self.rests_until = 0.0
        self._until = self._latest = 0.0
        self._large = False
        self._inode: tuple[int, int] | None = None
        self._scratch = ""
        self._idle: threading.Timer | None = None

    def attached(
        self, engine: DuckDBPyConnection, *, writable: bool, scratch: str, now: float, took: float
    ) -> None:
        """Note that the file was attached to `engine` at `now`, which took some seconds."""
        self.engine, self.writable, self._scratch = engine, writable, scratch
        self._large = took > _LARGE_SECONDS
        self._until = now + min(_HELD_SECONDS + _HELD_TIMES * took, _HELD_AT_MOST)
        self._latest = now + _HELD_AT_MOST
        self._inode = _inode(self.path)

    def reuse(self, *, write: bool, scratch: str) -> DuckDBPyConnection | None:
        """Return the engine to which the file is still attached, if it serves this purpose.

        Otherwise the file is detached. It does not serve when the path has become another file: its
        rows would be written into a deleted one.
        """
        import duckdb

        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self.engine is None:
            return None
        if _inode(self.path) != self._inode:
            self.drop()
        elif write and not self.writable:
            self.detach()
        elif scratch != self._scratch:
            try:
                set_scratch(self.engine, scratch)
                self._scratch = scratch
            except duckdb.Error:  # it has files in the former folder
                self.drop()
        return self.engine

    def leave(self, *, wrote: bool, now: float) -> None:
        """End one use: keep the file attached if another load follows, else detach it.

        After a load's last use the file is detached at once unless others wait, so that an error of
        the checkpoint is this load's error. Raises DuckDB's errors.
        """
        others = self.expected - wrote
        until = self._until if others > _FEW else self._latest
        if others > 0 and now < until:
            self._idle = threading.Timer(_IDLE_SECONDS, self.give_back)
            self._idle.daemon = True
            self._idle.start()
            return
        self.detach()
        if others > 0:
            self.rests_until = now + REST_SECONDS

    def give_back(self) -> None:
        """Detach a file that is attached and not used at the moment."""
        import duckdb

        if not self.turn.acquire(blocking=False):
            return  # the thread that uses it decides when it leaves
        try:
            self.detach()
        except duckdb.Error:
            # The rows are committed in the log; the next opening writes them into the file.
            _LOG.exception("DuckDB did not write its log into %s", self.path)
            self.drop()
        finally:
            self.turn.release()

    def detach(self) -> None:
        """Detach the file, which writes its log into it, and keep the engine for another file."""
        import duckdb

        if self.engine is None:
            return
        self.engine.execute(DETACH)
        engine, self.engine = self.engine, None
        if self._large:
            _release_memory()
        try:
            if self._scratch:
                set_scratch(engine, "")
        except duckdb.Error:  # it has files in the folder, which is about to be deleted
            close_engine(engine)
        else:
            _park(engine)

    def drop(self) -> None:
        """End the engine: what is not committed is rolled back, its memory is released."""
        engine, self.engine = self.engine, None
        if engine is not None:
            close_engine(engine)


def open_file(path: Path) -> OpenFile:
    """Return this process's state of the file at `path`, which is resolved."""
    with _guard:
        return _files.setdefault(os.path.realpath(path), OpenFile(path))


@contextmanager
def expecting(path: Path) -> Iterator[None]:
    """Announce a load into the file within the `with`, from the moment it begins to wait."""
    file = open_file(path)
    with _guard:
        file.expected += 1
    try:
        yield
    finally:
        with _guard:
            file.expected -= 1
            last = not file.expected
        if last:
            file.give_back()


def _release_memory() -> None:
    """Return free memory to the system, where the C library offers that.

    Each thread that attaches the file has it in an arena of its own: 600 MB more in a worker with
    120 datasets in one file.
    """
    import ctypes

    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # not in every C library
        if trim is not None:
            trim(0)


def set_scratch(engine: DuckDBPyConnection, folder: str) -> None:
    """Set the folder where DuckDB stores what does not fit into memory; none with ""."""
    engine.execute(f"SET temp_directory = {DUCKDB.text(folder)}")


def set_compression(engine: DuckDBPyConnection, path: Path, *, heavy: bool) -> None:
    """Choose how a checkpoint compresses the file, which is attached."""
    small = not heavy and path.stat().st_size < _FSST_FROM_BYTES
    engine.execute(f"SET disabled_compression_methods = '{'fsst' if small else ''}'")


def close_engine(engine: DuckDBPyConnection) -> None:
    """End an engine in any state."""
    import duckdb

    with suppress(duckdb.Error):
        engine.close()


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
