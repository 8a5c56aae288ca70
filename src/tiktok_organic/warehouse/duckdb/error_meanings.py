"""What the messages of DuckDB about a file mean, and what to do then."""

from __future__ import annotations

import re
from pathlib import Path

from tiktok_organic.errors import DestinationBusy, DestinationRefused, TikTokOrganicError

__all__ = ["explain", "forbidden", "is_locked", "no_database"]


def explain(path: Path, text: str) -> TikTokOrganicError:
    """Return the product's error for a message of DuckDB or of the system."""
    line = text.partition("\n")[0].removeprefix("IO Error: ")
    text = text.replace(str(path), "")  # the path's words must not influence the result
    if is_locked(text):
        return _locked(path, text)
    for pattern, make in _MEANINGS:
        if re.search(pattern, text, re.IGNORECASE):
            return make(path, line)
    return DestinationRefused(
        f"DuckDB could not use {path}: {line}",
        remedy=(
            "Nothing was written. Remove the cause if you know it, or name another file as "
            "the destination."
        ),
    )


def is_locked(text: str) -> bool:
    return bool(
        re.search(
            # On Unix; of another attachment in this process; on Windows.
            r"conflicting lock|could not set lock|file handle conflict|used by another",
            text,
            re.IGNORECASE,
        )
    )


def _locked(path: Path, text: str) -> DestinationBusy:
    holder = re.search(r"held in \"?(.+?)\"? \(PID (\d+)\)", text)
    who = f"{holder[1]} (process {holder[2]})" if holder else "another program"
    if "file handle conflict" in text:
        who = "another part of this program"
    return DestinationBusy(
        f"{path} is open in {who}, and DuckDB allows one writing program at a time.",
        remedy="Close it there, or open it read-only after the sync.",
    )


def no_database(path: Path, line: str = "") -> DestinationRefused:  # noqa: ARG001 - one of _MEANINGS
    return DestinationRefused(
        f"{path} is not a DuckDB database.",
        remedy="Move that file away, or give the destination another name; it was not touched.",
    )


def _newer(path: Path, line: str) -> DestinationRefused:
    return DestinationRefused(
        f"{path} was written by another version of DuckDB: {line}",
        remedy=(
            "Update DuckDB here (`pip install --upgrade duckdb`), or name another file as "
            "the destination."
        ),
    )


def _foreign_log(path: Path, line: str) -> DestinationRefused:
    return DestinationRefused(
        f"The log {path}.wal belongs to another copy of the database file: {line}",
        remedy=(
            f"If you restored an older copy of the file, move {path}.wal away and sync again. "
            "Otherwise restore both files together."
        ),
    )


def _disk_failed(path: Path, line: str) -> DestinationBusy:
    return DestinationBusy(
        f"The disk did not accept {path}: {line}",
        remedy=(
            f"The committed data is in {path} and {path}.wal: do not move them. Check the disk if "
            "this happens again."
        ),
    )


def _full(path: Path, line: str) -> DestinationBusy:
    return DestinationBusy(
        f"The disk has no space left for {path}: {line}",
        remedy="Free some disk space, or memory if the message says so.",
    )


def forbidden(path: Path, line: str) -> DestinationRefused:
    return DestinationRefused(
        f"{path} may not be written: {line}",
        remedy=(
            "Give this user the right to write the file and its folder, or name another "
            "destination."
        ),
    )


def _damaged(path: Path, line: str) -> DestinationRefused:
    return DestinationRefused(
        f"{path} is damaged: {line}",
        remedy=(
            "Restore the file from a backup, or move it away and replay the connectors from "
            "the archive."
        ),
    )


def _rule(path: Path, line: str) -> DestinationRefused:
    return DestinationRefused(
        f"A constraint on a table in {path} rejects a row: {line}. Nothing was written.",
        remedy=("Remove the constraint (NOT NULL, CHECK, UNIQUE), or use another dataset."),
    )


# DuckDB has one exception class for many causes, so its text decides. The order matters: a text
# may match several patterns, and the first one counts.
_MEANINGS = (
    (r"no space left|disk full|file too large|quota exceeded|out of memory", _full),
    (
        r"wal was created for|checkpoint iteration|replaying wal.*(?:does not|already) exist",
        _foreign_log,
    ),
    (r"checkpoint (?:during detach )?failed|input/output error", _disk_failed),
    (r"version number|newer version|storage version|wal of version", _newer),
    (r"permission denied|read-only|operation not permitted", forbidden),
    (r"not a valid duckdb", no_database),
    (r"corrupt|checksum|deserializ|failed to replay|invalidated|read enough bytes", _damaged),
    (r"constraint", _rule),
)
