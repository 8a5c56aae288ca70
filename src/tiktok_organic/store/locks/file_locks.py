"""Locks on one machine, as files: one sync per connector at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tiktok_organic.errors import Refused
from tiktok_organic.home_folder import make_home

__all__ = ["FileLocks"]


# Seconds between tries. A process that checks whether a lock is held has to take it for an instant,
# and must not count as its holder.
_LOOK = 0.1


class FileLocks:
    """Locks on one machine: file locks of the operating system, which end with their process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, name: str, *, wait: bool = False) -> Iterator[bool]:
        from filelock import FileLock, Timeout

        lock = FileLock(self._path(name))
        try:
            # A process that only checks the lock holds it for an instant, so one failed try proves
            # nothing.
            lock.acquire(timeout=-1 if wait else _LOOK, poll_interval=0.2 if wait else _LOOK / 4)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def held(self, name: str) -> bool:
        from filelock import FileLock, Timeout

        lock = FileLock(self._path(name))
        try:
            with lock.acquire(timeout=0):
                return False
        except Timeout:
            return True

    def close(self) -> None:
        """Do nothing: there are only files."""

    def _path(self, name: str) -> str:
        try:
            make_home(self._folder.parent)
            self._folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise Refused(
                f"the folder {self._folder} cannot be written: {error.strerror or error}",
                code="home_unwritable",
            ) from error
        # A digest, because a name may have characters that a file name cannot have.
        return str(self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.lock")
