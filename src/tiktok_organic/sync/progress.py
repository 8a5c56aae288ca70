"""What a running sync reports: one event, one callable.

Stopping is separate: see `sync/stop.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Phase", "Progress", "ProgressEvent", "silent"]


class Phase(StrEnum):
    """What the sync is doing."""

    FETCHING = "fetching"
    """`what` (account, videos) with the pages and rows that have come so far."""
    WAITING = "waiting"
    """It waits `seconds` for `reason`; reported again every few seconds with what is left."""
    LOADING = "loading"
    """`rows` of the table `what` are ready for the commit."""


@dataclass(frozen=True)
class ProgressEvent:
    """One report of a running sync. Fields that the phase does not name are empty."""

    phase: Phase
    what: str = ""
    pages: int = 0
    rows: int = 0
    seconds: float = 0.0
    reason: str = ""


Progress = Callable[[ProgressEvent], None]
"""Called from several threads, often; must return quickly and raise nothing."""


def silent(event: ProgressEvent) -> None:
    """Report to no one."""
