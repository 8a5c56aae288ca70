"""The four tables in DuckDB, held against the contract with those who query them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from cast import Alice
from story_time import StoryTime

from tiktok_organic.reports import REPORTS
from tiktok_organic.simulator import Simulator

CONTRACT = Path(__file__).parents[2] / "docs" / "tables.yaml"
TYPES = {
    "STRING": "VARCHAR", "INTEGER": "BIGINT", "FLOAT": "DOUBLE", "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip
DATASET = "tiktokorganic_demo_bakery"


@pytest.fixture
def contract() -> Any:
    return yaml.safe_load(CONTRACT.read_text())


def described(alice: Alice, table: str) -> list[tuple[Any, ...]]:
    return alice.asks(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = ? "
        "AND table_name = ? "
        "ORDER BY ordinal_position",
        DATASET,
        table,
    )


def test_names_types_and_order_are_those_of_the_contract(alice: Alice, contract: Any) -> None:
    alice.connects("--sync")
    for table, meant in contract.items():
        assert described(alice, table) == [
            (c["name"], TYPES[c["type"]]) for c in meant["columns"]
        ], table
    tables = alice.asks(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", DATASET
    )
    assert {name for (name,) in tables} >= set(contract)


def test_tables_and_columns_carry_their_meaning(alice: Alice) -> None:
    alice.connects("--sync")
    assert alice.asks(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'warehouse' AND comment IS NULL"
    ) == [(0,)]
    assert alice.asks(
        "SELECT count(*) FROM duckdb_columns() WHERE database_name = 'warehouse' AND NOT "
        "internal AND comment IS NULL"
    ) == [(0,)]


def test_required_columns_are_never_null_and_keys_are_unique(
    alice: Alice, contract: Any, time: StoryTime
) -> None:
    connector = alice.connects("--recover", "60")["id"]
    for _ in range(3):
        time.passes(hours=20)
        alice.syncs(connector)
    for table, meant in contract.items():
        for column in meant["columns"]:
            if column.get("required"):
                assert alice.asks(
                    f"SELECT count(*) FROM {DATASET}.{table} WHERE {column['name']} IS NULL"
                ) == [(0,)]
        key = ", ".join(meant["key"])
        assert (
            alice.asks(f"SELECT {key} FROM {DATASET}.{table} GROUP BY ALL HAVING count(*) > 1")
            == []
        )


def test_a_day_is_what_tiktok_says_of_it(
    alice: Alice, simulator: Simulator, time: StoryTime
) -> None:
    time.passes(days=10)
    alice.connects("--recover", "30")
    truth = _truth(simulator, time)
    (row,) = [
        row
        for date, row in alice.table("profile_daily_metric", "date").items()
        if date == truth["date"]
    ]
    assert row["_quanti_id"] == f"demo.bakery|{truth['date']}"
    assert row["_quanti_date"] == row["date"]
    assert row["_quanti_ad_account"] == simulator.world.account().open_id
    for name in (
        "video_views",
        "likes",
        "comments",
        "shares",
        "profile_views",
        "unique_video_views",
        "daily_new_followers",
        "daily_lost_followers",
        "engaged_audience",
        "bio_link_clicks",
    ):
        assert row[name] == str(truth[name]), name
    assert row["audience_activity"].startswith('[{"hour":"0","count":')
    assert " " not in row["audience_activity"]


def test_moments_are_utc_with_microseconds(alice: Alice, time: StoryTime) -> None:
    time.passes(microseconds=123456)
    alice.connects("--sync")
    (row,) = alice.table("profile_snapshot_metric", "username").values()
    assert row["_quanti_sync_date"] == "2026-03-11 15:00:00.123456+00"


def test_the_moment_is_the_same_in_every_table_of_a_sync(alice: Alice) -> None:
    moment = alice.connects("--sync")["last_run"]["sync_date"]
    for table in ("profile_snapshot_metric", "video_snapshot_metric"):
        found = alice.asks(f"SELECT DISTINCT _quanti_sync_date::VARCHAR FROM {DATASET}.{table}")
        assert found == [(moment[:19].replace("T", " ") + "+00",)]


def test_every_sync_adds_one_row_per_video_and_one_of_the_account(
    alice: Alice, time: StoryTime, simulator: Simulator
) -> None:
    connector = alice.connects("--sync")["id"]
    time.passes(days=1)
    simulator.world.account().posts.remove(
        simulator.world.account().posts.page(10**14, 1)[0].item_id
    )
    alice.syncs(connector)
    moments = (
        f"SELECT count(*) FROM {DATASET}.video_snapshot_metric GROUP BY _quanti_sync_date "
        "ORDER BY 1"
    )
    assert alice.asks(moments) == [(56,), (57,)]
    assert alice.asks(f"SELECT count(*) FROM {DATASET}.profile_snapshot_metric") == [(2,)]
    assert alice.asks(f"SELECT count(*) FROM {DATASET}.profile") == [(1,)]


def test_only_the_selected_reports_have_tables(alice: Alice) -> None:
    alice.connects("--reports", "profile", "--sync")
    tables = {name for (name,) in alice.asks("SELECT table_name FROM information_schema.tables")}
    assert tables & set(REPORTS) == {"profile"}
    assert tables.isdisjoint({"video_latest", "account_daily"})  # they would have nothing to read
    assert "sync_run" in tables


def test_tables_without_a_row_exist_after_the_first_sync(
    alice: Alice, simulator: Simulator
) -> None:
    simulator.world.add_account("new.shop", videos=0)
    simulator.world.faults.add("metrics_missing", "/business/get/", count=None)
    run = alice.connects("--sync", account="new.shop")["last_run"]
    assert run["status"] == "succeeded"
    assert alice.asks("SELECT count(*) FROM tiktokorganic_new_shop.video_snapshot_metric") == [(0,)]
    assert alice.asks("SELECT count(*) FROM tiktokorganic_new_shop.profile_daily_metric") == [(0,)]


def test_below_100_followers_audiences_are_empty_lists_and_not_nothing(alice: Alice) -> None:
    alice.connects("--sync", account="tiny.tearoom")
    (row,) = alice.table(
        "profile_snapshot_metric", "username", "tiktokorganic_tiny_tearoom"
    ).values()
    assert (row["audience_countries"], row["audience_ages"]) == ("[]", "[]")


def test_when_tiktok_sends_no_audience_it_is_null(alice: Alice, simulator: Simulator) -> None:
    simulator.world.settings.update(small_audience="absent")
    alice.connects("--sync", account="tiny.tearoom")
    (row,) = alice.table(
        "profile_snapshot_metric", "username", "tiktokorganic_tiny_tearoom"
    ).values()
    assert (row["audience_countries"], row["audience_ages"]) == (None, None)


def test_an_idle_video_states_its_perishable_metrics_as_null(
    alice: Alice, simulator: Simulator
) -> None:
    simulator.world.settings.update(idle_posts="all")
    alice.connects("--sync")
    assert alice.asks(
        "SELECT count(*), count(likes), count(reach), count(total_time_watched), "
        "count(impression_sources), "
        f"count(audience_countries) FROM {DATASET}.video_snapshot_metric"
    ) == [(57, 57, 0, 0, 0, 0)]


def test_a_big_account_arrives_whole_over_awkward_pages(alice: Alice, simulator: Simulator) -> None:
    simulator.world.settings.update(short_pages=True, empty_pages_every=5, duplicate_posts_every=7)
    alice.connects("--sync", account="big.outdoors")
    assert alice.asks(
        "SELECT count(*), count(DISTINCT item_id) FROM "
        "tiktokorganic_big_outdoors.video_snapshot_metric"
    ) == [(2300, 2300)]


def _truth(simulator: Simulator, time: StoryTime) -> dict[str, Any]:
    from tiktok_organic.simulator.accounts.days import LAST_STAGE, day_values

    world, day = simulator.world, time.day(20)
    return {"date": day.isoformat(), **day_values(world.account(), day, LAST_STAGE, world.settings)}
