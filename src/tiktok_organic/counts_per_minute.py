"""Count events within the present minute, in memory."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime

__all__ = ["CountsPerMinute"]

# Maximum of separately counted names; further ones count as one.
_MOST = 10_000


class CountsPerMinute:
    """Counters that restart every minute."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, name: str, now: datetime) -> int:
        """Count one event of that name; return its number in this minute."""
        with self._lock:
            minute = int(now.timestamp() // 60)
            if minute != self._minute:
                self._minute, self._counts = minute, Counter()
            if name not in self._counts and len(self._counts) >= _MOST:
                name = ""
            self._counts[name] += 1
            return self._counts[name]
