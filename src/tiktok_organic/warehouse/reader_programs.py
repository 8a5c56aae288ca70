"""The programs that can open a destination, a DuckDB file, as text."""

from __future__ import annotations

from tiktok_organic.warehouse.destinations import is_local
from tiktok_organic.warehouse.duckdb.address import path_of
from tiktok_organic.warehouse.duckdb.file import oldest_reader_now

__all__ = ["readers"]


def readers(url: str) -> str:
    """Return which DuckDB versions can open the file, as a sentence without a subject.

    Empty for a server, for a file that does not exist, and while this process has the file open.
    """
    oldest = oldest_reader_now(path_of(url)) if is_local(url) else None
    return f"can be opened by DuckDB {oldest} and later" if oldest else ""
