"""A sync's progress, kept in the store about once a second for whoever looks; also where a sync is asked to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from tiktok_organic.clock import Clock, timestamp
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.runs import Runs

__all__ = ["KeptProgress", "Stopped"]

_LOG = logging.getLogger(__name__)
_EVERY = 1.0
_LONG = 60.0
"""Seconds. A wait of this length stands in the log."""


class Stopped(BaseException):
    """The process has to end before the run: it stops between two steps. No error: nothing is wrong with the run."""


class KeptProgress:
    """The run row's `progress`: `phase` (fetching, loading), `what`, `pages`, `rows`, `tables` (rows each), `at`, and
    while it waits `seconds` and `reason`.

    `stopping`: whether to stop where a pause of so many seconds is about to begin.
    """

    def __init__(
        self, runs: Runs, run_id: str, clock: Clock, stopping: Callable[[float], bool]
    ) -> None:
        self._runs = runs
        self._run_id = run_id
        self._clock = clock
        self._stopping = stopping
        self._lock = threading.Lock()
        self._document: dict[str, Any] = {
            "phase": "fetching",
            "what": "account",
            "pages": 0,
            "rows": 0,
            "tables": {},
        }
        self._shown: dict[str, Any] = {}
        self._written: float | None = None
        self._logged_until = clock.monotonic()

    def fetching(self, what: str, pages: int, rows: int) -> None:
        self._tell({"phase": "fetching", "what": what, "pages": pages, "rows": rows})

    def waiting(self, seconds: float, reason: str) -> None:
        self._tell(
            {"seconds": round(seconds, 1), "reason": reason} if seconds >= 1 else {}, seconds
        )
        with self._lock:
            now = self._clock.monotonic()
            if seconds >= _LONG and now >= self._logged_until:
                self._logged_until = now + seconds
                _LOG.info(
                    "run %s: waiting %.0f s: %s",
                    self._run_id,
                    seconds,
                    reason,
                    extra={"run": self._run_id},
                )

    def loading(self, table: str, rows: int) -> None:
        self._tell(
            {"phase": "loading", "what": table, "tables": {**self._document["tables"], table: rows}}
        )

    def _tell(self, values: dict[str, Any], pause: float = 0.0) -> None:
        """Keep what is told: at once when nobody will tell more for a while, otherwise when a second is over."""
        if self._stopping(pause):
            raise Stopped
        with self._lock:
            kept = {
                name: value
                for name, value in self._document.items()
                if name not in ("seconds", "reason")
            }
            self._document = {**kept, **values, "at": timestamp(self._clock.now())}
            now = self._clock.monotonic()
            begins_to_wait = "seconds" in values and "seconds" not in self._shown
            if self._written is None or begins_to_wait or now - self._written >= _EVERY:
                self._written = now
                self._write()

    def _write(self) -> None:
        self._shown = self._document
        try:
            self._runs.change(self._run_id, {"progress": self._document})
        except TikTokOrganicError:
            pass  # progress is for lookers-on; what matters is written, or fails, elsewhere
