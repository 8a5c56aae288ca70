"""Create HOME, and restrict its permissions: it has tokens, answers, warehouses and the locks."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

__all__ = ["make_home"]


def make_home(home: Path) -> None:
    """Create the folder for its owner only, or restrict one that others may enter.

    Raises OSError. Missing parent folders are created as private. The mode of a shared folder (the
    root folder, one with the sticky bit such as /tmp), or of another user's folder, is not changed.
    """
    before = os.umask(0o077)
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    finally:
        os.umask(before)
    if os.name != "posix":
        return
    found = home.stat()
    shared = found.st_mode & stat.S_ISVTX or home == Path(home.anchor)
    if not shared and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & 0o077:
        with suppress(OSError):  # a file system without modes
            home.chmod(stat.S_IMODE(found.st_mode) & 0o700)
