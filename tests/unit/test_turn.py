"""A request leaves at its turn, even when its connection took long to open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from unit_clock import FakeClock

from tiktok_organic.errors import Throttled
from tiktok_organic.simulator import Simulator
from tiktok_organic.store.database import Database
from tiktok_organic.store.meter import StoreMeter
from tiktok_organic.tiktok.client import Wire, http_client
from tiktok_organic.tiktok.pacing import Key, Limits, Meter
from tiktok_organic.tiktok.turn import NotYet, Turn

READY = "http11.send_request_headers.started"
KEYS: list[Key] = [("app:k:second", 1, 1.0)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def meter(tmp_path: Path, clock: FakeClock) -> Iterator[StoreMeter]:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    yield StoreMeter(database, clock)
    database.close()


def a_turn(meter: Meter, clock: FakeClock, keys: list[Key] = KEYS) -> Turn:
    return Turn(meter, keys, clock, lambda seconds, _: clock.sleep(seconds))


def test_the_moment_that_counts_is_the_one_at_which_it_left(
    meter: StoreMeter, clock: FakeClock
) -> None:
    turn = a_turn(meter, clock)
    turn.wait()
    clock.elapsed += 0.4  # while the connection was opened
    turn.trace(READY, {})
    assert turn.left
    assert clock.slept == []
    assert meter.reserve(KEYS) > 1.0


def test_who_is_late_takes_another_place_behind_those_who_came_meanwhile(
    meter: StoreMeter, clock: FakeClock
) -> None:
    turn = a_turn(meter, clock)
    turn.wait()
    for _ in range(2):
        a_turn(meter, clock)
    clock.elapsed += 0.4
    turn.trace(READY, {})
    assert clock.elapsed > 3.0
    assert turn.left


def test_a_place_far_ahead_is_not_waited_for_with_an_open_connection(
    meter: StoreMeter, clock: FakeClock
) -> None:
    turn = a_turn(meter, clock)
    turn.wait()
    meter.hold("app:k:second", 60)
    clock.elapsed += 0.4
    with pytest.raises(NotYet):
        turn.trace(READY, {})
    assert not turn.left
    assert clock.slept == []
    turn.wait()
    assert clock.elapsed >= 60
    turn.trace(READY, {})


def test_steps_of_the_connection_are_nobodys_turn(meter: StoreMeter, clock: FakeClock) -> None:
    turn = a_turn(meter, clock)
    clock.elapsed += 0.4
    turn.trace("connection.connect_tcp.started", {})
    clock.elapsed += 0.3
    assert meter.reserve(KEYS) < 0.5


def test_a_used_up_day_is_refused_with_when_the_next_one_begins(
    meter: StoreMeter, clock: FakeClock
) -> None:
    meter.hold("app:k:second", 12 * 3600)  # from noon to midnight
    with pytest.raises(Throttled, match=r"day's limit .* 2026-03-12 00:00 UTC") as caught:
        a_turn(meter, clock).wait()
    assert caught.value.pause == timedelta(hours=12)
    assert clock.slept == []


def test_a_turn_behind_many_others_is_refused_with_when_it_would_be(
    meter: StoreMeter, clock: FakeClock
) -> None:
    meter.hold("app:k:second", 300)
    for _ in range(100):
        meter.reserve(KEYS)
    with pytest.raises(Throttled, match=r"so many requests wait .* 2026-03-11 12:07 UTC"):
        a_turn(meter, clock).wait()


class SlowHands(FakeClock):
    """Each look at it takes 0.1 s."""

    def monotonic(self) -> float:
        self.elapsed += 0.1
        return super().monotonic()


class Asked:
    """A meter without limits, that remembers how late those were who came again."""

    def __init__(self) -> None:
        self.missed: list[float] = []

    def reserve(self, keys: Iterable[Key], *, missed: float = 0.0) -> float:
        self.missed.append(round(missed, 3))
        return 0.0

    def hold(self, name: str, seconds: float) -> None: ...

    def held(self, keys: Iterable[Key]) -> float:
        return 0.0


def test_the_http_client_tells_when_a_request_is_about_to_leave() -> None:
    meter = Asked()
    seen: list[int] = []
    with Simulator() as simulator, http_client(encrypted=False) as http:
        wire = Wire(http, simulator.api_url, "k", SlowHands(), meter, Limits())
        wire.sending = lambda: seen.append(simulator.world.journal.count())
        assert wire.send("GET", "business/get/").status == 200
        assert simulator.world.journal.count() == 1
    assert meter.missed == [0.0, 0.2]  # one look as it is sent, one as the connection is ready
    assert seen == [0]
    assert wire.requests == 1
