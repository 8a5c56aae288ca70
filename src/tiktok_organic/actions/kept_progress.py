"""A sync's progress, kept in the store about once a second for whoever looks; also where a sync is asked to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tiktok_organic.clock import Clock, timestamp
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.runs import Runs

__all__ = ["HandedBack", "KeptProgress"]

_EVERY = 1.0


class HandedBack(BaseException):
    """The process has to end before the run: it stops between two steps. No error: nothing is wrong with the run."""


class KeptProgress:
    """The run row's `progress`: `phase` (fetching, waiting, loading), `what`, `pages`, `rows`, `tables` (rows each),
    `seconds` and `reason` while it waits, `at`. `seconds`: time spent in each phase."""

    def __init__(self, runs: Runs, run_id: str, clock: Clock, handing_back: Callable[[], bool]) -> None:
        self._runs = runs
        self._run_id = run_id
        self._clock = clock
        self._handing_back = handing_back
        self._lock = threading.Lock()
        self._document: dict[str, Any] = {"phase": "fetching", "what": "account", "pages": 0, "rows": 0, "tables": {}}
        self._written: float | None = None
        self._phase, self._since = "fetching", clock.monotonic()
        self.seconds: dict[str, float] = {"fetching": 0.0, "waiting": 0.0, "loading": 0.0}

    def fetching(self, what: str, pages: int, rows: int) -> None:
        self._tell("fetching", {"what": what, "pages": pages, "rows": rows})

    def waiting(self, seconds: float, reason: str) -> None:
        with self._lock:
            self.seconds["waiting"] += seconds
        self._tell(self._phase, {"seconds": round(seconds, 1), "reason": reason} if seconds >= 1 else {})

    def loading(self, table: str, rows: int) -> None:
        self._tell("loading", {"what": table, "tables": {**self._document["tables"], table: rows}})

    def ended(self) -> None:
        """The attempt is over: the last phase's time counts."""
        with self._lock:
            self._count()

    def _tell(self, phase: str, values: dict[str, Any]) -> None:
        if self._handing_back():
            raise HandedBack
        with self._lock:
            if phase != self._phase:
                self._count()
                self._phase = phase
            kept = {name: value for name, value in self._document.items() if name not in ("seconds", "reason")}
            self._document = {**kept, "phase": phase, **values, "at": timestamp(self._clock.now())}
            now = self._clock.monotonic()
            if self._written is None or now - self._written >= _EVERY:
                self._written = now
                self._write()

    def _count(self) -> None:
        now = self._clock.monotonic()
        self.seconds[self._phase] += now - self._since
        self._since = now

    def _write(self) -> None:
        try:
            self._runs.change(self._run_id, {"progress": self._document})
        except TikTokOrganicError:
            pass  # progress is for lookers-on; what matters is written, or fails, elsewhere
