"""A sync's progress in the store, written about once a second for the page and the API."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import Any

from tiktok_organic.clock import Clock, timestamp
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.runs.runs import Runs
from tiktok_organic.sync.progress import Phase, ProgressEvent

__all__ = ["StoredProgress"]

_LOG = logging.getLogger(__name__)
_EVERY = 1.0
# Seconds. A longer wait is logged.
_LONG = 60.0


class StoredProgress:
    """Writes the run row's `progress`.

    `phase`, `what`, `pages`, `rows`, `tables` (rows of each), `at`, and during a wait `seconds` and
    `reason`.
    """

    def __init__(self, runs: Runs, run_id: str, clock: Clock) -> None:
        self._runs = runs
        self._run_id = run_id
        self._clock = clock
        self._lock = threading.Lock()
        self._step = ProgressEvent(Phase.FETCHING, "account")
        self._wait: ProgressEvent | None = None
        self._tables: dict[str, int] = {}
        self._written: float | None = None
        self._wait_written = False
        self._fetching_written = ""
        self._logged_until = clock.monotonic()

    def __call__(self, event: ProgressEvent) -> None:
        """Write at once when a wait or the next report begins, otherwise after a second.

        The next event may come much later, when TikTok has answered.
        """
        with self._lock:
            self._take(event)
            now = self._clock.monotonic()
            if self._written is None or self._begins(event) or now - self._written >= _EVERY:
                self._written = now
                self._wait_written = self._wait is not None
                self._fetching_written = self._step.what
                self._write()
            if event.phase is Phase.WAITING:
                self._log(event, now)

    def _begins(self, event: ProgressEvent) -> bool:
        """Whether the run is now at something that the page does not show yet."""
        if event.phase is Phase.FETCHING:
            return event.what != self._fetching_written
        return event.phase is Phase.QUEUED or (self._wait is not None and not self._wait_written)

    def _take(self, event: ProgressEvent) -> None:
        if event.phase is Phase.WAITING:
            self._wait = event if event.seconds >= 1 else None
            return
        self._wait = None
        if event.phase is Phase.LOADING:
            self._tables[event.what] = event.rows
        if event.phase in (Phase.QUEUED, Phase.LOADING):
            event = replace(event, pages=self._step.pages, rows=self._step.rows)
        self._step = event

    def _write(self) -> None:
        step = self._step
        document: dict[str, Any] = {
            "phase": str(step.phase),
            "what": step.what,
            "pages": step.pages,
            "rows": step.rows,
            "tables": dict(self._tables),
            "at": timestamp(self._clock.now()),
        }
        if self._wait is not None:
            document["seconds"] = round(self._wait.seconds, 1)
            document["reason"] = self._wait.reason
        try:
            self._runs.change(self._run_id, {"progress": document})
        except TikTokOrganicError:
            pass  # progress is only displayed; results are written, or fail, elsewhere

    def _log(self, wait: ProgressEvent, now: float) -> None:
        if wait.seconds >= _LONG and now >= self._logged_until:
            self._logged_until = now + wait.seconds
            _LOG.info(
                "run %s: waiting %.0f s: %s",
                self._run_id,
                wait.seconds,
                wait.reason,
                extra={"run": self._run_id},
            )
