"""Sync for a user who waits, and try again if the store becomes unreachable."""

from __future__ import annotations

from tiktok_organic.actions.runs.store_outage import store_retries
from tiktok_organic.actions.runs.sync_now import sync
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.sync.loading.loading_pool import LoadingSlot, without_pool
from tiktok_organic.sync.progress import Progress
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.stop import Stop
from tiktok_organic.sync.window import Window

__all__ = ["sync_patiently"]


def sync_patiently(
    app: App,
    connector: Connector,
    progress: Progress,
    *,
    window: Window | None = None,
    wait: bool = False,
    curves: bool = False,
    stop: Stop | None = None,
    loading_slot: LoadingSlot = without_pool,
) -> Run:
    """Sync as `sync_now.sync` does, and repeat it while the store is unreachable.

    After five minutes the store's error is raised.
    """
    for retry in store_retries(app.clock):
        with retry:
            return sync(
                app,
                connector,
                progress,
                window=window,
                wait=wait or retry.waits_for_lock,
                curves=curves,
                stop=stop,
                since=retry.since,
                loading_slot=loading_slot,
            )
    raise AssertionError("the last try returns or raises")
