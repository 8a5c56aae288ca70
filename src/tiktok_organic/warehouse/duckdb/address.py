"""A `duckdb:///` address, and the storage format in the file's header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote

from tiktok_organic.errors import BadValue

__all__ = ["OPTIONS", "DuckDBAddress", "address", "address_of", "oldest_reader", "path_of"]

OPTIONS = {
    "storage_version": (
        "the oldest DuckDB that can open a new file, such as v1.4.0; v1.0.0 by default"
    ),
}
"""The options after the question mark, and their meaning."""

_SCHEME = "duckdb:///"
_EXAMPLE = "duckdb:///warehouse.duckdb"
# The default: dashboards, editors and notebooks include their own, often older DuckDB.
_STORAGE_VERSION = "v1.0.0"

_VERSION = re.compile(r"v[1-9]\d?\.\d{1,2}\.\d{1,2}")
_MAGIC = slice(8, 12)
_FORMAT = slice(12, 20)
# The oldest DuckDB for each format number in a file's header (DuckDB's `version_map.json`). DuckDB
# 0.9 wrote format 64 too, but 1.0 is the first version that promises to read it.
_READERS = {64: "1.0", 65: "1.2", 66: "1.3", 67: "1.4", 68: "1.5", 69: "2.0", 999: "2.0"}


@dataclass(frozen=True)
class DuckDBAddress:
    """A DuckDB address.

    `storage_version`: for DuckDB's ATTACH, applied when a new file is created.
    """

    path: Path
    storage_version: str = _STORAGE_VERSION

    @property
    def url(self) -> str:
        """The address as text; an option with its default value is omitted."""
        given = self.storage_version != _STORAGE_VERSION
        return address(self.path) + (f"?storage_version={self.storage_version}" if given else "")


def address_of(url: str) -> DuckDBAddress:
    """Parse an address: three slashes and a relative path, or four and an absolute one.

    Raises BadValue if it names no file, or has an unknown option.
    """
    place, _, query = url.partition("?")
    path = unquote(place.removeprefix(_SCHEME))
    if not url.startswith(_SCHEME) or not path.strip("/") or "\0" in path:
        raise _bad(f"{url!r} names no DuckDB file (three slashes, then a path)")
    if path.startswith(":memory:"):
        raise _bad("a database in memory would be lost")
    return DuckDBAddress(Path(path), **_options(query))


def path_of(url: str) -> Path:
    """Return the file that an address names."""
    return address_of(url).path


def address(path: Path) -> str:
    """Return the address of a file, the reverse of `path_of`."""
    return _SCHEME + quote(path.as_posix())


def oldest_reader(path: Path) -> str | None:
    """Return the oldest DuckDB version that opens the file, such as "1.0".

    None for a missing or unreadable file. Read from the header, so that neither DuckDB nor a lock
    is needed.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_FORMAT.stop)
    except OSError:
        return None
    if head[_MAGIC] != b"DUCK" or len(head) < _FORMAT.stop:
        return None
    number = int.from_bytes(head[_FORMAT], "little")
    return _READERS.get(number, f"that knows storage format {number}")


def _options(query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in OPTIONS:
            raise _bad(
                f"{name!r} is not an option of a DuckDB file; the options are {', '.join(OPTIONS)} "
                "(write %3F for ? in a path)"
            )
        if name in options or not _VERSION.fullmatch(value):
            raise _bad(
                f"storage_version takes one version of DuckDB, such as v1.4.0, not {value!r}"
            )
        options[name] = value
    return options


def _bad(problem: str) -> BadValue:
    return BadValue("destination", problem, example=_EXAMPLE)
