"""A request that missed its reservation makes another one and releases the missed one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from work_store import MovedClock

from tiktok_organic.store.database import Database
from tiktok_organic.store.shared_rate_limiter import StoreRateLimiter
from tiktok_organic.tiktok.rate_limits.rate_limiter import Key

KEYS: list[Key] = [("app:minute", 2, 60.0)]


@pytest.fixture
def rate_limiter(tmp_path: Path) -> Iterator[StoreRateLimiter]:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    yield StoreRateLimiter(database, MovedClock())
    database.close()


def test_a_missed_place_is_given_back(rate_limiter: StoreRateLimiter) -> None:
    assert rate_limiter.reserve(KEYS) == 0
    assert rate_limiter.reserve(KEYS, release_age=0.001) == 0
    assert rate_limiter.reserve(KEYS) == 0
    assert rate_limiter.reserve(KEYS) > 60


def test_a_place_of_long_ago_frees_nobody_elses(rate_limiter: StoreRateLimiter) -> None:
    assert rate_limiter.reserve(KEYS) == 0
    assert rate_limiter.reserve(KEYS, release_age=30) == 0
    assert rate_limiter.reserve(KEYS) > 60
