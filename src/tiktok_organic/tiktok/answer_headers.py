"""What the headers of an answer say: how long to wait, and which time it is at TikTok."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

__all__ = ["clock_difference", "retry_after"]

# A longer `Retry-After` is not credible, since TikTok's longest limit is per day.
_LONGEST_PAUSE = timedelta(days=1)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return the pause of a `Retry-After` header, in either of its two forms."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), _LONGEST_PAUSE)
    try:
        return min(max(parsedate_to_datetime(value) - now, timedelta(0)), _LONGEST_PAUSE)
    except (ValueError, TypeError, OverflowError):
        return None


def clock_difference(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how far TikTok's clock is ahead of `now` by its `Date` header; None without one.

    Exact to about a second; the duration of the request makes TikTok's clock seem late.
    """
    try:
        sent = parsedate_to_datetime(headers.get("date", ""))
        age = headers.get("age", "").strip()  # of an answer from a cache
        cached = timedelta(seconds=int(age[:9])) if age.isascii() and age.isdigit() else timedelta()
        return sent + cached - now
    except (ValueError, TypeError, OverflowError):
        return None
