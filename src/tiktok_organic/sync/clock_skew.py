"""Consequences of a difference between this machine's clock and TikTok's.

`Usage.clock_ahead` measures the difference.
"""

from __future__ import annotations

from datetime import timedelta

__all__ = ["FAR", "TOLERANCE", "clock_is_right", "skew_words"]

TOLERANCE = timedelta(minutes=10)
"""A larger difference causes a warning, and then no day becomes lost."""
FAR = timedelta(hours=12)
"""A larger difference may date a sync to another day: nothing is loaded then."""


def clock_is_right(ahead: float | None) -> bool:
    """Whether this machine's date is reliable enough for permanent decisions."""
    return ahead is None or abs(ahead) <= TOLERANCE.total_seconds()


def skew_words(ahead: float) -> str:
    """Format the difference: `3 days ahead of TikTok's`."""
    seconds = abs(ahead)
    units = ((86_400, "days"), (3_600, "hours"), (60, "minutes"))
    size, unit = next((pair for pair in units if seconds >= 2 * pair[0]), (1, "seconds"))
    return f"{seconds / size:.0f} {unit} {'ahead of' if ahead > 0 else 'behind'} TikTok's"
