"""An older copy of the warehouse is restored: noticed, corrected, missing snapshots named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from cast import Alice
from story_time import StoryTime

from tiktok_organic.simulator import Simulator


def statuses(alice: Alice, connector: str) -> tuple[dict[str, str], Any]:
    document = alice.types("coverage", connector, "--json").document
    return {day["date"]: day["status"] for day in document["days"]}, document["missing_snapshots"]


def copied(alice: Alice, path: Path) -> None:
    for file in alice.home.glob("warehouse.duckdb*"):
        shutil.copy(file, path / file.name)


def put_back(alice: Alice, path: Path) -> None:
    for file in alice.home.glob("warehouse.duckdb*"):
        file.unlink()
    for file in path.glob("warehouse.duckdb*"):
        shutil.copy(file, alice.home / file.name)


def test_days_that_were_read_since_the_copy_are_provisional_again(
    alice: Alice, time: StoryTime, tmp_path: Path
) -> None:
    connector = alice.connects("--recover", "10")["id"]
    copied(alice, tmp_path)
    for _ in range(4):
        time.passes(days=1)
        alice.syncs(connector)
    before, missing = statuses(alice, connector)
    assert not missing
    put_back(alice, tmp_path)
    run = alice.syncs(connector)
    assert any("older copy" in warning for warning in run["warnings"])
    after, missing = statuses(alice, connector)
    assert len(missing) == 4
    final = {day for day, status in before.items() if status == "final"}
    assert final
    assert any(after[day] == "provisional" for day in final)
    time.passes(days=1)
    again = alice.syncs(connector)
    assert again["warnings"] == []
    assert again["window"]["from"] <= min(day for day in final if after[day] == "provisional")


def test_missing_snapshots_are_named_and_replayed_into_the_own_dataset(
    alice: Alice, time: StoryTime, tmp_path: Path, simulator: Simulator
) -> None:
    connector = alice.connects("--sync")["id"]
    copied(alice, tmp_path)
    for _ in range(2):
        time.passes(days=1)
        alice.syncs(connector)
    snapshots = alice.rows("profile_snapshot_metric", "_quanti_sync_date")
    put_back(alice, tmp_path)
    alice.syncs(connector)
    doctor = alice.types("doctor", "--json").out
    assert "2 syncs are missing" in doctor
    days = alice.rows("profile_daily_metric", "date", "likes")
    dataset = alice.types("show", connector, "--json").document["dataset"]
    said = alice.types("replay", connector, "--dataset", dataset, "--json")
    assert said.exit == 0, said
    assert set(snapshots) <= set(alice.rows("profile_snapshot_metric", "_quanti_sync_date"))
    assert alice.rows("profile_daily_metric", "date", "likes") == days
    assert statuses(alice, connector)[1] == []


def test_a_replay_into_the_own_dataset_goes_past_a_hole_and_can_be_repeated(
    alice: Alice, time: StoryTime
) -> None:
    connector = alice.connects("--sync")["id"]
    for _ in range(3):
        time.passes(days=1)
        alice.syncs(connector)
    files = sorted((alice.home / "archive").rglob("*.answers.gz"))
    files[1].write_bytes(b"damaged")
    snapshots = alice.rows("profile_snapshot_metric", "_quanti_sync_date")
    days = alice.rows("profile_daily_metric", "date", "likes")
    for file in alice.home.glob("warehouse.duckdb*"):
        file.unlink()
    dataset = alice.types("show", connector, "--json").document["dataset"]
    for _ in range(2):
        said = alice.types("replay", connector, "--dataset", dataset, "--json")
        assert said.exit == 1
        (skipped,) = said.document["skipped"]
        assert skipped["error"]["code"] == "archive_missing"
        assert skipped["run_id"] in said.err
        found = alice.rows("profile_snapshot_metric", "_quanti_sync_date")
        assert found == snapshots[:1] + snapshots[2:]
        assert alice.rows("profile_daily_metric", "date", "likes") == days


def test_one_account_has_one_profile_row_whatever_its_names_were(
    alice: Alice, simulator: Simulator, time: StoryTime
) -> None:
    connector = alice.connects("--sync")["id"]
    dataset = alice.types("show", connector, "--json").document["dataset"]
    alice.types("remove", connector, "--yes")
    simulator.world.rename("demo.bakery", "quite.new")
    time.passes(days=1)
    again = alice.connects("--dataset", dataset, "--sync", account="quite.new")
    assert again["dataset"] == dataset
    assert alice.rows("profile", "username", dataset=dataset) == [("quite.new",)]


def test_a_home_that_was_moved_without_its_connectors_warehouse_is_noticed(
    alice: Alice, time: StoryTime
) -> None:
    """F12: a destination is stored with its folder, so the next sync makes a new file there."""
    connector = alice.connects()["id"]
    first = alice.syncs(connector)["run_id"]
    moved = alice.home.with_name("moved")
    alice.home.rename(moved)
    alice.settings["HOME"] = str(moved)
    time.passes(hours=30)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert [first in text for text in run["warnings"] if "warehouse" in text] == [True]
    checks = alice.types("doctor", "--json").document["checks"]
    told = [check["status"] for check in checks if check["name"].startswith("data of")]
    assert told == ["warning"]
