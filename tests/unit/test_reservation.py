"""A request leaves at its reserved time, even when its connection took long to open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from unit_clock import FakeClock

from new_store import new_store
from tiktok_organic.errors import Throttled
from tiktok_organic.simulator import Simulator
from tiktok_organic.store.database import Database
from tiktok_organic.store.shared_rate_limiter import StoreRateLimiter
from tiktok_organic.tiktok.http_client import http_client
from tiktok_organic.tiktok.rate_limits.rate_limiter import Key, RateLimiter
from tiktok_organic.tiktok.rate_limits.reservation import Reservation, SendLater
from tiktok_organic.tiktok.transport import Transport

READY = "http11.send_request_headers.started"
KEYS: list[Key] = [("app:k:second", 1, 1.0)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def rate_limiter(tmp_path: Path, clock: FakeClock) -> Iterator[StoreRateLimiter]:
    database = Database(new_store(tmp_path / "store.db"))
    yield StoreRateLimiter(database, clock)
    database.close()


def reserved(rate_limiter: RateLimiter, clock: FakeClock, keys: list[Key] = KEYS) -> Reservation:
    return Reservation(rate_limiter, keys, clock, lambda seconds, _: clock.sleep(seconds))


def test_the_moment_that_counts_is_the_one_at_which_it_left(
    rate_limiter: StoreRateLimiter, clock: FakeClock
) -> None:
    reservation = reserved(rate_limiter, clock)
    reservation.wait()
    clock.elapsed += 0.4  # while the connection was opened
    reservation.trace(READY, {})
    assert reservation.sent
    assert clock.slept == []
    assert rate_limiter.reserve(KEYS) > 1.0


def test_a_late_request_gets_a_new_reservation_behind_the_others(
    rate_limiter: StoreRateLimiter, clock: FakeClock
) -> None:
    reservation = reserved(rate_limiter, clock)
    reservation.wait()
    for _ in range(2):
        reserved(rate_limiter, clock)
    clock.elapsed += 0.4
    reservation.trace(READY, {})
    assert clock.elapsed > 3.0
    assert reservation.sent


def test_a_place_far_ahead_is_not_waited_for_with_an_open_connection(
    rate_limiter: StoreRateLimiter, clock: FakeClock
) -> None:
    reservation = reserved(rate_limiter, clock)
    reservation.wait()
    rate_limiter.block("app:k:second", 60)
    clock.elapsed += 0.4
    with pytest.raises(SendLater):
        reservation.trace(READY, {})
    assert not reservation.sent
    assert clock.slept == []
    reservation.wait()
    assert clock.elapsed >= 60
    reservation.trace(READY, {})


def test_steps_of_the_connection_need_no_reservation(
    rate_limiter: StoreRateLimiter, clock: FakeClock
) -> None:
    reservation = reserved(rate_limiter, clock)
    clock.elapsed += 0.4
    reservation.trace("connection.connect_tcp.started", {})
    clock.elapsed += 0.3
    assert rate_limiter.reserve(KEYS) < 0.5


def test_when_the_daily_limit_is_reached_the_error_has_the_start_of_the_next_day(
    rate_limiter: StoreRateLimiter, clock: FakeClock
) -> None:
    rate_limiter.block("app:k:second", 12 * 3600)  # from noon to midnight
    with pytest.raises(Throttled, match=r"limit for this day .* 2026-03-12 00:00 UTC") as caught:
        reserved(rate_limiter, clock).wait()
    assert caught.value.pause == timedelta(hours=12)
    assert clock.slept == []


def test_reserved_behind_many_others_is_refused_with_when_it_would_be(
    rate_limiter: StoreRateLimiter, clock: FakeClock
) -> None:
    rate_limiter.block("app:k:second", 300)
    for _ in range(100):
        rate_limiter.reserve(KEYS)
    with pytest.raises(Throttled, match=r"delay this request until 2026-03-11 12:07 UTC"):
        reserved(rate_limiter, clock).wait()


class SlowHands(FakeClock):
    """Each look at it takes 0.1 s."""

    def monotonic(self) -> float:
        self.elapsed += 0.1
        return super().monotonic()


class Asked:
    """A rate_limiter without limits, that remembers how late those were who came again."""

    def __init__(self) -> None:
        self.ages: list[float] = []

    def reserve(self, keys: Iterable[Key], *, release_age: float = 0.0) -> float:
        self.ages.append(round(release_age, 3))
        return 0.0

    def block(self, name: str, seconds: float) -> None: ...

    def blocked_for(self, keys: Iterable[Key]) -> float:
        return 0.0


def test_the_http_client_reports_that_a_request_is_about_to_leave() -> None:
    rate_limiter = Asked()
    seen: list[int] = []
    clock = SlowHands()
    with Simulator() as simulator, http_client(simulator.api_url, clock=clock) as http:
        transport = Transport(
            http,
            simulator.api_url,
            "k",
            clock,
            rate_limiter,
            on_send=lambda: seen.append(simulator.world.journal.count()),
        )
        assert transport.send("GET", "business/get/").status == 200
        assert simulator.world.journal.count() == 1
    first, second = rate_limiter.ages
    assert first == 0.0
    assert second > 0.025  # late when its connection was ready
    assert seen == [0]
    assert transport.usage.requests == 1
