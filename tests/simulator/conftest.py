"""A simulator whose clock stands still, and callers who speak to it over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import httpx2
import pytest
from simulator_caller import Caller

from tiktok_organic.simulator import DEMO_USERNAME, Simulator
from waiting import PATIENCE

NOW = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the simulator would have slept."""
    return []


@pytest.fixture
def simulator(waits: list[float]) -> Iterator[Simulator]:
    with Simulator(clock=lambda: NOW, random=Random(7), sleep=waits.append) as running:
        # Tokens stay valid if a test moves the clock; tests of tokens set their own lifetimes.
        running.world.settings.update(limits=False, access_token_seconds=10**8)
        yield running


@pytest.fixture(scope="session")
def http() -> Iterator[httpx2.Client]:
    """One client for all tests: making one loads certificates, which takes longer than a test."""
    with httpx2.Client(timeout=PATIENCE, verify=False) as client:
        yield client


@pytest.fixture
def caller(simulator: Simulator, http: httpx2.Client) -> Callable[..., Caller]:
    """Makes callers for other accounts and scopes: `caller(username, scopes)`."""
    return lambda username=DEMO_USERNAME, scopes=(): Caller(simulator, http, username, scopes)


@pytest.fixture
def alice(caller: Callable[..., Caller]) -> Caller:
    """Owner of the demo account."""
    return caller()


@pytest.fixture
def pass_time(simulator: Simulator) -> Callable[..., None]:
    """Moves the simulator's clock: `pass_time(days=1)`."""
    return lambda **span: simulator.world.clock.move(timedelta(**span))
