"""The delay of TikTok's counters, measured on accounts whose views are known to the hour."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from tiktok_organic.history.counting_delay import CountingDelay, Gain, data_times, measure

from .invented_account import FIRST, Invented, invent

HOUR, DAY = 3600, 86400


def daily(count: int, seed: int = 1) -> list[float]:
    dice = random.Random(seed)
    return [FIRST + (day * 24 + 3) * HOUR + dice.uniform(0, 1800) for day in range(5, 5 + count)]


def error_hours(found: CountingDelay, true: CountingDelay, syncs: list[float]) -> float:
    apart = [abs(found.data_time(sync) - true.data_time(sync)) for sync in syncs]
    return sum(apart) / len(apart) / HOUR


@pytest.fixture(scope="module")
def accounts() -> dict[float, Invented]:
    return {outside: invent(3, outside=outside) for outside in (0.0, 0.2)}


@pytest.mark.parametrize("outside", [0.0, 0.2])
@pytest.mark.parametrize("stepwise", [False, True])
@pytest.mark.parametrize("hours", [0, 24, 36, 48])
def test_the_delay_is_found(
    accounts: dict[float, Invented], hours: int, stepwise: bool, outside: float
) -> None:
    true, syncs = CountingDelay(hours, stepwise), daily(52)
    account = accounts[outside]
    found = measure(account.gains(syncs, true), account.days(57 * 24))
    assert found is not None
    assert error_hours(found, true, syncs) <= 6


def test_the_delay_is_unknown_if_all_days_of_an_account_are_equal() -> None:
    gains = [Gain(FIRST + n * DAY, FIRST + (n + 1) * DAY, 2400) for n in range(5, 40)]
    assert measure(gains, {FIRST // DAY + n: 2400 for n in range(60)}) is None


def test_the_delay_is_unknown_with_few_syncs_or_without_days_or_views(
    accounts: dict[float, Invented],
) -> None:
    account, syncs, true = accounts[0.0], daily(8), CountingDelay(24, stepwise=False)
    gains = account.gains(syncs, true)
    assert measure(gains, account.days(57 * 24)) is None
    assert measure(gains, {}) is None
    still = [Gain(gain.since, gain.until, 0) for gain in account.gains(daily(52), true)]
    assert measure(still, account.days(57 * 24)) is None


def test_the_delay_is_unknown_if_gains_and_days_do_not_correspond(
    accounts: dict[float, Invented],
) -> None:
    dice, other = random.Random(5), accounts[0.0]
    syncs = daily(52)
    gains = [Gain(a, b, dice.randrange(100_000)) for a, b in pairwise(syncs)]
    assert measure(gains, other.days(57 * 24)) is None


def test_a_delay_that_was_measured_stays_while_it_fits(accounts: dict[float, Invented]) -> None:
    account, syncs, true = accounts[0.0], daily(52), CountingDelay(30, stepwise=False)
    gains, days = account.gains(syncs, true), account.days(57 * 24)
    found = measure(gains, days)
    assert found is not None
    assert measure(gains, days, found) == found
    assert measure(gains, days, CountingDelay(66, stepwise=False)) == found


def test_data_times_never_go_back_and_settled_ones_stay() -> None:
    moments = [FIRST + n * 6 * HOUR for n in range(4)]
    delay = CountingDelay(48, stepwise=False)
    told = [moments[0] - 24 * HOUR, None, None, None]
    times = data_times(moments, delay, told)
    assert times[0] == moments[0] - 24 * HOUR
    assert times == sorted(times)


def test_a_delay_is_written_and_read_back() -> None:
    for delay in (CountingDelay(36, stepwise=False), CountingDelay(24, stepwise=True)):
        assert CountingDelay.of(delay.text()) == delay
