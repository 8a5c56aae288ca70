"""DuckDB's engines of this process, and what a load changes of their settings.

Starting an engine takes 20 to 30 ms, so an unused one is kept for the next file. Engines belong to
the process and not to an object that is passed around: each sync has a warehouse object of its own.
"""

from __future__ import annotations

import atexit
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tiktok_organic.warehouse.sql_dialect import DUCKDB

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "SETTINGS",
    "close_engine",
    "park",
    "release_memory",
    "set_compression",
    "set_scratch",
    "start",
]

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
_FSST_FROM_BYTES = 32_000_000
"""The size of a file, per dataset in it, from which its texts are compressed with FSST.

It saves 40 % of the file on disk and takes half of the time that a small file's checkpoint takes.
"""

_guard = threading.Lock()
_parked: list[DuckDBPyConnection] = []


def start() -> DuckDBPyConnection:
    """Return an engine without a file: a parked one, or another."""
    import duckdb

    with _guard:
        if _parked:
            return _parked.pop()
    engine = duckdb.connect(":memory:", config={**SETTINGS, "temp_directory": ""})
    engine.execute("SET TimeZone = 'UTC'")
    return engine


def park(engine: DuckDBPyConnection) -> None:
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


def release_memory() -> None:
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
    size = path.stat().st_size
    small = not heavy and (size < _FSST_FROM_BYTES or size < _FSST_FROM_BYTES * _datasets(engine))
    engine.execute(f"SET disabled_compression_methods = '{'fsst' if small else ''}'")


def _datasets(engine: DuckDBPyConnection) -> int:
    """Count the datasets of all attached files; an engine has one file at most."""
    counted = "SELECT count(*) FROM duckdb_schemas() WHERE NOT internal"
    return int(engine.execute(counted).fetchall()[0][0])


def close_engine(engine: DuckDBPyConnection) -> None:
    """End an engine in any state."""
    import duckdb

    with suppress(duckdb.Error):
        engine.close()
