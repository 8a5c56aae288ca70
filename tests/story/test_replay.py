"""The tables again, from the archive: equal to the loaded ones apart from the time of writing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cast import Alice
from story_time import StoryTime

from tiktok_organic.simulator import Simulator

TABLES = ("profile", "profile_snapshot_metric", "profile_daily_metric", "video_snapshot_metric")
DATASET = "tiktokorganic_demo_bakery"


def rows(alice: Alice, dataset: str, table: str) -> list[tuple[Any, ...]]:
    """All rows but for `_quanti_loaded_at`."""
    columns = "COLUMNS(lambda c: c <> '_quanti_loaded_at')::VARCHAR"
    return sorted(alice.asks(f"SELECT {columns} FROM {dataset}.{table}"), key=repr)


@pytest.fixture
def equal(alice: Alice, simulator: Simulator) -> Callable[..., Any]:
    """Replay everything and compare."""

    def compare(connector: str, dataset: str = "again") -> Any:
        simulator.world.journal.clear()
        said = alice.types("replay", connector, "--dataset", dataset, "--json")
        assert said.exit == 0, said
        assert simulator.world.journal.count() == 0
        for table in TABLES:
            assert rows(alice, dataset, table) == rows(alice, DATASET, table), table
        return said.document

    return compare


def test_one_sync(alice: Alice, equal: Callable[..., Any]) -> None:
    document = equal(alice.connects("--sync")["id"])
    assert document["rows"] == {
        "profile": 1, "profile_snapshot_metric": 1, "profile_daily_metric": 4,
        "video_snapshot_metric": 57,
    }  # fmt: skip


def test_a_history_with_a_rename_a_correction_a_partial_run_a_retry_and_absence(
    alice: Alice, equal: Callable[..., Any], simulator: Simulator, time: StoryTime
) -> None:
    world = simulator.world
    connector = alice.connects("--recover", "10")["id"]
    time.passes(days=1)
    world.faults.add("not_json", "/business/video/list/", skip=1, count=None)
    assert alice.syncs(connector)["status"] == "partial"
    world.faults.clear()
    time.passes(days=1)
    world.rename("demo.bakery", "bakery.berlin")
    world.faults.add("missing_fields", where="metrics", fields=["likes", "shares"], index=None)
    alice.syncs(connector)
    time.passes(days=1)
    world.faults.add("bad_values", where="metrics", index=1, fields=["likes"], kind="text")
    world.faults.add("empty_audience", "/business/get/")
    time.passes(days=1)
    world.faults.add("duplicate_date", "/business/get/")
    alice.syncs(connector)
    time.passes(days=1)
    world.rename("bakery.berlin", "demo.bakery")
    world.faults.add("not_json", "/business/get/", count=None)
    assert alice.syncs(connector)["status"] == "partial"
    world.faults.clear()
    time.passes(hours=3)
    assert alice.syncs(connector)["status"] == "succeeded"
    equal(connector)


def test_a_run_that_was_loaded_late(
    alice: Alice, equal: Callable[..., Any], simulator: Simulator, time: StoryTime
) -> None:
    connector = alice.connects("--sync")["id"]
    alice.file.rename(alice.home / "away.duckdb")
    alice.file.mkdir()
    time.passes(days=1)
    assert alice.syncs(connector)["status"] == "failed"
    time.passes(days=1)
    alice.file.rmdir()
    (alice.home / "away.duckdb").rename(alice.file)
    assert alice.syncs(connector)["status"] == "succeeded"
    equal(connector)


def test_replaying_twice_changes_nothing(
    alice: Alice, equal: Callable[..., Any], time: StoryTime
) -> None:
    connector = alice.connects("--sync")["id"]
    time.passes(days=1)
    alice.syncs(connector)
    equal(connector)
    equal(connector)


def test_one_run_alone(alice: Alice, simulator: Simulator, time: StoryTime) -> None:
    connector = alice.connects("--sync")["id"]
    time.passes(days=1)
    run = alice.syncs(connector)
    said = alice.types("replay", connector, "--run", run["run_id"], "--dataset", "alone", "--json")
    assert (said.exit, said.document["runs"]) == (0, 1)
    assert alice.asks(
        "SELECT count(DISTINCT _quanti_sync_date) FROM alone.video_snapshot_metric"
    ) == [(1,)]


def test_a_replay_after_the_selection_of_reports_changed(
    alice: Alice, equal: Callable[..., Any], time: StoryTime
) -> None:
    connector = alice.connects("--sync")["id"]
    alice.types("edit", connector, "--reports", "profile_daily_metric")
    time.passes(days=1)
    alice.syncs(connector)
    equal(connector)


def test_a_replay_into_the_own_dataset_replaces_nothing_that_is_newer(
    alice: Alice, simulator: Simulator, time: StoryTime
) -> None:
    connector = alice.connects("--sync")["id"]
    first = alice.types("runs", connector, "--json").document[0]["run_id"]
    time.passes(days=1)
    simulator.world.account().followers += 10
    alice.syncs(connector)
    before = {table: rows(alice, DATASET, table) for table in TABLES}
    for options in ((), ("--run", first)):
        said = alice.types("replay", connector, "--dataset", DATASET, *options, "--json")
        assert said.exit == 0, said
        assert {table: rows(alice, DATASET, table) for table in TABLES} == before


def test_the_dataset_of_another_connector_is_not_replayed_over(
    alice: Alice, simulator: Simulator
) -> None:
    connector = alice.connects("--sync")["id"]
    simulator.world.accounts.add("tea.room", videos=2)
    alice.connects("--dataset", "tea", account="tea.room")
    said = alice.types("replay", connector, "--dataset", "tea", "--json")
    assert (said.exit, said.error["code"]) == (1, "dataset_taken")


@pytest.mark.parametrize("dataset", ["Again", "", "1x", "a b", "again;"])
def test_a_bad_dataset_is_refused(alice: Alice, dataset: str) -> None:
    connector = alice.connects("--sync")["id"]
    said = alice.types("replay", connector, "--dataset", dataset, "--json")
    assert (said.exit, said.error["code"]) == (1, "bad_value")


def test_nothing_to_replay_is_told(alice: Alice) -> None:
    connector = alice.connects()["id"]
    said = alice.types("replay", connector, "--dataset", "again", "--json")
    assert (said.exit, said.error["code"]) == (1, "nothing_to_replay")


def test_a_run_of_another_connector_is_refused(alice: Alice) -> None:
    first, other = alice.connects("--sync"), alice.connects("--sync", account="tiny.tearoom")
    run = other["last_run"]["run_id"]
    said = alice.types("replay", first["id"], "--run", run, "--dataset", "again", "--json")
    assert (said.exit, said.error["code"]) == (1, "unknown_run")


def test_an_archive_with_a_missing_file_is_told_and_nothing_is_built(alice: Alice) -> None:
    connector = alice.connects("--sync")["id"]
    for file in alice.home.glob("archive/**/*.gz"):
        file.unlink()
    said = alice.types("replay", connector, "--dataset", "again", "--json")
    assert (said.exit, said.error["code"]) == (1, "archive_missing")
    assert alice.asks(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'again'"
    ) == [(0,)]


def test_an_archive_that_was_cut_off_is_told(alice: Alice) -> None:
    connector = alice.connects("--sync")["id"]
    (file,) = alice.home.glob("archive/**/*.gz")
    file.write_bytes(file.read_bytes()[:500])
    said = alice.types("replay", connector, "--dataset", "again", "--json")
    assert (said.exit, said.error["code"]) == (1, "archive_missing")


def test_the_archive_can_be_read_with_zcat(alice: Alice) -> None:
    import gzip

    alice.connects("--sync")
    (file,) = alice.home.glob("archive/**/*.gz")
    text = gzip.decompress(file.read_bytes()).decode()
    assert text.count('"request_id":"2026') >= 4
    assert '"endpoint":"business/get/"' in text


def test_every_table_that_was_written_is_named_whatever_is_selected_today(
    alice: Alice, time: StoryTime
) -> None:
    connector = alice.connects("--sync")["id"]
    alice.types("edit", connector, "--reports", "profile")
    document = alice.types("replay", connector, "--dataset", "again", "--json").document
    assert set(document["rows"]) == set(TABLES)
    assert all(document["rows"].values())
