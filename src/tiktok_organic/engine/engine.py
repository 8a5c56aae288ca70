"""The engine: starts due runs, attempts them, and retries those that may be retried."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from sqlalchemy import Connection

from tiktok_organic.clock import Clock
from tiktok_organic.engine.ticker import Ticker
from tiktok_organic.store.locks.locks import Locks
from tiktok_organic.store.runs.due_work import DueWork
from tiktok_organic.sync.loading.loading_pool import LoadingPool
from tiktok_organic.sync.progress import Progress
from tiktok_organic.sync.stop import Stop

__all__ = ["AT_ONCE", "LAST_MOMENTS", "Attempted", "Engine", "EngineCallbacks", "Ordered"]

_LOG = logging.getLogger(__name__)
AT_ONCE = 8
"""Syncs that one process fetches in parallel.

With half a second per answer they reach TikTok's basic limits. The same number can load at the same
time, and twice the number can wait for that.
"""
_HOUSEKEEPING_EVERY = 60.0
LAST_MOMENTS = 10.0
"""Seconds until a stopped sync must have reached its next step."""


@dataclass(frozen=True)
class Ordered:
    """A new run; a user's run goes before scheduled ones."""

    run_id: str
    connector_id: str
    by_person: bool


class Attempted(Enum):
    """Result of a call of `EngineCallbacks.attempt`."""

    DONE = "done"
    """It returned; the run's row has the result."""
    LOCKED = "locked"
    """Another process has the connector's lock."""
    BROKEN = "broken"
    """It raised; the run's row may be unchanged."""


class EngineCallbacks(Protocol):
    """Callbacks that the engine calls; implemented in `actions`."""

    def attempt(self, run_id: str, engine: Engine) -> bool:
        """Attempt a run once, under its connector's lock; stop when `engine.stopping` is requested.

        Returns False if another process has the lock: call again later. Raises only bugs, and what
        the store raises.
        """

    def order_due(self, most: int) -> int:
        """Order syncs for at most this many due connectors; return their number."""

    def housekeeping(self) -> None:
        """Periodic work of one process, every minute: alerts, old archives."""


class Engine(ABC):
    """An engine: `LocalEngine` for one machine, `ProcrastinateEngine` for several.

    `stopping`: the request to stop that running work checks.
    """

    def __init__(
        self,
        callbacks: EngineCallbacks,
        orders: DueWork,
        locks: Locks,
        clock: Clock,
        *,
        at_once: int,
        tick_every: float,
    ) -> None:
        self._callbacks = callbacks
        self._orders = orders
        self._locks = locks
        self._clock = clock
        self._at_once = at_once
        self.stopping = Stop(clock)
        self._loads = LoadingPool(at_once)
        most = at_once + self._loads.threads
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="sync")
        self._running: dict[str, str] = {}
        """The connector of each run in progress; the keys are run ids."""
        self._fetched: set[str] = set()
        """Those of them that no longer fetch: they load, or wait for it."""
        self._changed = threading.Condition()
        self._ending = False
        self._refusing: str | None = None
        self._ticker = Ticker("engine", self.tick, tick_every, clock)
        self._housekeeping = Ticker(
            "housekeeping", callbacks.housekeeping, _HOUSEKEEPING_EVERY, clock
        )

    @abstractmethod
    def start(self, *, work: bool = True, schedule: bool = True) -> None:
        """Start threads that attempt runs, order due syncs, or both."""

    @abstractmethod
    def announce(self, ordered: Ordered, connection: Connection) -> None:
        """Called in the transaction that writes the run's row."""

    @abstractmethod
    def wake(self) -> None:
        """Called after that transaction: there is work."""

    @abstractmethod
    def tick(self) -> None:
        """Check once for work."""

    @property
    def accepts(self) -> bool:
        """Whether it starts runs."""
        return not self._ending and self._refusing is None

    @contextmanager
    def loading_slot(self, run_id: str, destination: str, progress: Progress) -> Iterator[None]:
        """A loading slot for the run that `EngineCallbacks.attempt` works on: see `LoadingSlot`.

        Its slot for fetching is free from then on.
        """

        def entered() -> None:
            with self._changed:
                self._fetched.add(run_id)
            self._has_fetched(run_id)

        try:
            with self._loads.loading_slot(destination, progress, self.stopping, entered):
                yield
        finally:
            with self._changed:
                self._fetched.discard(run_id)

    def stop(self, patience: float) -> bool:
        """Start no further runs, let running ones finish for `patience` seconds, then release them.

        Returns whether all work has ended. If not, threads remain that end with the process; other
        processes complete their runs.
        """
        self._ending = True
        self.stopping.request(patience)
        self._housekeeping.end()
        self._take_no_more()
        ended = self._all_ended(patience)
        if not ended:
            _LOG.warning("releasing %d unfinished runs", len(self._running))
            self.stopping.request()
            ended = self._all_ended(LAST_MOMENTS)
        self._ticker.end()
        # Not waited for: runs that are still in progress are completed by another process.
        self._pool.shutdown(wait=False, cancel_futures=True)
        return ended

    def stop_accepting(self, why: str) -> None:
        """Start no further runs while the process continues: it lacks what other processes have.

        `why` is logged and shown.
        """
        if self._refusing is None:
            self._refusing = why
            _LOG.error("this process starts no more runs: %s", why)
            self._take_no_more()

    def state(self) -> dict[str, Any]:
        """Return the state for probes.

        `alive`, `running` (run ids), `seconds_since_turn`, `retired` (why; None while it accepts
        work).
        """
        return {
            "alive": self._ticker.alive and self._takes_work(),
            "running": sorted(self._running),
            "seconds_since_turn": round(self._ticker.age, 1),
            "retired": self._refusing,
        }

    @abstractmethod
    def _has_fetched(self, run_id: str) -> None:
        """Called when a run has left its slot: there is room for another one."""

    @property
    def _free(self) -> int:
        """How many more runs may begin now; below 0 when a run fetches again that had left."""
        return self._at_once - len(self._running.keys() - self._fetched)

    @abstractmethod
    def _take_no_more(self) -> None:
        """Stop receiving work from sources other than the ticker."""

    def _takes_work(self) -> bool:
        """Whether the sources of work other than the ticker are alive."""
        return True

    def _attempt(self, run_id: str) -> Attempted:
        """Call the callback; a bug costs one attempt and is logged."""
        try:
            worked = self._callbacks.attempt(run_id, self)
        except Exception:  # noqa: BLE001 - a bug costs one attempt, and is logged in full
            _LOG.exception(
                "run %s: the attempt failed with an internal error", run_id, extra={"run": run_id}
            )
            return Attempted.BROKEN
        return Attempted.DONE if worked else Attempted.LOCKED

    def _begin(self, run_id: str, connector_id: str) -> None:
        with self._changed:
            self._running[run_id] = connector_id

    def _end(self, run_id: str) -> None:
        with self._changed:
            self._running.pop(run_id, None)
            self._changed.notify_all()

    def _all_ended(self, patience: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, patience)
