"""The days that were asked for in vain: TikTok has no figures for them."""

from __future__ import annotations

from datetime import date, timedelta

from tiktok_organic.actions.order_run import DAILY
from tiktok_organic.connector import Connector
from tiktok_organic.store.runs import Runs
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.window import MATURE_AFTER, Window

__all__ = ["asked_windows", "was_asked"]

_LOOKED_BACK = 100


def asked_windows(runs: Runs, connector: Connector) -> list[Window]:
    """The windows of the last sync that loaded daily figures, and of recoveries since.

    A day in one of them that has no row was asked for in vain: TikTok has none for an account that
    was new, small or without posts then. A connector that is well asks for missing days by itself.
    """
    windows = []
    for run in runs.newest(connector.id, limit=_LOOKED_BACK):
        if DAILY in run.results and run.results[DAILY].succeeded:
            windows += _mature(run)
            if run.kind == "sync":
                break
    return windows


def _mature(run: Run) -> list[Window]:
    """The part of a run's window that TikTok had counted: days that were over for 48 hours."""
    end = min(run.window_end, (run.sync_date - MATURE_AFTER).date() - timedelta(days=1))
    return [Window(run.window_start, end)] if run.window_start <= end else []


def was_asked(day: date, windows: list[Window]) -> bool:
    """Whether one of the windows covers the day."""
    return any(day in window for window in windows)
