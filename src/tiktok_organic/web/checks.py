"""How many warehouses the page tries at once: a server that never answers holds a thread of the page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tiktok_organic.errors import TryAgain

__all__ = ["Checks"]

AT_ONCE = 4
"""Of the 40 threads in which the page is made."""


class Checks:
    """One check per person at a time, and few in total."""

    def __init__(self) -> None:
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, person_id: str) -> Iterator[None]:
        """Try a warehouse inside. Raise TryAgain (too_many_checks) instead of waiting."""
        with self._lock:
            if person_id in self._busy or len(self._busy) >= AT_ONCE:
                raise TryAgain(
                    "another check of a warehouse has not ended yet",
                    code="too_many_checks",
                    advice="Wait some seconds, then try again.",
                )
            self._busy.add(person_id)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(person_id)
