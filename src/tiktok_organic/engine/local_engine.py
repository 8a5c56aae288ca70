"""The engine of one machine: threads of this process attempt the store's runs.

Several processes may use the store at once: each connector has a lock. They need no queue: the run
rows are the orders, and the lock of a killed process is free.
"""

from __future__ import annotations

from sqlalchemy import Connection

from tiktok_organic.clock import Clock
from tiktok_organic.engine.engine import AT_ONCE, Attempted, Engine, EngineCallbacks, Ordered
from tiktok_organic.store.locks.locks import Locks
from tiktok_organic.store.runs.due_work import DueWork, Ready

__all__ = ["LocalEngine"]

_EVERY = 0.5
_RESCUE_EVERY = 5.0
_REST = 2.0
# Seconds. The longest pause for a connector whose attempts fail repeatedly.
_LONGEST_REST = 300.0


class LocalEngine(Engine):
    """Threads take runs that are ready: users' first, then the oldest."""

    def __init__(
        self,
        callbacks: EngineCallbacks,
        orders: DueWork,
        locks: Locks,
        clock: Clock,
        *,
        at_once: int = AT_ONCE,
    ) -> None:
        self._rescued: float | None = None
        self._rest: dict[str, float] = {}
        self._broken: dict[str, int] = {}
        self._work = self._schedule = False
        super().__init__(callbacks, orders, locks, clock, at_once=at_once, tick_every=_EVERY)

    def start(self, *, work: bool = True, schedule: bool = True) -> None:
        self._work, self._schedule = work, schedule
        self._ticker.start()
        if schedule:
            self._housekeeping.start()

    def announce(self, ordered: Ordered, connection: Connection) -> None:
        """Do nothing: the row itself is the order."""

    def wake(self) -> None:
        self._ticker.wake()

    def tick(self) -> None:
        """Order due syncs while threads are free, and give runs to them."""
        free = self._free
        if not self.accepts or free <= 0:
            return
        if self._schedule:
            # Orders are made only for free threads, so that a user's order does not wait behind a
            # thousand.
            waiting = self._orders.waiting()
            if waiting < free:
                self._callbacks.order_due(free - waiting)
        if self._work:
            busy = (*self._running.values(), *self._resting())
            ready = self._orders.ready(self._clock.now(), busy, limit=free)
            for each in [*ready, *self._abandoned(busy)]:
                self._submit(each)

    def _has_fetched(self, run_id: str) -> None:  # noqa: ARG002 - the next tick counts
        self._ticker.wake()

    def _take_no_more(self) -> None:
        if self._ending:
            self._ticker.end()

    def _abandoned(self, busy: tuple[str, ...]) -> list[Ready]:
        """Return runs of killed processes: they are running, and their lock is free."""
        now = self._clock.monotonic()
        if self._rescued is not None and now - self._rescued < _RESCUE_EVERY:
            return []
        self._rescued = now
        return [
            # The lock is the only proof of life: process ids are not unique across containers.
            ready
            for ready in self._orders.begun(busy)
            if not self._locks.held(ready.connector_id)
        ]

    def _resting(self) -> list[str]:
        """Return connectors whose lock was held, or whose attempt failed, a moment ago."""
        now = self._clock.monotonic()
        self._rest = {
            connector: until for connector, until in list(self._rest.items()) if until > now
        }
        return list(self._rest)

    def _submit(self, ready: Ready) -> None:
        with self._changed:
            is_busy = ready.connector_id in self._running.values()
            if not self.accepts or is_busy or self._free <= 0:
                return
            self._begin(ready.run_id, ready.connector_id)
        self._pool.submit(self._work_on, ready)

    def _work_on(self, ready: Ready) -> None:
        attempted = Attempted.BROKEN
        try:
            attempted = self._attempt(ready.run_id)
        finally:
            with self._changed:
                self._let_rest(ready.connector_id, attempted)
            self._end(ready.run_id)
            self._ticker.wake()

    def _let_rest(self, connector_id: str, attempted: Attempted) -> None:
        if attempted is not Attempted.BROKEN:
            self._broken.pop(connector_id, None)
        if attempted is Attempted.DONE:
            return
        times = self._broken.get(connector_id, 0)
        if attempted is Attempted.BROKEN:
            self._broken[connector_id] = times + 1
        # Without a pause, a connector whose attempts raise would occupy a thread all the time.
        rest = min(_REST * 2.0 ** min(times, 10), _LONGEST_REST)
        self._rest[connector_id] = self._clock.monotonic() + rest
