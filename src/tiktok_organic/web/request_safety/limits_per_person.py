"""Limits per person: concurrent tests of warehouses, and live streams."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tiktok_organic.errors import TryAgain

__all__ = ["PATIENCE", "Checks", "Streams"]

AT_ONCE = 4
"""Of the 40 threads that render pages."""
PATIENCE = 10.0
"""Seconds that a submitted form waits for the live check of its fields."""


class Checks:
    """One check per person at a time, and few in total; one more of each person may wait."""

    def __init__(self) -> None:
        self._busy: set[str] = set()
        self._waiting: set[str] = set()
        self._change = threading.Condition()

    @contextmanager
    def turn(self, person_id: str, *, patience: float = 0.0) -> Iterator[None]:
        """Test a warehouse inside this context.

        Raises TryAgain (too_many_checks) if no turn is free within `patience` seconds.
        """
        with self._change:
            if not self._is_free(person_id) and not self._waits(person_id, patience):
                raise TryAgain(
                    "another check of a warehouse has not ended yet",
                    code="too_many_checks",
                )
            self._busy.add(person_id)
        try:
            yield
        finally:
            with self._change:
                self._busy.discard(person_id)
                self._change.notify_all()

    def _is_free(self, person_id: str) -> bool:
        return person_id not in self._busy and len(self._busy) < AT_ONCE

    def _waits(self, person_id: str, patience: float) -> bool:
        """Whether the turn came. A thread waits here, so only few may."""
        if not patience or person_id in self._waiting or len(self._waiting) >= AT_ONCE:
            return False
        self._waiting.add(person_id)
        try:
            return self._change.wait_for(lambda: self._is_free(person_id), patience)
        finally:
            self._waiting.discard(person_id)


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
