"""Remembers what was logged today, so that it is logged once."""

from __future__ import annotations

import threading
from datetime import date

__all__ = ["OncePerDay"]

_MOST = 10_000


class OncePerDay:
    """Remembers what was logged today: one line per request would be too much."""

    def __init__(self) -> None:
        self._day = date.min
        self._noted: set[tuple[str, ...]] = set()
        self._lock = threading.Lock()

    def first(self, day: date, *what: str) -> bool:
        """Whether this was not logged on that day. Beyond 10,000 a day, nothing is logged."""
        with self._lock:
            if day != self._day:
                self._day, self._noted = day, set()
            if what in self._noted or len(self._noted) >= _MOST:
                return False
            self._noted.add(what)
            return True
