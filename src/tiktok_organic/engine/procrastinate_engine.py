"""The engine of several machines: Procrastinate on the store's PostgreSQL distributes the runs.

Procrastinate gives a job to one worker at once (LISTEN), and one of each connector at a time. It
decides nothing else: the run rows have what is due, retried or unfinished, and any process handles
it.
"""

from __future__ import annotations

import asyncio
import logging
import threading

from sqlalchemy import Connection

from tiktok_organic.clock import Clock
from tiktok_organic.engine.engine import AT_ONCE, LAST_MOMENTS, Engine, EngineCallbacks, Ordered
from tiktok_organic.store.database import Database
from tiktok_organic.store.locks.locks import Locks
from tiktok_organic.store.runs.due_work import DueWork, Ready
from tiktok_organic.store.runs.procrastinate_queue import QUEUE, TASK, Queue

__all__ = ["ProcrastinateEngine"]

_LOG = logging.getLogger(__name__)
_EVERY = 1.0
_SWEEP_EVERY = 5.0
_AFTER_LOSS = 3.0
BACKLOG = 32
"""Maximum of waiting jobs.

Further due connectors remain due, so that a user's order does not wait behind a thousand.
"""


class ProcrastinateEngine(Engine):
    """An engine for one process of several on the same store, with or without workers."""

    def __init__(
        self,
        callbacks: EngineCallbacks,
        orders: DueWork,
        locks: Locks,
        database: Database,
        clock: Clock,
        *,
        at_once: int = AT_ONCE,
    ) -> None:
        self._database = database
        self._queue = Queue(database)
        self._queue.prepare()
        self._schedule = False
        self._swept: float | None = None
        self._suspects: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._jobs: dict[str, asyncio.Future[None]] = {}
        super().__init__(callbacks, orders, locks, clock, at_once=at_once, tick_every=_EVERY)

    def start(self, *, work: bool = True, schedule: bool = True) -> None:
        self._schedule = schedule
        self._ticker.start()
        if schedule:
            self._housekeeping.start()
        if work:
            self._thread = threading.Thread(
                target=lambda: asyncio.run(self._take_jobs()), name="worker", daemon=True
            )
            self._thread.start()

    def announce(self, ordered: Ordered, connection: Connection) -> None:
        self._queue.put(
            ordered.run_id, ordered.connector_id, connection, by_person=ordered.by_person
        )

    def wake(self) -> None:
        """Do nothing: Procrastinate notified the workers when the transaction ended."""

    def tick(self) -> None:
        """Order due syncs, and now and then look for unfinished runs."""
        if not self.accepts:
            return
        if self._schedule:
            waiting = self._orders.waiting()
            if waiting < BACKLOG:
                self._callbacks.order_due(BACKLOG - waiting)
        now = self._clock.monotonic()
        if self._swept is None or now - self._swept >= _SWEEP_EVERY:
            self._swept = now
            # One process sweeps; the others would find the same runs.
            with self._locks.hold("sweep") as acquired:
                if acquired:
                    self.sweep()

    def sweep(self) -> None:
        """Create missing jobs of runs, and make those of dead workers available again.

        A death has to be seen twice: a restarted server briefly has none of the living workers'
        locks.
        """
        ready = [
            run
            for run in self._orders.ready(self._clock.now())
            if not self._locks.held(run.connector_id)
        ]
        silent = [run for run in self._orders.begun() if not self._locks.held(run.connector_id)]
        orphaned = {
            run for run, connector in self._queue.orphaned() if not self._locks.held(connector)
        }
        found = {run.run_id for run in silent} | orphaned
        dead = found & self._suspects
        self._suspects = found
        if dead:
            _LOG.warning("runs of workers that have ended: %s", ", ".join(sorted(dead)))
            self._queue.revive(dead)
        self._put(
            [run for run in [*ready, *silent] if run.run_id not in found or run.run_id in dead]
        )

    def stop(self, patience: float) -> bool:
        ended = super().stop(patience)
        if ended and self._thread is not None:
            self._thread.join(LAST_MOMENTS)
        return ended

    def _takes_work(self) -> bool:
        return self._thread is None or self._thread.is_alive() or self._refusing is not None

    def _put(self, runs: list[Ready]) -> None:
        known = self._queue.known([run.run_id for run in runs])
        with self._database.begin() as connection:
            for run in runs:
                if run.run_id not in known:
                    self._queue.put(
                        run.run_id, run.connector_id, connection, by_person=run.by_person
                    )

    def _take_no_more(self) -> None:
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)

    async def _take_jobs(self) -> None:
        """Take jobs until a stop is requested.

        Wait for a server that is unreachable for a while.
        """
        self._loop = asyncio.get_running_loop()
        while not self._ending:
            self._task = asyncio.create_task(self._work())
            try:
                await self._task
            except asyncio.CancelledError:
                return
            except Exception as error:  # noqa: BLE001 - any error: the jobs are in the database, take them again
                _LOG.warning(
                    "jobs are not available at present: %s",
                    str(error).strip() or type(error).__name__,
                )
                await asyncio.sleep(_AFTER_LOSS)

    async def _work(self) -> None:
        import procrastinate

        address = self._database.server_address("postgresql")
        connector = procrastinate.PsycopgConnector(conninfo=address, min_size=1, max_size=4)
        app = procrastinate.App(connector=connector)

        @app.task(name=TASK, queue=QUEUE)
        async def attempt(run_id: str) -> None:
            # The job is over when the run has fetched: then this worker takes another one. The run
            # goes on under its connector's lock, as one that was begun (see `sweep`).
            if run_id in self._jobs or run_id in self._running:
                return  # a sweep put the job in again; this process works on the run already
            over = asyncio.get_running_loop().create_future()
            self._jobs[run_id] = over
            self._pool.submit(self._work_on, run_id)
            await over

        async with app.open_async():
            await app.run_worker_async(
                queues=[QUEUE],
                concurrency=self._at_once,
                install_signal_handlers=False,
                delete_jobs="always",
                listen_notify=True,
            )

    def _work_on(self, run_id: str) -> None:
        try:
            if not self.accepts:
                return  # it remains as it is; other processes find it
            self._begin(run_id, "")
            try:
                self._attempt(run_id)
            finally:
                self._end(run_id)
        finally:
            self._has_fetched(run_id)

    def _has_fetched(self, run_id: str) -> None:
        """End the run's job, unless it has ended."""
        over = self._jobs.pop(run_id, None)
        if over is not None and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_end_job, over)


def _end_job(over: asyncio.Future[None]) -> None:
    if not over.done():
        over.set_result(None)
