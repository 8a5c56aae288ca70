"""Limit requests so that TikTok's limits are not exceeded.

Limits (documents 1738084416214017 and 1740029171730433): per app and second, per app and minute,
and 40 a minute for each account and endpoint; exceeding a limit per minute blocks for about five
minutes. `sliding_window.py` applies each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tiktok_organic.settings.tiktok_rate_limits import Limits

__all__ = ["Key", "RateLimiter", "keys_for"]

Key = tuple[str, int, float]
"""What is counted, how often it is allowed, in how many seconds."""


class RateLimiter(Protocol):
    """Decides when a request may be sent; counts the requests of this process or of all."""

    def reserve(self, keys: Iterable[Key], *, release_age: float = 0.0) -> float:
        """Reserve a place under each limit; returns the seconds to wait before sending.

        `release_age`: age in seconds of an unused reservation, which is released first (0: none).
        """

    def block(self, name: str, seconds: float) -> None:
        """Send no request that counts under `name` for this long."""

    def blocked_for(self, keys: Iterable[Key]) -> float:
        """Return the seconds until none of these limits is blocked.

        A block voids earlier reservations.
        """


def keys_for(limits: Limits, app: str, account: str | None, endpoint: str) -> list[Key]:
    """Return the limits that one request counts under."""
    keys: list[Key] = [
        (f"app:{app}:second", limits.second, 1.0),
        (f"app:{app}:minute", limits.minute, 60.0),
    ]
    if account is not None:
        keys.append((f"account:{account}:{endpoint}", limits.account_minute, 60.0))
    return keys
