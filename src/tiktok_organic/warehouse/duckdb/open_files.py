"""The DuckDB files that this process has open.

Attaching a file takes 3 ms for every dataset in it, because DuckDB parses the views of all of them;
so a file stays attached for a moment while loads of other connectors wait for it. DuckDB opens a
file once per process, so this belongs to the process too, as `database_instances.py` does.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tiktok_organic.warehouse.duckdb.database_instances import (
    close_engine,
    park,
    release_memory,
    set_scratch,
)
from tiktok_organic.warehouse.sql_dialect import DUCKDB

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "CATALOG",
    "DETACH",
    "LONGEST_PAUSE",
    "REST_SECONDS",
    "OpenFile",
    "expecting",
    "open_file",
]

CATALOG = "destination"
"""The file's name inside our connection.

Its default name would conflict with a dataset of that name.
"""
DETACH = f"DETACH {DUCKDB.name(CATALOG)}"
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

_LOG = logging.getLogger(__name__)
_guard = threading.Lock()
_files: dict[str, OpenFile] = {}


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
            release_memory()
        try:
            if self._scratch:
                set_scratch(engine, "")
        except duckdb.Error:  # it has files in the folder, which is about to be deleted
            close_engine(engine)
        else:
            park(engine)

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


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
