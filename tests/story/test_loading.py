"""Only the load fails: the archived answers are loaded later with the same sync date."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from cast import Alice
from story_time import StoryTime

from tiktok_organic.simulator import Simulator

DATASET = "tiktokorganic_demo_bakery"


@contextmanager
def notebook(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program has the DuckDB file open."""
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stdout.readline() == "open\n"
        yield program
        program.stdin.close()


@pytest.fixture
def connector(alice: Alice) -> str:
    return str(alice.connects("--sync")["id"])


def test_a_locked_file_fails_the_run_and_the_next_sync_loads_it_from_the_archive(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    time.passes(days=1)
    with notebook(alice.file) as program:
        said = alice.types("sync", connector, "--json")
    failed = said.document
    assert (said.exit, failed["status"]) == (1, "failed")
    assert failed["error"]["code"] == "destination_busy"
    assert str(program.pid) in failed["error"]["message"]
    simulator.world.journal.clear()
    time.passes(minutes=10)
    run = alice.syncs(connector)
    assert simulator.world.journal.count() == 0
    assert run["status"] == "succeeded"
    assert (run["run_id"], run["sync_date"], run["requests"]) == (
        failed["run_id"], failed["sync_date"], failed["requests"],
    )  # fmt: skip
    assert run["attempts"] == 2
    moments = alice.asks(
        f"SELECT DISTINCT _quanti_sync_date::VARCHAR FROM {DATASET}.video_snapshot_metric ORDER "
        "BY 1"
    )
    assert moments == [("2026-03-11 15:00:00+00",), ("2026-03-12 15:00:00+00",)]


@pytest.mark.parametrize("options", [(), ("--curves",)])
def test_a_sync_that_asks_for_more_than_what_was_left_behind_is_a_sync_of_its_own(
    alice: Alice, time: StoryTime, options: tuple[Any, ...] | tuple[str, ...]
) -> None:
    connector = alice.connects("--sync", "--reports", "profile,profile_daily_metric")["id"]
    time.passes(days=1)
    with notebook(alice.file):
        assert alice.syncs(connector)["status"] == "failed"
    if not options:
        alice.types(
            "edit", connector, "--reports", "profile,profile_daily_metric,video_snapshot_metric"
        )
    run = alice.syncs(connector, *options)
    assert (run["status"], run["requests"] > 0) == ("succeeded", True)
    assert ("video_snapshot_metric" in run["reports"]) == (not options)


def test_a_notebook_that_only_reads_is_in_the_way_as_well_and_is_told_of(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    time.passes(days=1)
    with notebook(alice.file):
        said = alice.types("sync", connector)
    assert said.exit == 1
    assert "open in" in said.out
    assert "Close it" in said.out


def test_however_often_the_load_fails_tiktok_is_asked_once(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    time.passes(days=1)
    with notebook(alice.file):
        first = alice.syncs(connector)
        simulator.world.journal.clear()
        for _ in range(3):
            time.passes(minutes=10)
            again = alice.syncs(connector)
            assert (again["run_id"], again["status"]) == (first["run_id"], "failed")
    assert simulator.world.journal.count() == 0


def test_after_hours_away_both_moments_land_in_their_order(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    time.passes(days=1)
    with notebook(alice.file):
        old = alice.syncs(connector)
    time.passes(days=2)
    new = alice.syncs(connector)
    assert new["status"] == "succeeded"
    assert new["run_id"] != old["run_id"]
    assert alice.types("run", old["run_id"], "--json").document["status"] == "succeeded"
    moments = [
        moment
        for (moment,) in alice.asks(
            f"SELECT _quanti_sync_date::VARCHAR FROM {DATASET}.profile_snapshot_metric ORDER BY 1"
        )
    ]
    assert [moment[:16] for moment in moments[1:]] == ["2026-03-12 15:00", "2026-03-14 15:00"]
    # The older reading of a day must not win over the newer one.
    (likes,) = {row["likes"] for row in [alice.table("profile_daily_metric", "date")["2026-03-10"]]}
    from tiktok_organic.simulator.accounts.days import correction_stage, day_values

    day, world = time.day(4), simulator.world
    stage = correction_stage(world.settings, day, time.now())
    assert stage is not None
    assert likes == str(day_values(world.account(), day, stage, world.settings)["likes"])


def test_a_day_counts_as_read_when_tiktok_told_it_and_not_when_it_was_loaded(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    simulator.world.settings.update(publication_hours=0.0, correction_hours=0.0)

    time.passes(days=2, hours=8.5)
    with notebook(alice.file):
        alice.syncs(
            connector
        )  # read on the 13th at 23:30, maturely: the 10th was over 71 hours before
    time.passes(minutes=50)
    assert (
        alice.syncs(connector)["status"] == "succeeded"
    )  # on the 14th: loaded, and then read a second time
    days = alice.types("coverage", connector, "--json").document["days"]
    assert {day["date"]: day["status"] for day in days}["2026-03-10"] == "final"


def test_an_ordinary_file_in_the_place_of_the_warehouse_fails_the_run_and_is_left_alone(
    alice: Alice, time: StoryTime
) -> None:
    connector = alice.connects()["id"]
    alice.file.write_text("not a database, and dear to me")
    run = alice.syncs(connector)
    assert (run["status"], run["error"]["code"]) == ("failed", "destination_refused")
    assert alice.file.read_text() == "not a database, and dear to me"
    alice.file.unlink()
    assert alice.syncs(connector)["run_id"] == run["run_id"]


def test_a_table_of_an_older_version_gains_its_columns(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    with duckdb.connect(str(alice.file)) as connection:
        connection.execute(f"ALTER TABLE {DATASET}.profile_daily_metric DROP COLUMN shares")
        connection.execute(
            f"ALTER TABLE {DATASET}.profile_daily_metric ADD COLUMN mine VARCHAR DEFAULT 'kept'"
        )
    time.passes(days=1)
    assert alice.syncs(connector)["status"] == "succeeded"
    assert alice.asks(
        f"SELECT count(shares), count(mine) > 0 FROM {DATASET}.profile_daily_metric"
    ) == [(5, True)]


def test_a_column_of_another_type_is_refused_by_name(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    with duckdb.connect(str(alice.file)) as connection:
        connection.execute(f"ALTER TABLE {DATASET}.video_snapshot_metric ALTER likes TYPE BOOLEAN")
    time.passes(days=1)
    run = alice.syncs(connector)
    assert run["status"] == "failed"
    assert "likes" in run["error"]["message"]
    assert alice.asks(f"SELECT count(*) FROM {DATASET}.profile_snapshot_metric") == [
        (1,)
    ]  # nothing of it landed


def test_an_archive_that_cannot_be_written_stops_before_tiktok_is_asked(
    alice: Alice, connector: str, simulator: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    alice.settings["ARCHIVE_URL"] = str(tmp_path / "file" / "archive")
    simulator.world.journal.clear()
    run = alice.syncs(connector)
    assert run["status"] == "failed"
    assert run["error"]["code"] == "archive_unwritable"
    assert simulator.world.journal.count() == 0
    alice.settings["ARCHIVE_URL"] = ""
    assert alice.syncs(connector)["status"] == "succeeded"


def test_an_archive_that_was_deleted_meanwhile_is_fetched_anew(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    time.passes(days=1)
    with notebook(alice.file):
        failed = alice.syncs(connector)
    for file in alice.home.glob("archive/**/*.gz"):
        file.unlink()
    alice.syncs(connector)
    time.passes(minutes=5)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert alice.types("run", failed["run_id"], "--json").document["status"] in (
        "failed",
        "succeeded",
    )


@pytest.mark.parametrize("home", ["file/home", "file"])
def test_a_home_that_cannot_be_made_is_told_with_its_path(
    alice: Alice, tmp_path: Path, home: str
) -> None:
    (tmp_path / "file").write_text("")
    alice.settings["HOME"] = str(tmp_path / home)
    for words in (["connectors"], ["connect"], ["runs"], ["doctor"]):
        said = alice.types(*words, "--json")
        assert said.exit == 1, words
        assert str(tmp_path / "file") in said.out, words
        assert "Traceback" not in said.err


def test_a_store_that_is_no_database_is_left_alone(alice: Alice, connector: str) -> None:
    (alice.home / "store.db").write_bytes(b"hello, I am not a database at all" * 100)
    for extra in ("store.db-wal", "store.db-shm"):
        (alice.home / extra).unlink(missing_ok=True)
    said = alice.types("connectors", "--json")
    assert (said.exit, said.error["code"]) == (1, "store_unusable")


def test_another_encryption_key_is_told_as_such(alice: Alice, connector: str) -> None:
    (alice.home / "secret.key").unlink()
    said = alice.types("sync", connector, "--json")
    assert (said.exit, said.error["code"]) == (1, "wrong_secret_key")
    assert "secret.key" in said.error["advice"]


def test_the_home_is_readable_by_its_owner_alone(alice: Alice, connector: str) -> None:
    assert (alice.home / "secret.key").stat().st_mode & 0o077 == 0
    assert (alice.home / "store.db").stat().st_mode & 0o077 == 0


def test_a_sync_that_the_warehouse_never_takes_holds_no_later_one_up(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    """Somebody's own rule for the table refuses one sync's rows, and not those of another."""
    table = f"{DATASET}.profile_snapshot_metric"
    with duckdb.connect(str(alice.file)) as warehouse:
        warehouse.execute(f"CREATE UNIQUE INDEX mine ON {table} (followers_count)")
    time.passes(minutes=5)  # as many followers as before
    refused = alice.syncs(connector)
    assert (refused["status"], refused["error"]["code"]) == ("failed", "destination_refused")
    time.passes(days=1)
    simulator.world.account().followers += 10
    assert alice.syncs(connector)["status"] == "succeeded"
    stands = alice.types("run", refused["run_id"], "--json").document
    assert (stands["status"], stands["error"]["code"]) == ("failed", "destination_refused")
    assert "later sync was loaded" in stands["error"]["advice"]
    with duckdb.connect(str(alice.file)) as warehouse:
        warehouse.execute(f"USE {DATASET}; DROP INDEX mine")
    time.passes(days=1)
    assert alice.syncs(connector)["status"] == "succeeded"
    assert alice.rows("profile_snapshot_metric", "count(*)") == [
        (3,)
    ]  # it is not loaded over newer values


def test_what_was_refused_is_loaded_first_once_the_warehouse_takes_it(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    with duckdb.connect(str(alice.file)) as warehouse:
        warehouse.execute(
            f"CREATE UNIQUE INDEX mine ON {DATASET}.profile_snapshot_metric (username)"
        )
    for _ in range(2):
        time.passes(days=1)
        assert alice.syncs(connector)["error"]["code"] == "destination_refused"
    with duckdb.connect(str(alice.file)) as warehouse:
        warehouse.execute(f"USE {DATASET}; DROP INDEX mine")
    time.passes(days=1)
    alice.syncs(connector)
    assert alice.rows("profile_snapshot_metric", "count(*)") == [(4,)]
