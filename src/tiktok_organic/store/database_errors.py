"""What an error of the store's database means."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sqlalchemy.exc import OperationalError

from tiktok_organic.errors import Refused, TryAgain
from tiktok_organic.postgres_encryption import NOT_ENCRYPTED

__all__ = ["DAMAGED", "damaged_database", "operational_error", "server_error"]


_LITTLE = 64 * 1024
"""Bytes. SQLite says "disk I/O error", not "full", where its shared memory (32 KB) has no room."""


DAMAGED = ("not a database", "malformed", "corrupt", "encrypted")


def server_error(words: str) -> Exception:
    """Explain a failed connection from libpq's text: it has no SQLSTATE.

    A server that can be reached answers FATAL.
    """
    reason = words.partition("FATAL:")[2].strip().partition("\n")[0]
    if re.search(
        r"authentication failed|no password supplied|role .* does not exist|pg_hba\.conf", words
    ):
        return Refused(
            f"the store's PostgreSQL server rejected the login: {reason or words.strip()}",
            code="store_refused",
        )
    if NOT_ENCRYPTED in words:
        return Refused(
            "the store's PostgreSQL server does not encrypt connections, and it is another machine",
            code="store_not_encrypted",
        )
    if re.search(r"database .* does not exist", reason):
        return Refused(
            f"the store's database is missing: {reason}",
            code="store_refused",
        )
    if reason:
        return TryAgain(
            f"the store's PostgreSQL server cannot be used at the moment: {reason}",
            code="store_away",
        )
    return TryAgain(
        "the store's PostgreSQL server cannot be reached",
        code="store_away",
    )


def operational_error(error: OperationalError, path: Path) -> Exception:
    words = str(error.orig).strip()
    if "full" in words or (("disk I/O" in words or "unable to open" in words) and _is_full(path)):
        return TryAgain(
            f"the disk of {path} is full",
            code="disk_full",
        )
    if "readonly" in words or "unable to open" in words or "read-only" in words:
        return Refused(
            f"the store {path} cannot be written: {words}",
            code="home_unwritable",
        )
    if "locked" in words:
        return TryAgain(f"the store {path} is locked by another process", code="store_busy")
    return Refused(f"the store {path} cannot be used: {words}", code="store_unusable")


def _is_full(path: Path) -> bool:
    """Whether the disk has no room for a page of SQLite's, or for another file."""
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _LITTLE or (disk.f_files > 0 and disk.f_favail == 0)


def damaged_database(path: Path | None) -> Refused:
    if path is None:
        return Refused(
            "the store on PostgreSQL has a value that cannot be read", code="store_unusable"
        )
    return Refused(
        f"the store {path} is not a SQLite database, or it is damaged", code="store_unusable"
    )
