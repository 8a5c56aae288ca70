"""A TikTok that is a function: every request goes to it, and what it returns comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import httpx2
from unit_clock import FakeClock

from tiktok_organic.settings.tiktok_rate_limits import Limits
from tiktok_organic.tiktok.client import Exchange, TikTok
from tiktok_organic.tiktok.http_client import http_client
from tiktok_organic.tiktok.rate_limits.rate_limiter import Key
from tiktok_organic.tiktok.transport import Transport

TOKEN = "act.first-Token-of-Alice!4711"
RENEWED = "act.second-Token-of-Alice!4712"
API = "https://api.invented.test/open_api/v1.3"

Answer = Callable[[httpx2.Request], httpx2.Response]


def envelope(
    data: Any = None, code: int = 0, message: str = "OK", status: int = 200, **headers: str
) -> httpx2.Response:
    body = {
        "code": code,
        "message": message,
        "request_id": "2026REQ",
        "data": {} if data is None else data,
    }
    return httpx2.Response(status, json=body, headers=headers)


class Script:
    """Gives one answer after another, the last one for ever; remembers what was asked."""

    def __init__(self, answers: Iterable[Any]) -> None:
        self.answers = list(answers)
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx2.Response):
            return answer
        made: httpx2.Response = answer(request)
        return made


class Keeper:
    """Alice's tokens: the first one, and another when it was refused."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.renewals = 0

    def current(self) -> str:
        return self.token

    def renewed(self, rejected: str) -> str:
        assert rejected == self.token
        self.renewals += 1
        self.token = RENEWED
        return self.token


class Kept:
    """Every archived exchange, every wait."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.waits: list[tuple[float, str]] = []

    def answered(self, exchange: Exchange) -> int:
        self.exchanges.append(exchange)
        return len(self.exchanges)

    def waiting(self, seconds: float, reason: str) -> None:
        self.waits.append((seconds, reason))


class MemoryRateLimiter:
    """A rate_limiter of one test: slow and plain, without a database.

    Seconds since the test began.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.taken: dict[str, list[float]] = {}
        self.blocked_until: dict[str, float] = {}

    def reserve(self, keys: Iterable[Key], *, release_age: float = 0.0) -> float:
        wanted = list(keys)
        now = max(
            [self.clock.elapsed, *(self.blocked_until.get(name, 0.0) for name, _, _ in wanted)]
        )
        ends = [time + window for name, _, window in wanted for time in self.taken.get(name, [])]
        due = min(
            moment
            for moment in [now, *ends]
            if moment >= now and all(self._fits(moment, *key) for key in wanted)
        )
        for name, _, _ in wanted:
            self.taken.setdefault(name, []).append(due)
        return due - self.clock.elapsed

    def block(self, name: str, seconds: float) -> None:
        self.blocked_until[name] = max(
            self.blocked_until.get(name, 0.0), self.clock.elapsed + seconds
        )

    def blocked_for(self, keys: Iterable[Key]) -> float:
        return max(
            0.0, *(self.blocked_until.get(name, 0.0) - self.clock.elapsed for name, _, _ in keys)
        )

    def _fits(self, moment: float, name: str, count: int, window: float) -> bool:
        times = sorted([*self.taken.get(name, []), moment])
        return all(
            later - first >= window for first, later in zip(times, times[count:], strict=False)
        )


class Alice:
    """Everything that one call needs, without a network."""

    def __init__(
        self,
        *answers: Any,
        limits: Limits | None = None,
        api_url: str = API,
        on_wait: Callable[[float, str], None] | None = None,
    ) -> None:
        self.script = Script(answers)
        self.clock = FakeClock()
        self.kept = Kept()
        self.keeper = Keeper()
        self.http = http_client(api_url, httpx2.MockTransport(self.script))
        self.transport = Transport(
            self.http,
            api_url,
            "app-key",
            self.clock,
            MemoryRateLimiter(self.clock),
            limits or Limits(),
            on_wait or self.kept.waiting,
        )
        self.usage = self.transport.usage
        self.tiktok = TikTok(self.transport, "open-id-of-alice", self.keeper, self.kept.answered)

    def ask(self) -> tuple[int, Any]:
        return self.tiktok.call("business/get/", {"fields": "[]"}, json.loads)

    @property
    def slept(self) -> list[float]:
        return [round(seconds, 3) for seconds in self.clock.slept]
