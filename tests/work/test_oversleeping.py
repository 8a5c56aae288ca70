"""A request that missed its turn takes another one, and gives the missed place back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from work_store import MovedClock

from tiktok_organic.store.database import Database
from tiktok_organic.store.meter import StoreMeter
from tiktok_organic.tiktok.pacing import Key

KEYS: list[Key] = [("app:minute", 2, 60.0)]


@pytest.fixture
def meter(tmp_path: Path) -> Iterator[StoreMeter]:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    yield StoreMeter(database, MovedClock())
    database.close()


def test_a_missed_place_is_given_back(meter: StoreMeter) -> None:
    assert meter.reserve(KEYS) == 0
    assert meter.reserve(KEYS, missed=0.001) == 0
    assert meter.reserve(KEYS) == 0
    assert meter.reserve(KEYS) > 60


def test_a_place_of_long_ago_frees_nobody_elses(meter: StoreMeter) -> None:
    assert meter.reserve(KEYS) == 0
    assert meter.reserve(KEYS, missed=30) == 0
    assert meter.reserve(KEYS) > 60
