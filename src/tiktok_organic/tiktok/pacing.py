"""TikTok's limits, kept before they are reached.

Limits (documents 1738084416214017 and 1740029171730433): per app and second, per app and minute, and 40 a minute for
each account and endpoint; a breach of a minute's limit blocks for about five minutes. Each is kept exactly, as "at most
so many in any window", because TikTok's way of counting is not documented: whatever window it cuts holds no more.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from tiktok_organic.clock import Clock

__all__ = ["Limits", "LocalMeter", "Meter", "keys_for"]

MARGIN = 1.02
"""Windows are taken a little longer than TikTok's, for clocks and networks that are not exact."""

Key = tuple[str, int, float]
"""What is counted, how often it may happen, in how many seconds."""


@dataclass(frozen=True)
class Limits:
    """`second` and `minute`: requests of the whole app. `account_minute`: of one account to one endpoint."""

    second: int = 10
    minute: int = 600
    account_minute: int = 40


class Meter(Protocol):
    """Counts requests, of this process or of all."""

    def reserve(self, keys: Iterable[Key]) -> float:
        """Take a place under each limit; the seconds to wait before the request may be sent."""

    def hold(self, name: str, seconds: float) -> None:
        """Nothing that counts under `name` is sent for that long."""


def keys_for(limits: Limits, app: str, account: str | None, endpoint: str) -> list[Key]:
    """The limits that one request counts under."""
    keys: list[Key] = [(f"app:{app}:second", limits.second, 1.0), (f"app:{app}:minute", limits.minute, 60.0)]
    if account is not None:
        keys.append((f"account:{account}:{endpoint}", limits.account_minute, 60.0))
    return keys


class LocalMeter:
    """The requests of this process, in memory: the times of the last ones, per limit."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: dict[str, deque[float]] = {}
        self._held: dict[str, float] = {}
        self._lock = threading.Lock()

    def reserve(self, keys: Iterable[Key]) -> float:
        now = self._clock.monotonic()
        wanted = list(keys)
        with self._lock:
            due = max([now, *(self._earliest(key, now) for key in wanted)])
            for name, count, _ in wanted:
                sent = self._sent.setdefault(name, deque())
                sent.append(due)
                while len(sent) > count:
                    sent.popleft()
        return due - now

    def hold(self, name: str, seconds: float) -> None:
        with self._lock:
            self._held[name] = max(self._held.get(name, 0.0), self._clock.monotonic() + seconds)

    def _earliest(self, key: Key, now: float) -> float:
        name, count, window = key
        sent = self._sent.get(name)
        free = sent[0] + window * MARGIN if sent and len(sent) >= count else now
        return max(free, self._held.get(name, now))
