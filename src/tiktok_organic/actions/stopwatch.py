"""A sync's progress, timed on its way to whoever looks on."""

from __future__ import annotations

import threading

from tiktok_organic.clock import Clock
from tiktok_organic.sync.order import Progress

__all__ = ["Stopwatch"]


class Stopwatch:
    """Passes everything on. `seconds`: time spent fetching and loading, and in either waiting for TikTok's limits."""

    def __init__(self, progress: Progress, clock: Clock) -> None:
        self._progress = progress
        self._clock = clock
        self._lock = threading.Lock()
        self._phase, self._since = "fetching", clock.monotonic()
        self._waits_until = self._since
        self.seconds: dict[str, float] = {"fetching": 0.0, "waiting": 0.0, "loading": 0.0}

    def fetching(self, what: str, pages: int, rows: int) -> None:
        self._progress.fetching(what, pages, rows)
        self._count("fetching")

    def waiting(self, seconds: float, reason: str) -> None:
        self._progress.waiting(seconds, reason)
        with self._lock:
            now = self._clock.monotonic()
            until = now + seconds
            # Several threads wait at once, and each tells it again and again: the time counts once.
            self.seconds["waiting"] += max(0.0, until - max(now, self._waits_until))
            self._waits_until = max(until, self._waits_until)

    def loading(self, table: str, rows: int) -> None:
        self._progress.loading(table, rows)
        self._count("loading")

    def stop(self) -> None:
        """The attempt is over: the last phase's time counts, and what is left of a wait does not."""
        self._count(self._phase)
        with self._lock:
            self.seconds["waiting"] -= max(0.0, self._waits_until - self._since)

    def _count(self, phase: str) -> None:
        with self._lock:
            now = self._clock.monotonic()
            self.seconds[self._phase] += now - self._since
            self._phase, self._since = phase, now
