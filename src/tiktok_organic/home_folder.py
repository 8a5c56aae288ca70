"""Create HOME, and restrict its permissions: it has tokens, answers, warehouses and the locks.

Also writes files with secrets: atomically, and readable by their owner only.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

__all__ = ["make_home", "write_private"]


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


def write_private(path: Path, content: bytes) -> None:
    """Write or replace a file that only its owner may read.

    The whole file is on the disk when this returns. Raises OSError; the former file remains then.
    Drafts of processes that were killed are removed.
    """
    _remove_drafts(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _remove_drafts(path: Path) -> None:
    """Drafts of the file whose process has ended."""
    start = f".{path.name}."
    with suppress(OSError):
        for draft in path.parent.iterdir():
            process = draft.name.removeprefix(start)
            if draft.name.startswith(start) and process.isdigit() and not _lives(int(process)):
                draft.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _sync_folder(folder: Path) -> None:
    """Make the new name durable; not every system lets a folder be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
