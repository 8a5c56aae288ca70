"""Progress of a running sync: one event type, one callable.

Stopping is separate: see `sync/stop.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Phase", "Progress", "ProgressEvent", "silent"]


class Phase(StrEnum):
    """The present activity of the sync."""

    FETCHING = "fetching"
    """`what` (account, videos) with the pages and rows received so far."""
    WAITING = "waiting"
    """It waits `seconds` for `reason`; reported again every few seconds with the rest."""
    QUEUED = "queued"
    """Everything is fetched; it waits until other syncs of this process are loaded."""
    LOADING = "loading"
    """`rows` of the table `what` are ready for the commit."""


@dataclass(frozen=True)
class ProgressEvent:
    """One progress event of a running sync. Fields that the phase does not name are empty."""

    phase: Phase
    what: str = ""
    pages: int = 0
    rows: int = 0
    seconds: float = 0.0
    reason: str = ""


Progress = Callable[[ProgressEvent], None]
"""Called from several threads, often; must return quickly and not raise."""


def silent(event: ProgressEvent) -> None:
    """Ignore progress."""
