"""A dataset has one account's rows, also after its connector was removed.

The warehouse shows which days exist.
"""

from __future__ import annotations

import os
import secrets
import threading
from pathlib import Path
from typing import Any

import pytest
from cast import DATASET, Alice
from story_time import StoryTime

from tiktok_organic.actions.connectors.move_connector import move
from tiktok_organic.history.table_columns import HISTORY
from tiktok_organic.history.views import views
from tiktok_organic.reports import REPORTS
from tiktok_organic.simulator import Simulator
from tiktok_organic.sync.progress import ProgressEvent

TEAROOM = "tiny.tearoom"
DAILY = ("--reports", "profile_daily_metric")
TABLES = [report.table for report in REPORTS.values()]


@pytest.fixture
def left_behind(alice: Alice) -> list[tuple[Any, ...]]:
    """The bakery's data, without its connector."""
    connector = alice.connects("--recover", "10")["id"]
    alice.types("remove", connector, "--yes")
    return alice.rows("profile_daily_metric")


def statuses(alice: Alice, connector: str) -> dict[str, str]:
    return {
        day["date"]: day["status"]
        for day in alice.types("coverage", connector, "--json").document["days"]
    }


def test_the_data_of_a_removed_connector_is_no_default_for_another_account(
    alice: Alice, simulator: Simulator, left_behind: list[tuple[Any, ...]]
) -> None:
    simulator.world.add_account(
        "Demo_Bakery", videos=3
    )  # its default name of a dataset is the same
    other = alice.connects("--sync", account="Demo_Bakery")
    assert other["dataset"] == f"{DATASET}_2"
    assert alice.types("remove", other["id"], "--delete-data", "--yes", "--json").exit == 0
    assert alice.rows("profile_daily_metric") == left_behind


@pytest.mark.parametrize(
    "reports",
    ["profile_daily_metric", "profile", "profile_snapshot_metric", "video_snapshot_metric"],
)
def test_data_of_another_account_is_refused_whatever_table_tells_it(
    alice: Alice, reports: str
) -> None:
    connector = alice.connects("--sync", "--reports", reports)["id"]
    alice.types("remove", connector, "--yes")
    answer = alice.browser.allows(TEAROOM)
    said = alice.types("connect", "--dataset", DATASET, "--json", answer=answer)
    assert (said.exit, said.error["code"]) == (1, "dataset_taken")
    assert alice.types("connectors", "--json").document == []


def test_an_account_comes_back_to_its_own_data(
    alice: Alice, left_behind: list[tuple[Any, ...]]
) -> None:
    assert alice.connects("--sync")["dataset"] == DATASET
    assert len(alice.rows("profile_daily_metric")) == len(left_behind)


def test_what_somebody_else_wrote_into_a_dataset_stops_the_sync_and_is_never_deleted(
    alice: Alice, time: StoryTime
) -> None:
    bakery, tearoom = alice.connects("--sync"), alice.connects("--sync", account=TEAROOM)
    with alice.app() as app, app.warehouse(bakery["destination"]) as warehouse:
        batches = list(warehouse.batches(tearoom["dataset"], TABLES[2]))
        with warehouse.load(DATASET, run="by hand", attempt=1) as loading:
            for batch in batches:
                loading.stage(TABLES[2], batch)
            loading.commit()
    before = alice.rows("profile_snapshot_metric")
    time.passes(days=1)
    run = alice.syncs(bakery["id"])
    assert (run["status"], run["error"]["code"]) == ("failed", "dataset_taken")
    assert alice.rows("profile_snapshot_metric") == before
    assert (
        alice.types("remove", bakery["id"], "--delete-data", "--yes", "--json").error["code"]
        == "dataset_taken"
    )
    assert alice.rows("profile_snapshot_metric") == before


def test_replaying_into_another_accounts_data_is_refused(
    alice: Alice, left_behind: list[tuple[Any, ...]]
) -> None:
    connector = alice.connects("--sync", account=TEAROOM)["id"]
    said = alice.types("replay", connector, "--dataset", DATASET, "--json")
    assert (said.exit, said.error["code"]) == (1, "dataset_taken")
    assert alice.rows("profile_daily_metric") == left_behind


@pytest.mark.skipif(
    not os.environ.get("TIKTOK_ORGANIC_TEST_POSTGRES"),
    reason="TIKTOK_ORGANIC_TEST_POSTGRES names no PostgreSQL",
)
def test_a_server_with_two_names_is_found_out_before_the_second_account_writes(
    alice: Alice,
) -> None:
    server, dataset = os.environ["TIKTOK_ORGANIC_TEST_POSTGRES"], f"twice_{secrets.token_hex(4)}"
    other = server.replace("127.0.0.1", "localhost")
    assert other != server
    try:
        bakery = alice.connects("--destination", server, "--dataset", dataset)["id"]
        tearoom = alice.connects("--destination", other, "--dataset", dataset, account=TEAROOM)[
            "id"
        ]
        assert alice.syncs(bakery)["status"] == "succeeded"
        assert alice.syncs(tearoom)["error"]["code"] == "dataset_taken"
    finally:
        with alice.app() as app, app.warehouse(server) as warehouse:
            warehouse.drop(
                dataset,
                [*(report.table for report in REPORTS.values()), *HISTORY.values()],
                views("UTC"),
            )


