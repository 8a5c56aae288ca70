"""Nothing that a person or a disk does to archive and history stops the four tables."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from cast import Alice
from story_time import StoryTime

from tiktok_organic.history.table_columns import HISTORY
from tiktok_organic.simulator import Simulator

DATASET = "tiktokorganic_demo_bakery"
SNAPSHOTS = f"SELECT count(DISTINCT _quanti_sync_date) FROM {DATASET}.video_snapshot_metric"


@pytest.fixture
def connector(alice: Alice, time: StoryTime) -> str:
    connector = str(alice.connects("--recover", "10", "--sync")["id"])
    time.passes(days=1)
    return connector


def writes(alice: Alice, *statements: str) -> None:
    """As a person does, with a tool of their own."""
    with duckdb.connect(str(alice.file)) as connection:
        for statement in statements:
            connection.execute(statement.format(DATASET))


def archived(alice: Alice) -> list[Path]:
    """The files of the syncs, oldest first."""
    return sorted(alice.home.glob("archive/**/*.gz"))


def without_member(path: Path, number: bytes) -> bytes:
    """The file without one of its answers."""
    lines = gzip.decompress(path.read_bytes()).split(b'{"number":')
    kept = [b'{"number":' + line for line in lines if line and not line.startswith(number)]
    return b"".join(gzip.compress(line) for line in kept)


def test_damaged_archive_files_leave_holes_that_are_said(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    for _ in range(5):
        alice.syncs(connector)
        time.passes(days=1)
    _, cut, flipped, missing, halved, unreadable = archived(alice)
    cut.write_bytes(cut.read_bytes()[:700])
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 0x10
    flipped.write_bytes(bytes(content))
    missing.unlink()
    halved.write_bytes(without_member(halved, b"1"))
    unreadable.unlink()
    unreadable.mkdir()
    before = alice.asks(f"SELECT reports FROM {DATASET}.sync_run ORDER BY sync_date")
    writes(alice, *(f"DROP TABLE {{}}.{name} CASCADE" for name in HISTORY))
    run = alice.syncs(connector)
    assert (run["status"], run["warnings"]) == ("succeeded", [])
    rows = alice.asks(f"SELECT error, reports, status FROM {DATASET}.sync_run ORDER BY sync_date")
    assert [status for *_, status in rows] == ["succeeded"] * 7
    holes = [error for error, *_ in rows]
    assert [holes[0], holes[-1]] == [None, None]
    for hole, name in zip(
        holes[1:-1], ("cut", "flipped", "missing", "halved", "away"), strict=True
    ):
        assert hole is not None, name
        assert hole.startswith("The history lacks what this sync read: "), (name, hole)
    told = [json.loads(reports) for _, reports, _ in rows[:-1]]
    assert told == [json.loads(reports) for (reports,) in before]  # the store knows the rows
    said = alice.types("replay", connector, "--dataset", "again", "--json")
    assert (said.exit, said.document["runs"], len(said.document["skipped"])) == (1, 2, 5)
    again = alice.asks("SELECT status, error FROM again.sync_run ORDER BY sync_date")
    assert [status for status, _ in again] == ["succeeded", *["failed"] * 5, "succeeded"]
    assert all(error for _, error in again[1:-1])


def test_a_replay_tells_failed_syncs_too(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    simulator.world.faults.add("not_json", count=None)
    failed = alice.syncs(connector)
    simulator.world.faults.clear()
    time.passes(days=1)
    alice.syncs(connector)
    columns = "run_id, status, error, requests, started_at, window_start, window_end"
    ask = f"SELECT {columns} FROM {{}}.sync_run WHERE run_id = ?"
    before = alice.asks(ask.format(DATASET), failed["run_id"])
    alice.types("replay", connector, "--dataset", "again", "--json")
    assert alice.asks(ask.format("again"), failed["run_id"]) == before
    assert before[0][1:4] == ("failed", failed["error"]["message"], failed["requests"])


def test_more_failures_than_fifty_in_a_row_are_told(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    simulator.world.faults.add("not_json", count=None)
    for _ in range(3):
        alice.syncs(connector)
        time.passes(days=1)
    simulator.world.faults.clear()
    with alice.app() as app:
        ended = app.runs.ended(connector)
    alice.syncs(connector)
    rows = alice.asks(f"SELECT count(*) FROM {DATASET}.sync_run WHERE status = 'failed'")
    assert rows == [(len([run for run in ended if not run.loaded]),)]


DAMAGE = {
    "values that are never null": (
        "ALTER TABLE {}.coverage_day ALTER account_id DROP NOT NULL",
        "ALTER TABLE {}.sync_run ALTER sync_date DROP NOT NULL",
        "ALTER TABLE {}.metric_definition ALTER column_name DROP NOT NULL",
        "UPDATE {}.coverage_day SET account_id = NULL, state = NULL WHERE date < '2026-03-05'",
        "UPDATE {}.account_username SET first_seen = NULL",
        "UPDATE {}.video SET first_seen = NULL, last_seen = NULL, state = NULL, account_id = NULL",
        "UPDATE {}.sync_run SET reports = 'none', counter_lag_model = 'x:y', account_id = NULL",
        "UPDATE {}.sync_run SET status = NULL, views_since = sync_date, data_time = NULL",
        "INSERT INTO {}.sync_run (run_id) VALUES ('by hand')",
        "INSERT INTO {}.metric_definition (table_name) VALUES ('by hand')",
    ),
    "rows with the same key": (
        "INSERT INTO {}.sync_run SELECT * FROM {}.sync_run",
        "INSERT INTO {}.coverage_day SELECT * FROM {}.coverage_day",
        "INSERT INTO {}.video SELECT * FROM {}.video",
    ),
    "own columns": (
        "ALTER TABLE {}.video ADD COLUMN campaign VARCHAR DEFAULT 'spring'",
        "ALTER TABLE {}.sync_run ADD COLUMN note VARCHAR",
        "ALTER TABLE {}.video_snapshot_metric ADD COLUMN note VARCHAR",
    ),
    "dropped tables": (
        "DROP TABLE {}.metric_definition CASCADE",
        "DROP TABLE {}.account_username CASCADE",
        "DROP TABLE {}.coverage_day CASCADE",
        "DROP TABLE {}.profile_daily_metric_change CASCADE",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_a_person_does_to_history_tables_stops_nothing(
    alice: Alice, connector: str, time: StoryTime, damage: Any
) -> None:
    for table in ("sync_run", "coverage_day", "video"):
        assert alice.asks(f"SELECT count(*) > 0 FROM {DATASET}.{table}") == [(True,)]
    writes(alice, *(statement.replace("{}", DATASET) for statement in DAMAGE[damage]))
    before = alice.asks(SNAPSHOTS)[0][0]
    for _ in range(2):
        run = alice.syncs(connector)
        assert (run["status"], run["warnings"]) == ("succeeded", [])
        assert all(result["rows"] for result in run["reports"].values())
        time.passes(days=1)
    assert alice.asks(SNAPSHOTS) == [(before + 2,)]
    newest = f"SELECT status FROM {DATASET}.sync_run ORDER BY sync_date DESC NULLS LAST LIMIT 1"
    assert alice.asks(newest) == [("succeeded",)]
    if damage == "dropped tables":
        for table in set(HISTORY) - {"profile_daily_metric_change"}:
            assert alice.asks(f"SELECT count(*) > 0 FROM {DATASET}.{table}") == [(True,)], table


def test_a_history_table_that_refuses_our_rows_is_left_out_and_the_run_says_so(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    writes(
        alice,
        "DROP TABLE {}.account_username CASCADE",
        "CREATE TABLE {}.account_username (account_id VARCHAR, username VARCHAR, "
        "first_seen TIMESTAMPTZ, last_seen TIMESTAMPTZ, approved BOOLEAN NOT NULL)",
    )
    before = alice.asks(SNAPSHOTS)[0][0]
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert all(result["rows"] for result in run["reports"].values())
    (warning,) = run["warnings"]
    assert "without the history tables and views" in warning
    assert "approved" in warning
    assert alice.asks(SNAPSHOTS) == [(before + 1,)]
    writes(alice, "DROP TABLE {}.account_username CASCADE")
    time.passes(days=1)
    last = alice.syncs(connector)
    assert last["warnings"] == []
    told = alice.asks(f"SELECT run_id, status FROM {DATASET}.sync_run ORDER BY sync_date DESC")
    assert told[:2] == [(last["run_id"], "succeeded"), (run["run_id"], "succeeded")]
