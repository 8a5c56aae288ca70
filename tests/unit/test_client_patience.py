"""Waiting and asking again: for how long, after what, and who else is slowed down."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime

import httpx2
import pytest
from unit_clock import NOON
from unit_tiktok import Alice, envelope

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import (
    Throttled,
    TikTokOrganicError,
    Unavailable,
    Unreachable,
    Unreadable,
)
from tiktok_organic.retry_pauses import next_request
from tiktok_organic.settings.tiktok_rate_limits import Limits
from tiktok_organic.tiktok.rate_limits.rate_limiter import keys_for

GOOD = envelope({"a": 1})
HTML = httpx2.Response(200, content=b"<html>maintenance</html>")


def pauses(error: TikTokOrganicError) -> list[float]:
    """Every pause that is allowed for an error that stays."""
    found: list[float] = []
    while (pause := next_request(error, len(found) + 1)) is not None:
        found.append(pause.total_seconds())
    return found


@pytest.mark.parametrize(
    "answer",
    [
        envelope(code=50000),
        envelope(code=40201),
        httpx2.Response(502, content=b"<html>"),
        httpx2.Response(503),
        HTML,
        httpx2.Response(200, content=b'{"code":0,"data":{'),
        httpx2.ReadTimeout("slow"),
        httpx2.ConnectError("refused"),
        httpx2.RemoteProtocolError("peer closed connection"),
        httpx2.DecodingError("bad gzip"),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_one_failure_that_may_pass_is_asked_again_after_a_pause(answer: object) -> None:
    alice = Alice(answer, GOOD)
    assert alice.ask()[1] == {"a": 1}
    assert len(alice.script.asked) == 2
    assert len(alice.slept) == 1
    assert alice.slept[0] > 0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (envelope(code=50000), Unavailable),
        (httpx2.Response(500), Unavailable),
        (HTML, Unreadable),
        (httpx2.ConnectError("refused"), Unreachable),
        (httpx2.PoolTimeout("no place"), Unreachable),
    ],
)
def test_a_lasting_failure_ends_after_the_decided_pauses(
    answer: object, kind: type[TikTokOrganicError]
) -> None:
    alice = Alice(answer)
    with pytest.raises(kind):
        alice.ask()
    assert alice.slept == pauses(kind("")) != []
    assert len(alice.script.asked) == len(alice.slept) + 1


def test_every_answered_request_is_counted_repeats_included() -> None:
    alice = Alice(envelope(code=50000), HTML, envelope(code=40105), GOOD)
    alice.ask()
    assert alice.usage.requests == 4


def test_a_request_that_left_and_was_not_answered_is_counted_too() -> None:
    alice = Alice(httpx2.ReadTimeout("slow"), httpx2.RemoteProtocolError("cut"), GOOD)
    alice.ask()
    assert alice.usage.requests == 3


def test_a_request_that_never_left_is_not_counted() -> None:
    alice = Alice(httpx2.ConnectError("refused"), GOOD)
    alice.ask()
    assert alice.usage.requests == 1


@pytest.mark.parametrize(
    ("answer", "least", "most"),
    [
        (envelope(code=40100, message="App reaches the QPS limit."), 1, 2),
        (envelope(code=40100, message="Too many requests"), 1, 2),
        (envelope(code=40016), 1, 2),
        (envelope(code=40100, message="QPM limit reached"), 300, 310),
        (httpx2.Response(429, headers={"retry-after": "17"}), 17, 18),
        (
            httpx2.Response(
                429,
                headers={"retry-after": format_datetime(NOON + timedelta(seconds=90), usegmt=True)},
            ),
            90,
            92,
        ),
        (httpx2.Response(429), 1, 2),
    ],
)
def test_after_a_throttled_answer_the_pause_is_the_one_that_it_names(
    answer: httpx2.Response, least: float, most: float
) -> None:
    alice = Alice(answer, GOOD)
    assert alice.ask()[1] == {"a": 1}
    assert least <= alice.clock.elapsed <= most
    assert alice.usage.throttled == 1


def test_a_throttled_answer_without_a_name_is_waited_for_longer_each_time() -> None:
    alice = Alice(*[envelope(code=40100)] * 4, GOOD)
    alice.ask()
    assert alice.slept[:4] == sorted(set(alice.slept[:4]))
    assert alice.slept[0] == 1


@pytest.mark.parametrize(
    "answer",
    [envelope(code=40100, message="QPD"), httpx2.Response(429, headers={"retry-after": "7200"})],
)
def test_a_limit_that_lasts_for_hours_is_left_to_the_next_attempt(answer: httpx2.Response) -> None:
    alice = Alice(answer)
    with pytest.raises(Throttled) as caught:
        alice.ask()
    assert alice.clock.elapsed < 60
    assert caught.value.pause is not None
    assert caught.value.pause >= timedelta(hours=2)


def test_the_app_limit_that_alice_reached_delays_bob() -> None:
    alice = Alice(envelope(code=40100, message="The app reaches the QPM limit"), GOOD)
    bob: list[float] = []

    def ask_for_bob() -> None:
        bob.append(
            alice.transport.rate_limiter.reserve(
                keys_for(Limits(), "app-key", "bob", "business/get/")
            )
        )

    alice.clock.meanwhile = ask_for_bob
    alice.ask()
    assert bob[0] > 290


def test_the_account_limit_that_alice_reached_does_not_delay_bob() -> None:
    alice = Alice(envelope(code=40100, message="QPM limit of this account reached"), GOOD)
    alice.ask()
    bob = alice.transport.rate_limiter.reserve(
        keys_for(Limits(), "app-key", "bob", "business/get/")
    )
    assert bob < 2


def test_requests_wait_for_their_turn_before_any_limit_is_reached() -> None:
    alice = Alice(GOOD, limits=Limits(second=10, minute=600, account_minute=40))
    times = []
    for _ in range(90):
        alice.ask()
        times.append(alice.clock.elapsed)
    for start in times:
        assert sum(1 for time in times if start <= time < start + 1) <= 10
        assert sum(1 for time in times if start <= time < start + 60) <= 40
    assert 120 <= alice.clock.elapsed <= 130
    assert alice.kept.waits
    assert all(reason for _, reason in alice.kept.waits)


def test_a_request_that_waits_already_hears_of_a_limit_that_another_ran_into() -> None:
    alice = Alice(GOOD, limits=Limits(second=1))
    alice.ask()
    alice.clock.meanwhile = lambda: alice.transport.rate_limiter.block("app:app-key:minute", 300)
    alice.ask()
    assert len(alice.script.asked) == 2
    assert alice.clock.elapsed >= 300


def read_days(data: bytes) -> str:
    raise Unreadable("the days cannot be read", usable="the account alone")


def test_the_usable_part_of_an_answer_that_stays_unreadable_is_used() -> None:
    alice = Alice(envelope({"metrics": "broken"}))
    number, used = alice.tiktok.call("business/get/", {}, read_days)
    assert used == "the account alone"
    assert number == len(alice.kept.exchanges) == len(alice.slept) + 1


def test_an_unreadable_answer_is_asked_for_again_first() -> None:
    alice = Alice(envelope({"metrics": "broken"}), GOOD)

    def read(data: bytes) -> str:
        parsed = json.loads(data)
        if "metrics" in parsed:
            raise Unreadable("broken", usable="half")
        return "whole"

    assert alice.tiktok.call("business/get/", {}, read) == (2, "whole")


def test_an_unreadable_answer_without_a_usable_part_fails() -> None:
    alice = Alice(GOOD)

    def read(_: bytes) -> str:
        raise Unreadable("nothing")

    with pytest.raises(Unreadable):
        alice.tiktok.call("business/get/", {}, read)


def test_a_long_wait_is_reported_repeatedly_and_can_be_ended() -> None:
    told: list[float] = []

    def stop_after_a_minute(seconds: float, _reason: str) -> None:
        told.append(seconds)
        if alice.clock.elapsed > 60:
            raise KeyboardInterrupt

    throttled = envelope(code=40100, message="QPM limit reached")
    alice = Alice(throttled, GOOD, on_wait=stop_after_a_minute)
    with pytest.raises(KeyboardInterrupt):
        alice.ask()
    assert 60 <= alice.clock.elapsed <= 70
    assert told[0] == 300
    assert told == sorted(told, reverse=True)
    assert told[-1] < 240


def test_an_incomplete_answer_is_not_reported_as_archived() -> None:
    endless = [bytes(2**20)] * 65
    alice = Alice(lambda _: httpx2.Response(200, content=iter(endless)))
    with pytest.raises(Unreadable, match="64 MB") as caught:
        alice.ask()
    assert alice.kept.exchanges == []
    assert "not stored" in advice_of(caught.value)


def test_a_wait_is_announced_with_its_reason() -> None:
    alice = Alice(envelope(code=50000, message="system error"), GOOD)
    alice.ask()
    ((seconds, reason),) = alice.kept.waits
    assert seconds == alice.slept[0]
    assert "system error" in reason


@pytest.mark.parametrize("status", [302, 401, 403, 404, 410])
def test_a_bare_refusal_at_an_address_that_has_worked_is_asked_again(status: int) -> None:
    alice = Alice(GOOD, httpx2.Response(status, content=b"<html>no</html>"), GOOD)
    alice.ask()
    assert alice.ask()[1] == {"a": 1}
    assert alice.slept == ([] if status == 401 else [0.5])


@pytest.mark.parametrize("status", [302, 401, 403, 404, 410])
def test_bare_refusals_that_stay_fail_as_passing(status: int) -> None:
    alice = Alice(httpx2.Response(status, content=b"<html>no</html>"))
    alice.usage.proven = True
    with pytest.raises(Unavailable):
        alice.ask()
    assert alice.slept == [0.5, 1.0, 2.0, 4.0]


def test_the_clock_difference_of_an_attempt_is_the_smallest_that_its_answers_tell() -> None:
    dates = ["Wed, 11 Mar 2026 13:00:00 GMT", "Wed, 11 Mar 2026 12:30:00 GMT", "nonsense"]
    alice = Alice(*(envelope({}, Date=date) for date in dates))
    assert alice.usage.clock_difference is None
    for _ in dates:
        alice.ask()
    assert alice.usage.clock_difference == timedelta(minutes=30)
