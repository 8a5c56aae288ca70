"""Fixtures of the warehouse tests: a clock without waits, the address of a PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

pytest.register_assert_rewrite(
    f"{__package__}.contract", f"{__package__}.samples", f"{__package__}.views_contract"
)


class PatientClock:
    """A clock whose sleep calls `while_asleep` and returns at once."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.while_asleep: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 3, tzinfo=UTC) + timedelta(seconds=sum(self.slept))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.while_asleep()

    def monotonic(self) -> float:
        return sum(self.slept)


@pytest.fixture
def clock() -> PatientClock:
    return PatientClock()


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A scratch database, in which the tests create and drop schemas."""
    url = os.environ.get("TIKTOK_ORGANIC_TEST_POSTGRES")
    if not url:
        pytest.skip(
            "TIKTOK_ORGANIC_TEST_POSTGRES names no scratch database (postgresql://user:password@host/database)"
        )
    return url
