"""The pool of runs that load, separate from the runs that fetch.

A run that has fetched frees its slot for the next run. A slow or unreachable warehouse therefore
delays only runs that have something to load. A waiting run occupies its connector's lock and a
thread; its answers are in the archive, not in memory. If it is interrupted, the next attempt loads
from the archive without a request to TikTok.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from tiktok_organic.sync.progress import Phase, Progress, ProgressEvent
from tiktok_organic.sync.stop import Stop

__all__ = ["PILE", "LoadingPool", "LoadingSlot", "without_pool"]

PILE = 3
"""Runs that load or wait for it, at most, per fetching slot; then fetching runs wait as well."""
_LOOK_EVERY = 0.5
"""Seconds between two checks whether the waiting run has to stop."""


class LoadingSlot(Protocol):
    """The function with which an attempt requests a slot for loading, after it has fetched."""

    def __call__(
        self, destination: str, progress: Progress, stop: Stop
    ) -> AbstractContextManager[None]:
        """Wait for a slot, and occupy it until the context ends.

        `destination`: what only one run may load into at a time; "" when any number may. Raises
        Stopped.
        """


def without_pool(
    destination: str,  # noqa: ARG001 - a run by itself waits for none
    progress: Progress,  # noqa: ARG001 - the same
    stop: Stop,  # noqa: ARG001 - the same
) -> AbstractContextManager[None]:
    """Return a slot without waiting, for the only run of a process."""
    return nullcontext()


class LoadingPool:
    """At most `at_once` runs load, one per named destination, in the order of their arrival."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._most = at_once * PILE
        self._changed = threading.Condition()
        self._waiting: dict[object, str] = {}
        self._loading: dict[object, str] = {}

    @property
    def threads(self) -> int:
        """How many runs can be in it."""
        return self._most

    @contextmanager
    def loading_slot(
        self, destination: str, progress: Progress, stop: Stop, entered: Callable[[], None]
    ) -> Iterator[None]:
        """Return a slot as `LoadingSlot` describes.

        `entered` is called when the run no longer occupies a slot for fetching.
        """
        ticket = object()
        self._until(lambda: self._enters(ticket, destination), progress, stop)
        try:
            entered()
            self._until(lambda: self._begins(ticket), progress, stop)
            yield
        finally:
            with self._changed:
                self._waiting.pop(ticket, None)
                self._loading.pop(ticket, None)
                self._changed.notify_all()

    def _until(self, step: Callable[[], bool], progress: Progress, stop: Stop) -> None:
        """Wait until `step`, called with the lock held, succeeds.

        Reported once, without the lock: a report may wait for the store.
        """
        with self._changed:
            if step():
                return
        progress(ProgressEvent(Phase.QUEUED))
        while True:
            stop.check()
            with self._changed:
                # Not without a limit: a request to stop does not notify this condition.
                if self._changed.wait_for(step, _LOOK_EVERY):
                    return

    def _enters(self, ticket: object, destination: str) -> bool:
        """Join those that wait, unless they are too many."""
        if len(self._waiting) + len(self._loading) >= self._most:
            return False
        self._waiting[ticket] = destination
        return True

    def _begins(self, ticket: object) -> bool:
        """Take a loading slot, if the run is the first of those whose destination is free."""
        if len(self._loading) >= self._at_once:
            return False
        # "" names no destination: any number of runs may load there side by side.
        occupied = set(self._loading.values()) - {""}
        free = (one for one, destination in self._waiting.items() if destination not in occupied)
        if next(free, None) is not ticket:
            return False
        self._loading[ticket] = self._waiting.pop(ticket)
        self._changed.notify_all()  # another destination may be next
        return True
