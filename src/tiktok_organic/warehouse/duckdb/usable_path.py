"""Refuse paths that cannot be a DuckDB file, and storage versions that this DuckDB cannot write."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tiktok_organic.errors import DestinationRefused
from tiktok_organic.own_files import is_special
from tiktok_organic.warehouse.duckdb.address import address
from tiktok_organic.warehouse.duckdb.database_instances import SETTINGS
from tiktok_organic.warehouse.duckdb.error_meanings import no_database
from tiktok_organic.warehouse.sql_dialect import DUCKDB

__all__ = ["nearest_folder", "refuse_unknown_format", "refuse_unusable"]


def refuse_unusable(path: Path) -> None:
    """Refuse a file that is not a DuckDB database.

    DuckDB would look for an extension that reads it.
    """
    _refuse_name(path)
    if path.is_dir():
        raise DestinationRefused(
            f"{path} is a folder, not a DuckDB file.",
            remedy=f"Name a file: {address(path / 'warehouse.duckdb')}",
        )
    if is_special(path):
        raise DestinationRefused(
            f"{path} is a pipe or a device, not a DuckDB file.",
            remedy="Name a file.",
        )
    if path.exists():
        with path.open("rb") as file:
            head = file.read(12)
        # The file begins with a checksum of 8 bytes; the magic bytes follow.
        if head[8:] != b"DUCK":
            raise no_database(path)


def _refuse_name(path: Path) -> None:
    """Refuse paths for which DuckDB opens another file than the intended one.

    It reads a backslash as a slash, also on Linux, and inserts the log's suffix `.wal` before
    the first `?` of the whole path.
    """
    found = "?" if "?" in str(path.parent) else "\\" if "\\" in path.as_posix() else ""
    if found:
        raise DestinationRefused(
            f"DuckDB cannot use {path}: the path contains {found!r}.",
            remedy="Name a file in a folder without that character, or rename the folder.",
        )


def nearest_folder(path: Path) -> Path:
    """Return the existing folder in which the file or its folders would be created."""
    place = path.parent
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise DestinationRefused(
            f"{path} cannot be created: {place} is not a folder.",
            remedy="Name a file in a folder that can be created.",
        )
    return place


def refuse_unknown_format(storage_version: str) -> None:
    """Refuse a storage version that this DuckDB does not know, before a file is created."""
    import duckdb

    if not _is_known(storage_version):
        raise DestinationRefused(
            f"DuckDB {duckdb.__version__} does not know the storage version {storage_version}.",
            remedy="Name a released version of DuckDB in the destination, such as "
            "storage_version=v1.4.0, "
            "or leave the option out.",
        )


@cache
def _is_known(storage_version: str) -> bool:
    """Whether this DuckDB can write that format; asked once, since it takes an engine: 35 ms."""
    import duckdb

    with duckdb.connect(":memory:", config={**SETTINGS}) as engine:
        try:
            engine.execute(f"SET storage_compatibility_version = {DUCKDB.text(storage_version)}")
        except duckdb.Error:
            return False
    return True
