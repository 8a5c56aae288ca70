"""Common fixtures of the unit tests: bounded, repeatable examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from unit_store import Memory

settings.register_profile(
    "unit",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("unit")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    """An empty store."""
    made = Memory(tmp_path)
    yield made
    made.database.close()
