"""This machine's clock compared with TikTok's, by the `Date` header of its answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Lock

__all__ = ["FAR", "TOLERANCE", "ClockComparison", "clock_is_right", "skew_words"]

TOLERANCE = timedelta(minutes=10)
"""A clock that is off by more is warned about, and no day becomes lost by it."""
FAR = timedelta(hours=12)
"""A clock that is off by more dates a sync to another day: nothing is loaded then."""


class ClockComparison:
    """Collects the smallest difference over the answers of one sync: an answer may be slow."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.ahead: float | None = None
        """Seconds that our clock is ahead of TikTok's; None while no answer had a date."""

    def answered(self, date_header: str | None, received_at: datetime) -> None:
        """Compare one answer's `Date`."""
        if not date_header:
            return
        try:
            sent = parsedate_to_datetime(date_header)
        except (ValueError, OverflowError):
            return
        if sent.tzinfo is None:
            sent = sent.replace(tzinfo=UTC)
        ahead = (received_at - sent).total_seconds()
        with self._lock:
            if self.ahead is None or abs(ahead) < abs(self.ahead):
                self.ahead = ahead


def clock_is_right(ahead: float | None) -> bool:
    """Whether lasting conclusions may be drawn from this machine's date."""
    return ahead is None or abs(ahead) <= TOLERANCE.total_seconds()


def skew_words(ahead: float) -> str:
    """`3 days ahead of TikTok's`."""
    seconds = abs(ahead)
    units = ((86_400, "days"), (3_600, "hours"), (60, "minutes"))
    size, unit = next((pair for pair in units if seconds >= 2 * pair[0]), (1, "seconds"))
    return f"{seconds / size:.0f} {unit} {'ahead of' if ahead > 0 else 'behind'} TikTok's"
