"""Many connectors side by side: while one waits for TikTok, another one asks or loads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.sync.order import Progress
from tiktok_organic.sync.run import Run

__all__ = ["Outcome", "sync_all"]

Outcome = tuple[Connector, Run | TikTokOrganicError]
_LAST_MOMENTS = 5.0
"""Seconds for which syncs that were told to stop are waited for; they end with the process then, and lose nothing."""


def sync_all(
    app: App,
    connectors: Sequence[Connector],
    sync_one: Callable[[Connector, Progress], Run],
    progress_for: Callable[[Connector], Progress],
    *,
    at_once: int,
) -> Generator[Outcome]:
    """The run of each connector, or what refused it, as they end. Whoever stops listening stops them all."""
    waiting: SimpleQueue[Sequence[Connector]] = SimpleQueue()
    ended: SimpleQueue[Outcome | BaseException] = SimpleQueue()
    stopping = threading.Event()
    groups = _groups(app, connectors)
    app.share()
    for group in groups:
        waiting.put(group)

    def work() -> None:
        with suppress(Empty):
            while not stopping.is_set():
                for connector in waiting.get_nowait():
                    ended.put(
                        _outcome(connector, sync_one, _Stoppable(progress_for(connector), stopping))
                    )

    # Daemons: whoever interrupts does not wait for a request that hangs.
    threads = [
        threading.Thread(target=work, name="sync", daemon=True)
        for _ in range(min(at_once, len(groups)))
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in connectors:
            outcome = ended.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
    finally:
        stopping.set()
        for thread in threads:
            thread.join(_LAST_MOMENTS / len(threads))


def _groups(app: App, connectors: Sequence[Connector]) -> list[Sequence[Connector]]:
    """Each connector by itself, the invented ones together: they share a simulator that comes and goes with a sync."""
    invented = [c for c in connectors if c.api_url and c.api_url == app.demo_home.api_url]
    return [*([c] for c in connectors if c not in invented), *([invented] if invented else [])]


def _outcome(
    connector: Connector, sync_one: Callable[[Connector, Progress], Run], progress: Progress
) -> Outcome | BaseException:
    try:
        return connector, sync_one(connector, progress)
    except TikTokOrganicError as error:
        return connector, error
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever listens
        return error


class _Stop(BaseException):
    """Somebody interrupted the whole."""


class _Stoppable:
    """A progress at which a sync ends when it shall. Its run stays begun, as after a kill: the next completes it."""

    def __init__(self, progress: Progress, stopping: threading.Event) -> None:
        self._progress = progress
        self._stopping = stopping

    def fetching(self, what: str, pages: int, rows: int) -> None:
        self._look()
        self._progress.fetching(what, pages, rows)

    def waiting(self, seconds: float, reason: str) -> None:
        self._look()
        self._progress.waiting(seconds, reason)

    def loading(self, table: str, rows: int) -> None:
        self._look()
        self._progress.loading(table, rows)

    def _look(self) -> None:
        if self._stopping.is_set():
            raise _Stop
