"""An archive that is away for a moment costs nothing; a file that is surely gone keeps its name."""

from __future__ import annotations

from typing import Any

import pytest
from cast import Alice
from story_time import StoryTime

from tiktok_organic.simulator import Simulator


@pytest.fixture
def fetched(alice: Alice, time: StoryTime) -> tuple[str, dict[str, Any]]:
    """A connector whose last sync is fetched and not loaded: the warehouse was in the way."""
    connector = alice.connects("--sync")["id"]
    alice.file.rename(alice.home / "away.duckdb")
    alice.file.mkdir()
    time.passes(days=1)
    run = alice.syncs(connector)
    assert run["status"] == "failed"
    alice.file.rmdir()
    (alice.home / "away.duckdb").rename(alice.file)
    return connector, run


def test_a_disk_that_is_not_mounted_is_waited_for(
    alice: Alice, time: StoryTime, fetched: tuple[str, dict[str, Any]], simulator: Simulator
) -> None:
    connector, run = fetched
    archive = alice.home / "archive"
    archive.rename(alice.home / "unmounted")
    archive.mkdir()
    time.passes(minutes=5)
    away = alice.syncs(connector)
    assert away["run_id"] == run["run_id"]
    assert away["error"]["code"] == "archive_away"
    archive.rmdir()
    (alice.home / "unmounted").rename(archive)
    simulator.world.journal.clear()
    time.passes(minutes=5)
    back = alice.syncs(connector)
    assert (back["run_id"], back["status"]) == (run["run_id"], "succeeded")
    assert back["archive"] == run["archive"]
    assert simulator.world.journal.count() == 0


def test_a_file_that_is_missing_from_a_present_archive_is_final_and_keeps_its_name(
    alice: Alice, time: StoryTime, fetched: tuple[str, dict[str, Any]]
) -> None:
    connector, run = fetched
    (alice.home / "archive" / run["archive"][0]).unlink()
    time.passes(hours=2)
    assert alice.syncs(connector)["status"] == "succeeded"
    given_up = alice.types("run", run["run_id"], "--json").document
    assert given_up["status"] == "failed"
    assert given_up["error"]["code"] == "archive_missing"
    assert given_up["archive"] == run["archive"]
