"""Sync many connectors in parallel: while one waits for TikTok, others fetch or load."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import Defect, TikTokOrganicError
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
    sync_one: Callable[[Connector, Stop], Run],
    *,
    at_once: int,
) -> Generator[Result]:
    """Yield the run of each connector, or its error, as they end.

    An error of one connector, also a bug, is the result of that connector alone. Closing the
    generator stops the running syncs.
    """
    waiting: SimpleQueue[Sequence[Connector]] = SimpleQueue()
    results: SimpleQueue[Result | BaseException] = SimpleQueue()
    stop = Stop(app.clock)
    groups = _groups(app, connectors)
    app.share()
    for group in groups:
        waiting.put(group)

    def work() -> None:
        with suppress(Empty):
            while not stop.requested():
                for connector in waiting.get_nowait():
                    results.put(_result(connector, sync_one, stop))

    # Daemon threads: an interrupted command does not wait for a request that hangs.
    threads = [
        threading.Thread(target=work, name="sync", daemon=True)
        for _ in range(min(at_once, len(groups)))
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in connectors:
            result = results.get()
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        stop.request()
        for thread in threads:
            thread.join(_LAST_MOMENTS / len(threads))


def _groups(app: App, connectors: Sequence[Connector]) -> list[Sequence[Connector]]:
    """Return single connectors, and the invented ones as a group: they share a simulator."""
    invented = [c for c in connectors if c.api_url and c.api_url == app.demo_home.api_url]
    return [*([c] for c in connectors if c not in invented), *([invented] if invented else [])]


def _result(
    connector: Connector, sync_one: Callable[[Connector, Stop], Run], stop: Stop
) -> Result | BaseException:
    try:
        return connector, sync_one(connector, stop)
    except TikTokOrganicError as error:
        return connector, error
    except Exception as error:  # noqa: BLE001 - a bug in one sync stops no other
        _LOG.exception("%r: a bug", connector.name, extra={"connector": connector.id})
        return connector, Defect(f"{type(error).__name__}: {error}")
    except Stopped:
        return connector, _stopped(connector)
    except BaseException as error:  # noqa: BLE001 - KeyboardInterrupt and alike end the command
        return error


def _stopped(connector: Connector) -> TikTokOrganicError:
    return TikTokOrganicError(
        f"the sync of {connector.name!r} was stopped",
        code="interrupted",
    )
