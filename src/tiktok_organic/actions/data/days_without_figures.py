"""Days that were requested without a result: TikTok has no figures for them."""

from __future__ import annotations

from datetime import date, timedelta

from tiktok_organic.connector import Connector
from tiktok_organic.reports import DAILY_REPORT
from tiktok_organic.store.runs.runs import Runs
from tiktok_organic.sync.day_states import MATURE_AFTER
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.window import Window

__all__ = ["asked_windows", "was_asked"]

_LOOKED_BACK = 100


def asked_windows(runs: Runs, connector: Connector) -> list[Window]:
    """Return the windows of the last sync that loaded daily figures, and of recoveries since.

    A day in one of them without a row was requested without a result: TikTok has no figures because
    the account was new, small or without posts. An active connector requests missing days
    automatically.
    """
    windows = []
    for run in runs.newest(connector.id, limit=_LOOKED_BACK):
        if DAILY_REPORT in run.results and run.results[DAILY_REPORT].succeeded:
            windows += _mature(run)
            if run.kind == "sync":
                break
    return windows


def _mature(run: Run) -> list[Window]:
    """Return the counted part of a run's window: days that ended 48 hours before."""
    end = min(run.window_end, (run.sync_date - MATURE_AFTER).date() - timedelta(days=1))
    return [Window(run.window_start, end)] if run.window_start <= end else []


def was_asked(day: date, windows: list[Window]) -> bool:
    """Whether one of the windows covers the day."""
    return any(day in window for window in windows)
