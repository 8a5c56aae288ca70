"""Sync many connectors in parallel: while one waits for TikTok, others fetch or load."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue

from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import Defect, TikTokOrganicError
from tiktok_organic.sync.loading.loading_pool import LoadingPool, LoadingSlot
from tiktok_organic.sync.progress import Progress
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.stop import Stop, Stopped

__all__ = ["Result", "sync_all"]

_LOG = logging.getLogger(__name__)
Result = tuple[Connector, Run | TikTokOrganicError]
# Seconds to wait for syncs that were asked to stop. Then they end with the process, without a loss.
_LAST_MOMENTS = 5.0


def sync_all(
    app: App,
    connectors: Sequence[Connector],
    sync_one: Callable[[Connector, Stop, LoadingSlot], Run],
    *,
    at_once: int,
) -> Generator[Result]:
    """Yield the run of each connector, or its error, as they end.

    `at_once` of them fetch; those that have fetched load in parallel to them. An error of one
    connector, also a bug, is the result of that connector alone. Closing the generator stops the
    running syncs.
    """
    stop = Stop(app.clock)
    groups = _groups(connectors, app.demo_home.api_url)
    app.share()
    threads = _SyncThreads(groups, sync_one, stop, at_once)
    threads.start()
    try:
        for _ in connectors:
            result = threads.results.get()
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        stop.request()
        threads.join()


class _SyncThreads:
    """The threads: `at_once` that fetch, and one for each sync that has left them to load."""

    def __init__(
        self,
        groups: Sequence[Sequence[Connector]],
        sync_one: Callable[[Connector, Stop, LoadingSlot], Run],
        stop: Stop,
        at_once: int,
    ) -> None:
        self.results: SimpleQueue[Result | BaseException] = SimpleQueue()
        self._waiting = deque(groups)
        self._sync_one = sync_one
        self._stop = stop
        self._at_once = at_once
        self._pool = LoadingPool(at_once)
        self._fetching = 0
        self._guard = threading.Lock()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin as many syncs as may fetch now."""
        with self._guard:
            for _ in range(min(self._at_once - self._fetching, len(self._waiting))):
                self._fetching += 1
                # Daemons: an interrupted command does not wait for a request that hangs.
                thread = threading.Thread(target=self._work, name="sync", daemon=True)
                self._threads.append(thread)
                thread.start()

    def join(self) -> None:
        """Wait for those that were asked to stop."""
        with self._guard:
            self._waiting.clear()
            threads = [thread for thread in self._threads if thread.is_alive()]
        for thread in threads:
            thread.join(_LAST_MOMENTS / len(threads))

    def _work(self) -> None:
        """Take one group after the other, as long as this thread is one of those that fetch."""
        while (group := self._next()) is not None:
            for connector in group:
                self.results.put(self._result(connector))

    def _next(self) -> Sequence[Connector] | None:
        with self._guard:
            if self._fetching > self._at_once or not self._waiting or self._stop.requested():
                self._fetching -= 1
                return None
            return self._waiting.popleft()

    @contextmanager
    def _place(self, destination: str, progress: Progress, stop: Stop) -> Iterator[None]:
        """A loading slot; another sync can fetch at the same time."""
        left = 0

        def entered() -> None:
            nonlocal left
            left = 1
            with self._guard:
                self._fetching -= 1
            self.start()

        try:
            with self._pool.loading_slot(destination, progress, stop, entered):
                yield
        finally:
            with self._guard:
                self._fetching += left

    def _result(self, connector: Connector) -> Result | BaseException:
        try:
            return connector, self._sync_one(connector, self._stop, self._place)
        except TikTokOrganicError as error:
            return connector, error
        except Exception as error:  # noqa: BLE001 - a bug in one sync stops no other
            _LOG.exception("%r: a bug", connector.name, extra={"connector": connector.id})
            return connector, Defect(f"{type(error).__name__}: {error}")
        except Stopped:
            return connector, _stopped(connector)
        except BaseException as error:  # noqa: BLE001 - KeyboardInterrupt and alike end the command
            return error


def _groups(connectors: Sequence[Connector], demo_url: str) -> list[Sequence[Connector]]:
    """Return single connectors, and the invented ones as a group: they share a simulator."""
    invented = [c for c in connectors if c.api_url and c.api_url == demo_url]
    return [*([c] for c in connectors if c not in invented), *([invented] if invented else [])]


def _stopped(connector: Connector) -> TikTokOrganicError:
    return TikTokOrganicError(
        f"the sync of {connector.name!r} was stopped",
        code="interrupted",
    )
