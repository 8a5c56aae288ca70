"""The files of the product itself, which no typed path may name.

POSIX record locks belong to a process and a file: when a process closes any descriptor of a file,
it releases all its locks on that file. SQLite uses such locks. A server that opens and closes
`store.db` as if it were a warehouse loses its locks; the next command then believes that it is
alone, and deletes the log into which the server still writes.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from tiktok_organic.errors import Refused

__all__ = ["OwnFiles", "is_special"]

# Beginnings of names: SQLite adds -wal and -shm, a migration adds .before-VERSION.
_FILES = ("store.db", "secret.key", ".secret.key", "server.json", ".env")
_FOLDERS = ("locks", "archive", "spool")

_Identity = tuple[int, int]


class OwnFiles:
    """The files in `home` that belong to the product. No method opens a file."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def refuse(self, path: Path) -> None:
        """Raise Refused if `path` names a file of ours, also through a link or another mount."""
        if self._is_ours(path):
            raise Refused(
                f"{path} belongs to tiktok-organic itself",
                code="own_file",
            )

    def refuse_named_in(self, address: str) -> None:
        """Raise Refused if a part of an address, such as `?keyfile=…`, names a file of ours."""
        for part in re.split(r"[?&=;,|]", address):
            text = unquote(unquote(part))
            for path in {text, text.removeprefix("file://"), text.partition("://")[2]}:
                if path and "\0" not in path:
                    self.refuse(Path(path).expanduser() if path.startswith("~/") else Path(path))

    def refuse_for_archive(self, folder: Path) -> None:
        """Raise Refused for a folder among our other files.

        That is HOME itself, or a file or folder in it with another purpose.
        """
        real, home = Path(os.path.realpath(folder)), Path(os.path.realpath(self._home))
        if real == home:
            raise Refused(
                f"{folder} also holds the store and other files of this product",
                code="own_file",
                free_place=str(folder / "archive"),
            )
        if home / "archive" not in (real, *real.parents):
            self.refuse(folder)

    def _is_ours(self, path: Path) -> bool:
        real = Path(os.path.realpath(path))
        if _identity(path) in self._identities():
            return True
        folders = {_identity(self._home / name) for name in _FOLDERS} - {None}
        if any(_identity(place) in folders for place in (real, *real.parents)):
            return True
        return self._is_named_like_ours(real)

    def _is_named_like_ours(self, real: Path) -> bool:
        """Whether a file that may not exist yet has a name that we use, in HOME."""
        home = Path(os.path.realpath(self._home))
        here = real.parent == home or (
            _identity(home) is not None and _identity(real.parent) == _identity(home)
        )
        name = real.name.casefold()
        if here:
            return name.startswith(_FILES) or name in _FOLDERS
        return any(home / folder in real.parents for folder in _FOLDERS)

    def _identities(self) -> set[_Identity | None]:
        found = set(self._existing())
        found.discard(None)
        return found

    def _existing(self) -> Iterator[_Identity | None]:
        for folder in (self._home, self._home / "locks"):
            try:
                names = os.listdir(folder)  # noqa: PTH208 - names are enough
            except OSError:
                continue
            for name in names:
                if folder != self._home or name.startswith(_FILES):
                    yield _identity(folder / name)


def _identity(path: Path) -> _Identity | None:
    """Return device and inode of a path's target; None if it does not exist or cannot be read."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def is_special(path: Path) -> bool:
    """Whether a path leads to a pipe, a device or a socket: opening one may block forever."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
