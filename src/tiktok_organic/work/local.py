"""The engine of one machine: the store's runs, worked on by threads of this process.

Several processes on the store are no harm (a lock per connector keeps them apart), and need no queue: the run rows are
the orders, and the lock of a process that died is free.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from math import inf
from typing import Any

from sqlalchemy import Connection

from tiktok_organic.clock import Clock
from tiktok_organic.store.locks import Locks
from tiktok_organic.store.orders import Orders, Ready
from tiktok_organic.work.engine import AT_ONCE, Engine, EngineCallbacks, Ordered
from tiktok_organic.work.ticker import Ticker

__all__ = ["LocalEngine"]

_LOG = logging.getLogger(__name__)
_EVERY = 0.5
_HOUSEKEEPING_EVERY = 60.0
_RESCUE_EVERY = 5.0
_REST = 2.0
_LAST_MOMENTS = 10.0


class LocalEngine(Engine):
    """Threads take what is ready: runs of people first, then the oldest."""

    def __init__(
        self,
        callbacks: EngineCallbacks,
        orders: Orders,
        locks: Locks,
        clock: Clock,
        *,
        at_once: int = AT_ONCE,
    ) -> None:
        self._callbacks = callbacks
        self._orders = orders
        self._locks = locks
        self._rescued: float | None = None
        self._rest: dict[str, float] = {}
        self._clock = clock
        self._at_once = at_once
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="sync")
        self._busy: dict[str, str] = {}
        self._changed = threading.Condition()
        self._ending = False
        self._patient_until = inf
        self._refusing: str | None = None
        self._work = self._schedule = False
        self._ticker = Ticker("engine", self.tick, _EVERY, clock)
        self._housekeeping = Ticker(
            "housekeeping", callbacks.housekeeping, _HOUSEKEEPING_EVERY, clock
        )

    def start(self, *, work: bool = True, schedule: bool = True) -> None:
        self._work, self._schedule = work, schedule
        self._ticker.start()
        if schedule:
            self._housekeeping.start()

    def announce(self, ordered: Ordered, connection: Connection) -> None:
        """The row itself is the order."""

    def wake(self) -> None:
        self._ticker.wake()

    def tick(self) -> None:
        """Look once: order what is due while there are free threads, and give runs to them."""
        free = self._at_once - len(self._busy)
        if self._ending or self._refusing or free <= 0:
            return
        if self._schedule:
            waiting = self._orders.waiting()
            if waiting < free:
                self._callbacks.order_due(free - waiting)
        if self._work:
            busy = (*self._busy, *self._resting())
            for ready in self._orders.ready(self._clock.now(), busy, limit=free) + self._abandoned(
                busy
            ):
                self._begin(ready)

    def _abandoned(self, busy: tuple[str, ...]) -> list[Ready]:
        """Runs whose process died: they count as running, and nobody holds their connector's lock."""
        now = self._clock.monotonic()
        if self._rescued is not None and now - self._rescued < _RESCUE_EVERY:
            return []
        self._rescued = now
        return [
            ready for ready in self._orders.begun(busy) if not self._locks.held(ready.connector_id)
        ]

    def _resting(self) -> list[str]:
        """Connectors whose lock somebody else had just now, or whose attempt broke: not again at once."""
        now = self._clock.monotonic()
        self._rest = {
            connector: until for connector, until in list(self._rest.items()) if until > now
        }
        return list(self._rest)

    def stop(self, patience: float) -> bool:
        self._ending = True
        self._patient_until = self._clock.monotonic() + patience
        self._ticker.end()
        self._housekeeping.end()
        ended = self._all_ended(patience)
        if not ended:
            _LOG.warning("handing back %d unfinished runs", len(self._busy))
            self._patient_until = self._clock.monotonic()
            ended = self._all_ended(_LAST_MOMENTS)
        self._pool.shutdown(wait=False, cancel_futures=True)
        return ended

    def stopping(self, pause: float = 0.0) -> bool:
        return self._clock.monotonic() + pause >= self._patient_until

    def stop_accepting(self, why: str) -> None:
        if self._refusing is None:
            self._refusing = why
            _LOG.error("this process takes no more runs: %s", why)

    def state(self) -> dict[str, Any]:
        return {
            "alive": self._ticker.alive,
            "running": sorted(self._busy.values()),
            "seconds_since_turn": round(self._ticker.age, 1),
            "retired": self._refusing,
        }

    def _begin(self, ready: Ready) -> None:
        with self._changed:
            if (
                self._ending
                or self._refusing
                or ready.connector_id in self._busy
                or len(self._busy) >= self._at_once
            ):
                return
            self._busy[ready.connector_id] = ready.run_id
        self._pool.submit(self._attempt, ready)

    def _attempt(self, ready: Ready) -> None:
        worked = False
        try:
            worked = self._callbacks.attempt(ready.run_id, self)
        except Exception:  # noqa: BLE001 - a bug costs one attempt or tick, and is logged in full
            _LOG.exception("run %s: the attempt broke", ready.run_id, extra={"run": ready.run_id})
        finally:
            with self._changed:
                if not worked:
                    self._rest[ready.connector_id] = self._clock.monotonic() + _REST
                self._busy.pop(ready.connector_id, None)
                self._changed.notify_all()
            self._ticker.wake()

    def _all_ended(self, patience: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, patience)
