"""What an engine is: it takes due runs, works on them, and tries again what may be tried again."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from sqlalchemy import Connection

from tiktok_organic.clock import Clock
from tiktok_organic.store.connector_locks import Locks
from tiktok_organic.store.due_work import DueWork
from tiktok_organic.sync.stop import Stop
from tiktok_organic.work.ticker import Ticker

__all__ = ["AT_ONCE", "LAST_MOMENTS", "Attempted", "Engine", "EngineCallbacks", "Ordered"]

_LOG = logging.getLogger(__name__)
AT_ONCE = 8
"""Syncs that one process works on side by side: enough to use TikTok's basic limits up at half a
second an answer."""
_HOUSEKEEPING_EVERY = 60.0
LAST_MOMENTS = 10.0
"""Seconds that work which was asked to stop gets to reach its next step."""


@dataclass(frozen=True)
class Ordered:
    """A run that was ordered just now; a person's goes before scheduled ones."""

    run_id: str
    connector_id: str
    by_person: bool


class Attempted(Enum):
    """What became of a call to `EngineCallbacks.attempt`."""

    DONE = "done"
    """It returned; the run's row says the rest."""
    LOCKED = "locked"
    """Another process has the connector's lock."""
    BROKEN = "broken"
    """It raised; the run's row may be as it was."""


class EngineCallbacks(Protocol):
    """Callbacks that the engine calls; implemented in `actions`."""

    def attempt(self, run_id: str, engine: Engine) -> bool:
        """Work on the run, once, under the lock of its connector, and stop when
        `engine.stopping` says so. False when another process has the lock: call again later.
        Raises only bugs, and what the store raises."""

    def order_due(self, most: int) -> int:
        """Order syncs for at most so many connectors that are due; return how many."""

    def housekeeping(self) -> None:
        """What one process of all does every minute: alerts, old archives."""


class Engine(ABC):
    """An engine: `LocalEngine` for one machine, `ProcrastinateEngine` for several.

    `stopping`: running work stops when it says so.
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
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="sync")
        self._running: dict[str, str] = {}
        """The connector of each run that is being worked on; its keys are run ids."""
        self._changed = threading.Condition()
        self._ending = False
        self._refusing: str | None = None
        self._ticker = Ticker("engine", self.tick, tick_every, clock)
        self._housekeeping = Ticker(
            "housekeeping", callbacks.housekeeping, _HOUSEKEEPING_EVERY, clock
        )

    @abstractmethod
    def start(self, *, work: bool = True, schedule: bool = True) -> None:
        """Begin, in threads of its own: work on runs, order what is due, or both."""

    @abstractmethod
    def announce(self, ordered: Ordered, connection: Connection) -> None:
        """Called in the transaction that writes the run's row."""

    @abstractmethod
    def wake(self) -> None:
        """Called after that transaction: there is something to do."""

    @abstractmethod
    def tick(self) -> None:
        """Look once for what is to be done."""

    @property
    def accepts(self) -> bool:
        """Whether it begins work."""
        return not self._ending and self._refusing is None

    def stop(self, patience: float) -> bool:
        """Begin nothing more, let running work finish for `patience` seconds, then release it.

        Returns whether all work has ended. If not, threads are left that end with the process;
        other processes complete their runs.
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
        self._pool.shutdown(wait=False, cancel_futures=True)
        return ended

    def stop_accepting(self, why: str) -> None:
        """Begin nothing more, though the process goes on: it lacks what other processes have.
        `why` is logged and shown."""
        if self._refusing is None:
            self._refusing = why
            _LOG.error("this process takes no more runs: %s", why)
            self._take_no_more()

    def state(self) -> dict[str, Any]:
        """For probes: `alive`, `running` (run ids), `seconds_since_turn`, `retired` (why; None as
        long as it accepts work)."""
        return {
            "alive": self._ticker.alive and self._takes_work(),
            "running": sorted(self._running),
            "seconds_since_turn": round(self._ticker.age, 1),
            "retired": self._refusing,
        }

    @abstractmethod
    def _take_no_more(self) -> None:
        """Stop whatever brings work besides the ticker."""

    def _takes_work(self) -> bool:
        """Whether whatever brings work besides the ticker is alive."""
        return True

    def _attempt(self, run_id: str) -> Attempted:
        """Call the callback; a bug costs one attempt and is logged."""
        try:
            worked = self._callbacks.attempt(run_id, self)
        except Exception:  # noqa: BLE001 - a bug costs one attempt, and is logged in full
            _LOG.exception("run %s: the attempt broke", run_id, extra={"run": run_id})
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
