"""Nothing is erased by absence, and what changed about the account doubles or loses no row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cast import Alice, Browser
from story_time import StoryTime

from tiktok_organic.simulator import Simulator

DATASET = "tiktokorganic_demo_bakery"
DAYS = f"{DATASET}.profile_daily_metric"


def run_well(alice: Alice, connector: str) -> dict[str, Any]:
    run = alice.syncs(connector)
    assert run["status"] == "succeeded", run
    return run


@pytest.fixture
def daily(alice: Alice) -> Callable[[], dict[Any, dict[str, Any]]]:
    """The daily table without the time of writing (it has none) as text by date."""
    return lambda: alice.table("profile_daily_metric", "date")


@pytest.mark.parametrize("kind", ["absent", "null", "empty_list"])
def test_a_stored_day_is_never_replaced_by_nothing(
    alice: Alice,
    simulator: Simulator,
    time: StoryTime,
    daily: Callable[[], dict[Any, dict[str, Any]]],
    kind: str,
) -> None:
    time.passes(days=10)
    connector = alice.connects("--sync", "--reports", "profile_daily_metric")["id"]
    before = daily()
    names = ["likes", "video_views", "bio_link_clicks", "audience_activity"]
    faults = simulator.world.faults
    for index in range(5):
        if kind == "absent":
            faults.add("missing_fields", where="metrics", index=index, fields=names)
        elif kind == "null":
            faults.add("bad_values", where="metrics", index=index, fields=names, kind="null")
        else:
            faults.add(
                "bad_values",
                where="metrics",
                index=index,
                fields=["audience_activity"],
                kind="given",
                value=[],
            )
    time.passes(minutes=5)
    run_well(alice, connector)
    assert daily() == before


@pytest.mark.parametrize("fault", ["metrics_missing", "metrics_null"])
def test_a_missing_series_erases_nothing(
    alice: Alice,
    simulator: Simulator,
    time: StoryTime,
    daily: Callable[[], dict[Any, dict[str, Any]]],
    fault: str,
) -> None:
    connector = alice.connects("--sync", "--reports", "profile_daily_metric")["id"]
    before = daily()
    simulator.world.faults.add(fault, "/business/get/")
    assert run_well(alice, connector)["reports"]["profile_daily_metric"]["rows"] == 0
    assert daily() == before


def test_a_value_that_cannot_be_read_erases_nothing_either(
    alice: Alice,
    simulator: Simulator,
    time: StoryTime,
    daily: Callable[[], dict[Any, dict[str, Any]]],
) -> None:
    time.passes(days=10)
    connector = alice.connects("--sync", "--reports", "profile_daily_metric")["id"]
    before = daily()
    simulator.world.faults.add(
        "bad_values", where="metrics", index=None, fields=["likes"], kind="text"
    )
    run = run_well(alice, connector)
    assert daily() == before
    assert run["findings"]["unreadable_values"]


def test_a_corrected_value_replaces_the_stored_one(
    alice: Alice, time: StoryTime, daily: Callable[[], dict[Any, dict[str, Any]]]
) -> None:
    connector = alice.connects("--sync", "--reports", "profile_daily_metric")["id"]
    before = daily()["2026-03-09"]["video_views"]
    time.passes(days=4)
    run_well(alice, connector)
    assert int(daily()["2026-03-09"]["video_views"]) > int(before)


def test_a_zero_is_a_value_and_replaces(
    alice: Alice, simulator: Simulator, daily: Callable[[], dict[Any, dict[str, Any]]]
) -> None:
    connector = alice.connects("--sync", "--reports", "profile_daily_metric")["id"]
    simulator.world.faults.add(
        "bad_values", where="metrics", index=0, fields=["likes"], kind="given", value=0
    )
    run_well(alice, connector)
    assert daily()["2026-03-06"]["likes"] == "0"


def test_a_snapshot_states_what_tiktok_said_at_that_moment(
    alice: Alice, simulator: Simulator, time: StoryTime
) -> None:
    connector = alice.connects("--sync")["id"]
    simulator.world.faults.add(
        "missing_fields", "/business/get/", where="data", fields=["total_likes", "audience_ages"]
    )
    simulator.world.faults.add(
        "missing_fields", "/video/list/", fields=["likes"], index=None, count=None
    )
    time.passes(days=1)
    run_well(alice, connector)
    snapshots = alice.table("profile_snapshot_metric", "_quanti_sync_date")
    assert [row["total_likes"] is None for _, row in sorted(snapshots.items())] == [False, True]
    assert alice.asks(
        f"SELECT count(likes) FROM {DATASET}.video_snapshot_metric "
        "GROUP BY _quanti_sync_date ORDER BY _quanti_sync_date"
    ) == [(57,), (0,)]


def test_a_rename_neither_doubles_nor_loses_a_row(
    alice: Alice,
    simulator: Simulator,
    time: StoryTime,
    daily: Callable[[], dict[Any, dict[str, Any]]],
) -> None:
    connector = alice.connects("--sync")["id"]
    before = daily()
    simulator.world.rename("demo.bakery", "bakery.berlin")
    time.passes(days=1)
    run = run_well(alice, connector)
    assert any(
        "demo.bakery" in warning and "bakery.berlin" in warning for warning in run["warnings"]
    )
    after = daily()
    assert len(after) == len(before) + 1
    for day, row in before.items():
        assert (after[day]["username"], after[day]["_quanti_id"]) == (
            "demo.bakery",
            row["_quanti_id"],
        )
    assert after["2026-03-10"]["_quanti_id"] == "bakery.berlin|2026-03-10"
    assert list(alice.table("profile", "username")) == ["bakery.berlin"]
    names = {
        row["username"]
        for row in alice.table("profile_snapshot_metric", "_quanti_sync_date").values()
    }
    assert names == {"demo.bakery", "bakery.berlin"}


def test_a_rename_is_remembered_by_the_connector_and_changes_neither_its_name_nor_its_dataset(
    alice: Alice, simulator: Simulator
) -> None:
    before = alice.connects("--sync")
    simulator.world.rename("demo.bakery", "bakery.berlin")
    run_well(alice, before["id"])
    after = alice.types("show", before["id"], "--json").document
    assert (after["username"], after["former_usernames"]) == ("bakery.berlin", ["demo.bakery"])
    assert (after["name"], after["dataset"]) == (before["name"], before["dataset"])


def test_a_name_that_comes_back_keeps_one_profile_row(
    alice: Alice, simulator: Simulator, time: StoryTime
) -> None:
    connector = alice.connects("--sync")["id"]
    for old, new in (
        ("demo.bakery", "b.two"),
        ("b.two", "b.three"),
        ("b.three", "demo.bakery"),
        ("demo.bakery", "b.two"),
    ):
        simulator.world.rename(old, new)
        time.passes(hours=1)
        run_well(alice, connector)
        assert list(alice.table("profile", "username")) == [new]


def test_a_rename_while_the_profile_report_is_off_leaves_no_old_row_later(
    alice: Alice, simulator: Simulator, time: StoryTime
) -> None:
    connector = alice.connects("--sync")["id"]
    alice.types("edit", connector, "--reports", "profile_daily_metric")
    simulator.world.rename("demo.bakery", "bakery.berlin")
    run_well(alice, connector)
    alice.types("edit", connector, "--reports", "profile")
    run_well(alice, connector)
    assert list(alice.table("profile", "username")) == ["bakery.berlin"]


def test_a_rename_between_the_requests_of_one_sync(alice: Alice, simulator: Simulator) -> None:
    connector = alice.connects("--sync")["id"]
    simulator.world.faults.add("renamed", "/business/video/list/", username="bakery.berlin")
    run_well(alice, connector)
    run_well(alice, connector)
    assert list(alice.table("profile", "username")) == ["bakery.berlin"]


def test_an_answer_without_the_username_keeps_the_known_one(
    alice: Alice, simulator: Simulator
) -> None:
    connector = alice.connects("--sync")["id"]
    simulator.world.faults.add("username_missing", "/business/get/")
    run_well(alice, connector)
    assert list(alice.table("profile", "username")) == ["demo.bakery"]


def test_an_account_that_turns_personal_is_still_synced_with_a_warning(
    alice: Alice, simulator: Simulator, time: StoryTime
) -> None:
    connector = alice.connects("--sync")["id"]
    account = simulator.world.account()
    account.is_business_account = account.is_registered = False
    time.passes(days=3)
    said = alice.types("sync", connector, "--json")
    assert (said.exit, said.document["status"]) == (0, "succeeded")
    assert any(
        "Personal" in warning and "Switch to Professional account" in warning
        for warning in said.document["warnings"]
    )
    assert alice.rows("profile", "is_business_account") == [(False,)]
    known = alice.asks(
        f"SELECT count(*), count(daily_new_followers) FROM {DAYS} WHERE date < '2026-03-10'"
    )
    assert known == [(4, 4)]  # the known earlier days are not changed
    assert alice.types("show", connector, "--json").document["state"] == "active"


def test_a_personal_account_can_be_reconnected(
    alice: Alice, simulator: Simulator, browser: Browser
) -> None:
    connector = alice.connects("--sync")["id"]
    simulator.world.account().is_business_account = False
    said = alice.types("reconnect", connector, "--json", answer=browser.allows())
    assert said.exit == 0
