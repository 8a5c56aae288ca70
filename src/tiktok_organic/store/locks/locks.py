"""The contract of locks: one sync per connector at a time.

A lock ends with its process, so no lease has to expire.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

__all__ = ["Locks"]


class Locks(Protocol):
    """Locks by name, across all processes that share the store."""

    def hold(self, name: str, *, wait: bool = False) -> AbstractContextManager[bool]:
        """Return a context: True if the lock was taken, False if another process holds it.

        With `wait` it is never False.
        """

    def held(self, name: str) -> bool:
        """Whether a process holds it at present."""

    def close(self) -> None:
        """Close the connections; all locks end."""
