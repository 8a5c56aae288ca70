"""Limits per person: concurrent tests of warehouses, and live streams."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tiktok_organic.errors import TryAgain

__all__ = ["Checks", "Streams"]

AT_ONCE = 4
"""Of the 40 threads that render pages."""


class Checks:
    """One check per person at a time, and few in total."""

    def __init__(self) -> None:
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, person_id: str) -> Iterator[None]:
        """Test a warehouse inside. Raises TryAgain (too_many_checks) instead of waiting."""
        with self._lock:
            if person_id in self._busy or len(self._busy) >= AT_ONCE:
                raise TryAgain(
                    "another check of a warehouse has not ended yet",
                    code="too_many_checks",
                )
            self._busy.add(person_id)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(person_id)


STREAMS = 300
STREAMS_OF_A_PERSON = 10


class Streams:
    """The open live streams. Used in the event loop only."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @contextmanager
    def one(self, person_id: str) -> Iterator[None]:
        """Count one stream inside."""
        self._open[person_id] += 1
        try:
            yield
        finally:
            self._open[person_id] -= 1
            if not self._open[person_id]:
                del self._open[person_id]

    def refuse_more(self, person_id: str) -> None:
        """Raise TryAgain (too_many_streams) if there are too many."""
        if self._open[person_id] >= STREAMS_OF_A_PERSON or self._open.total() >= STREAMS:
            raise TryAgain(
                "too many pages watch a run at this moment",
                code="too_many_streams",
            )
