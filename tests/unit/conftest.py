"""Common fixtures of the unit tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from unit_store import Memory

from new_store import new_store


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    """An empty store."""
    new_store(tmp_path / "store.db")
    made = Memory(tmp_path)
    yield made
    made.database.close()