def test_a_warehouse_that_was_lost_is_filled_again_as_far_as_tiktok_reaches(
    alice: Alice, time: StoryTime
) -> None:
    connector = alice.connects("--recover", "30", *DAILY)["id"]
    for _ in range(4):
        time.passes(days=1)
        alice.syncs(connector)
    before = statuses(alice, connector)
    alice.file.unlink()
    time.passes(days=1)
    alice.syncs(connector)
    assert "missing" in statuses(alice, connector).values()
    alice.syncs(connector)
    after = statuses(alice, connector)
    assert [day for day in before if after[day] == "missing"] == []
    assert len(alice.rows("profile_daily_metric")) == len(before)


def test_a_warehouse_put_back_from_an_older_copy_gets_the_days_since(
    alice: Alice, time: StoryTime
) -> None:
    connector = alice.connects("--recover", "10", *DAILY)["id"]
    copy = alice.file.read_bytes()
    for _ in range(12):
        time.passes(days=1)
        alice.syncs(connector)
    full = alice.rows("profile_daily_metric", "date")
    alice.file.write_bytes(copy)
    for _ in range(2):
        alice.syncs(connector)
    assert alice.rows("profile_daily_metric", "date") == full


def test_after_a_loss_the_archive_fills_the_connectors_own_dataset(
    alice: Alice, time: StoryTime
) -> None:
    connector = alice.connects("--recover", "30")["id"]
    for _ in range(4):
        time.passes(days=1)
        alice.syncs(connector)
    known = statuses(alice, connector)
    columns = "COLUMNS(lambda c: c <> '_quanti_loaded_at')::VARCHAR"
    full = {table.name: alice.rows(table.name, columns) for table in TABLES}
    harmless = alice.types("replay", connector, "--dataset", DATASET, "--json")
    assert harmless.exit == 0, harmless
    assert {table.name: alice.rows(table.name, columns) for table in TABLES} == full
    alice.file.unlink()
    time.passes(days=1)
    alice.types("replay", connector, "--dataset", DATASET, "--json")
    assert {table.name: alice.rows(table.name, columns) for table in TABLES} == full
    yesterday = str(time.day(1))
    assert {
        day: status for day, status in statuses(alice, connector).items() if day != yesterday
    } == known


def test_an_archive_with_a_hole_fills_what_comes_before_it_and_the_next_sync_asks_for_the_rest(
    alice: Alice, time: StoryTime
) -> None:
    connector = alice.connects("--recover", "20", *DAILY)["id"]
    for _ in range(9):
        time.passes(days=1)
        run = alice.syncs(connector)
    known = statuses(alice, connector)
    assert "final" in known.values()
    alice.file.unlink()
    (alice.home / "archive" / run["archive"][0]).unlink()
    said = alice.types("replay", connector, "--dataset", DATASET, "--json")
    (skipped,) = said.document["skipped"]
    assert (said.exit, skipped["error"]["code"]) == (1, "archive_missing")
    replayed = {str(day) for (day,) in alice.rows("profile_daily_metric", "date")}
    assert {
        day for day, status in statuses(alice, connector).items() if status != "missing"
    } == replayed
    alice.syncs(connector)
    assert len(alice.rows("profile_daily_metric", "date")) == len(replayed) + 1


def test_a_weekly_schedule_asks_for_the_days_since_connecting(
    alice: Alice, time: StoryTime
) -> None:
    connector = alice.connects("--schedule", "weekly", *DAILY)["id"]
    time.passes(days=9)
    assert alice.syncs(connector)["window"]["from"] == str(time.day(9))
    assert next(iter(statuses(alice, connector))) == str(time.day(9))


def test_what_is_changed_while_a_connector_moves_is_kept(alice: Alice, tmp_path: Path) -> None:
    connector = alice.connects("--sync")["id"]

    def meanwhile(event: ProgressEvent) -> None:
        """Another person uses another terminal."""
        threads = [threading.Thread(target=alice.types, args=words) for words in (
            ("pause", connector), ("edit", connector, "--name", "Bread", "--hour", "9"),
        )]  # fmt: skip
        for thread in threads:
            thread.start()
            thread.join()

    with alice.app() as app:
        move(
            app,
            app.connectors.get(connector),
            f"duckdb:///{tmp_path}/second.duckdb",
            None,
            meanwhile,
        )
    document = alice.types("show", connector, "--json").document
    assert (document["name"], document["hour"], document["state"]) == ("Bread", 9, "paused")
    assert document["destination"].endswith("second.duckdb")
