"""Measure the phases of a sync from its progress events."""

from __future__ import annotations

import threading

from tiktok_organic.clock import Clock
from tiktok_organic.sync.progress import Phase, Progress, ProgressEvent

__all__ = ["Stopwatch"]


class Stopwatch:
    """Forwards every event and measures time.

    `seconds`: time spent fetching and loading, and in both waiting for TikTok's limits.
    """

    def __init__(self, progress: Progress, clock: Clock) -> None:
        self._progress = progress
        self._clock = clock
        self._lock = threading.Lock()
        self._phase, self._since = Phase.FETCHING, clock.monotonic()
        self._waits_until = self._since
        self.seconds: dict[str, float] = {str(phase): 0.0 for phase in Phase}

    def __call__(self, event: ProgressEvent) -> None:
        self._progress(event)
        if event.phase is Phase.WAITING:
            self._wait(event.seconds)
        else:
            self._enter(event.phase)

    def stop(self) -> None:
        """End the last phase; the rest of a wait does not count."""
        self._enter(self._phase)
        with self._lock:
            self.seconds[Phase.WAITING] -= max(0.0, self._waits_until - self._since)

    def _wait(self, seconds: float) -> None:
        with self._lock:
            now = self._clock.monotonic()
            until = now + seconds
            # Several threads wait at the same time and report it repeatedly: the time counts once.
            self.seconds[Phase.WAITING] += max(0.0, until - max(now, self._waits_until))
            self._waits_until = max(until, self._waits_until)

    def _enter(self, phase: Phase) -> None:
        with self._lock:
            now = self._clock.monotonic()
            self.seconds[self._phase] += now - self._since
            self._phase, self._since = phase, now
