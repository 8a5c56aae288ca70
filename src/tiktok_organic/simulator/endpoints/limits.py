"""TikTok's rate limits: sliding windows, and a penalty after a breach of a minute (facts 4.3)."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from tiktok_organic.simulator.endpoints.refusal import RefusalError

if TYPE_CHECKING:
    from tiktok_organic.simulator.settings import Settings

MESSAGES = {
    "qps": "App reaches the QPS limit.",
    "qpm": "App reaches the QPM limit. The app is temporarily restricted.",
    "qpd": "App reaches the QPD limit.",
    "account": "Too many requests for this account and endpoint in a minute.",
    # A penalty whose text names no limit.
    "restricted": (
        "Due to too many requests, requests from App 7500000000000000001 are temporarily "
        "restricted."
    ),
    "restricted_minutes": (
        "Due to too many requests, requests from App 7500000000000000001 are restricted for 5 "
        "minutes."
    ),
    "unnamed": "Too many requests. Please retry in some time.",
}


class _Window:
    """The instants of admitted requests within the last `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._span = timedelta(seconds=seconds)
        self._times: deque[datetime] = deque()

    def is_full(self, limit: int, now: datetime) -> bool:
        while self._times and now - self._times[0] >= self._span:
            self._times.popleft()
        return bool(limit) and len(self._times) >= limit

    def admit(self, now: datetime) -> None:
        self._times.append(now)


class Limits:
    """Counts admitted data requests of the app and of each account and endpoint.

    Safe to use from many threads.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._second = _Window(1)
        self._minute = _Window(60)
        self._per_account: dict[tuple[str, str], _Window] = {}
        self._blocked_until: dict[object, datetime] = {}
        self._day = 0
        self._day_count = 0
        self.throttled = 0

    def admit(self, open_id: str, path: str, now: datetime) -> None:
        """Count one request, or raise 40100 without counting it."""
        if not self._settings.limits:
            return
        with self._lock:
            kind = self._breach((open_id, path), now)
            if kind is None:
                return
            self.throttled += 1
        if not self._settings.throttle_names_limit:
            kind = "unnamed"
        elif kind == "qpm" and self._settings.penalty_in_words:
            kind = "restricted"
        raise RefusalError(40100, MESSAGES[kind])

    def _breach(self, key: tuple[str, str], now: datetime) -> str | None:
        settings = self._settings
        account = self._per_account.setdefault(key, _Window(60))
        if now.toordinal() != self._day:
            self._day, self._day_count = now.toordinal(), 0
        for blocked, kind in (("app", "qpm"), (key, "account")):
            if now < self._blocked_until.get(blocked, now):
                return kind
        if settings.app_per_day and self._day_count >= settings.app_per_day:
            return "qpd"
        if self._second.is_full(settings.app_per_second, now):
            return "qps"
        if self._minute.is_full(settings.app_per_minute, now):
            return self._block("app", "qpm", now)
        if account.is_full(settings.account_endpoint_per_minute, now):
            return self._block(key, "account", now)
        for window in (self._second, self._minute, account):
            window.admit(now)
        self._day_count += 1
        return None

    def _block(self, key: object, kind: str, now: datetime) -> str:
        self._blocked_until[key] = now + timedelta(seconds=self._settings.penalty_seconds)
        return kind

    def reset(self) -> None:
        """Forget every request and penalty."""
        with self._lock:
            self._second, self._minute = _Window(1), _Window(60)
            self._per_account.clear()
            self._blocked_until.clear()
            self._day = self._day_count = self.throttled = 0
