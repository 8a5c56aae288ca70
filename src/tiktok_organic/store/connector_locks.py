"""One sync per connector at a time.

A lock dies with its process: nobody has to wait for a lease to run out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from tiktok_organic.errors import Refused
from tiktok_organic.home_folder import make_home

__all__ = ["FileLocks", "Locks"]


_LOOK = 0.1
"""Seconds: whoever asks whether a lock is held has it himself for an instant, and must not be taken
for its holder.
"""


class Locks(Protocol):
    """Locks by name, over all processes that share the store."""

    def hold(self, name: str, *, wait: bool = False) -> AbstractContextManager[bool]:
        """A context: True when the lock is held, False when somebody else holds it (never with
        `wait`).
        """

    def held(self, name: str) -> bool:
        """Whether somebody holds it at this moment."""

    def close(self) -> None:
        """Let go of connections; all locks fall."""


class FileLocks:
    """Locks of one machine: the operating system's locks on files, released when their process
    ends, however.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, name: str, *, wait: bool = False) -> Iterator[bool]:
        from filelock import FileLock, Timeout

        lock = FileLock(self._path(name))
        try:
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
        """There is nothing but files."""

    def _path(self, name: str) -> str:
        try:
            make_home(self._folder.parent)
            self._folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise Refused(
                f"the folder {self._folder} cannot be written: {error.strerror or error}",
                code="home_unwritable",
            ) from error
        return str(self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.lock")
