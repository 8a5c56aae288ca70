"""`why`: where a number came from, what it was before, and why it is empty."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from cast import Alice
from story_time import StoryTime

from tiktok_organic.simulator import Simulator

DATASET = "tiktokorganic_demo_bakery"
DAILY = "profile_daily_metric"
VIDEOS = "video_snapshot_metric"


@pytest.fixture
def bakery(alice: Alice) -> str:
    return str(alice.connects("--sync")["id"])


@pytest.fixture
def why(alice: Alice, bakery: str) -> Callable[..., Any]:
    def asks(table: str, key: str, column: str) -> Any:
        said = alice.types("why", bakery, table, key, column, "--json")
        assert said.exit == 0, said
        return said.document

    return asks


@pytest.fixture
def refused(alice: Alice, bakery: str) -> Callable[..., dict[str, str]]:
    def asks(*words: str) -> Any:
        said = alice.types("why", bakery, *words, "--json")
        assert said.exit == 1
        return said.error

    return asks


def answer_of(alice: Alice, document: dict[str, Any]) -> tuple[Any, Any]:
    """The archived answer that the document names, as its head and its body."""
    answer = document["answer"]
    with gzip.open(alice.home / "archive" / answer["file"]) as file:
        while line := file.readline():
            head = json.loads(line)
            body = file.read(head.get("bytes", 0))
            file.readline()
            if head.get("number") == answer["member"]:
                return head, json.loads(body)
    raise AssertionError("no such member")


def test_a_days_value_leads_to_tiktoks_own_answer(alice: Alice, why: Callable[..., Any]) -> None:
    document = why(DAILY, "2026-03-08", "video_views")
    assert (
        document["value"]
        == alice.asks(f"SELECT video_views FROM {DATASET}.{DAILY} WHERE date = '2026-03-08'")[0][0]
    )
    head, body = answer_of(alice, document)
    assert document["request_id"] == head["request_id"] == body["request_id"]
    day = next(one for one in body["data"]["metrics"] if one["date"] == "2026-03-08")
    assert day["video_views"] == document["value"] == json.loads(document["answer"]["sent"])
    run = alice.types("run", document["run_id"], "--json").document
    assert run["sync_date"] == document["sync_date"]
    assert document["answer"]["file"] in json.dumps(run["archive"])


@pytest.mark.parametrize("key", ["demo.bakery|2026-03-08", "2026-03-08"])
def test_the_account_may_be_left_out_of_the_key(why: Callable[..., Any], key: str) -> None:
    assert why(DAILY, key, "likes")["key"] == {"username": "demo.bakery", "date": "2026-03-08"}


def test_a_corrected_day_names_its_former_value_and_the_newest_answer(
    alice: Alice, why: Callable[..., Any], time: StoryTime, bakery: str
) -> None:
    before = why(DAILY, "2026-03-09", "video_views")
    time.passes(days=4)
    second = alice.syncs(bakery)
    after = why(DAILY, "2026-03-09", "video_views")
    assert after["value"] > before["value"]
    assert [one["value"] for one in after["earlier"]] == [before["value"]]
    assert after["earlier"][0]["replaced_at"] == second["sync_date"]
    assert after["earlier"][0]["sync_date"] == before["sync_date"]
    assert after["run_id"] == second["run_id"]


def test_a_value_that_tiktok_leaves_out_later_comes_from_the_sync_that_sent_it(
    alice: Alice, why: Callable[..., Any], time: StoryTime, bakery: str, simulator: Simulator
) -> None:
    first = why(DAILY, "2026-03-07", "likes")
    simulator.world.faults.add(
        "missing_fields", where="metrics", index=None, fields=["likes"], count=None
    )
    time.passes(days=1)
    alice.syncs(bakery)
    again = why(DAILY, "2026-03-07", "likes")
    assert (again["value"], again["run_id"]) == (first["value"], first["run_id"])


def test_a_videos_value_leads_to_the_page_that_listed_it(
    alice: Alice, why: Callable[..., Any], time: StoryTime, bakery: str
) -> None:
    time.passes(days=1)
    second = alice.syncs(bakery)
    ((item, views),) = alice.asks(
        f"SELECT item_id, video_views FROM {DATASET}.{VIDEOS} ORDER BY create_time, "
        "_quanti_sync_date DESC LIMIT 1"
    )
    document = why(VIDEOS, item, "video_views")
    assert (document["value"], document["sync_date"]) == (views, second["sync_date"])
    _, body = answer_of(alice, document)
    assert views in [
        one.get("video_views") for one in body["data"]["videos"] if one["item_id"] == item
    ]
    assert len(document["earlier"]) == 1
    older = why(VIDEOS, f"{item}|{document['earlier'][0]['sync_date']}", "video_views")
    assert older["value"] == document["earlier"][0]["value"]
    assert older["earlier"] == []


def test_a_day_of_a_sync_names_the_snapshot_of_that_day(
    alice: Alice, why: Callable[..., Any], time: StoryTime, bakery: str
) -> None:
    time.passes(days=1)
    alice.syncs(bakery)
    document = why("profile_snapshot_metric", "2026-03-11", "followers_count")
    assert document["sync_date"].startswith("2026-03-11")


def test_every_empty_value_has_the_reason_of_the_view(alice: Alice) -> None:
    bakery = alice.connects("--sync", withhold=["video.insights", "user.info.profile"])["id"]
    rows = alice.asks(
        f"SELECT table_name, column_name, coalesce(item_id, CAST(date AS VARCHAR), ''), reason "
        f"FROM {DATASET}.absence"
    )
    one_of_each = {(table, reason): (column, key) for table, column, key, reason in rows}
    assert len(one_of_each) >= 2
    for (table, reason), (column, key) in one_of_each.items():
        document = alice.types("why", bakery, table, key, column, "--json").document
        assert document["empty"]["reason"] == reason
        assert document["empty"]["sentence"]


def test_the_reasons_of_past_snapshots_are_those_that_the_view_told_then(
    alice: Alice, why: Callable[..., Any], time: StoryTime, bakery: str, simulator: Simulator
) -> None:
    simulator.world.faults.add(
        "missing_fields", "/video/list/", fields=["likes"], index=0, count=None
    )
    time.passes(days=1)
    run = alice.syncs(bakery)
    told = alice.asks(
        f"SELECT table_name, column_name, item_id, reason FROM {DATASET}.absence "
        "WHERE table_name LIKE '%snapshot_metric'"
    )
    time.passes(days=1)
    alice.syncs(bakery)
    kinds = {(table, column, reason): item for table, column, item, reason in told}
    for (table, column, reason), item in kinds.items():
        key = f"{item}|{run['sync_date']}" if item else run["sync_date"]
        assert why(table, key, column)["empty"]["reason"] == reason, (table, column, item)


def test_a_value_of_a_view_names_the_tables_that_it_is_computed_from(
    why: Callable[..., Any],
) -> None:
    document = why("account_daily", "2026-03-08", "net_followers")
    assert DAILY in document["computed_from"]
    assert {"table": DAILY, "key": "2026-03-08", "column": "daily_new_followers"} in document[
        "inputs"
    ]


def test_a_pruned_answer_is_said_to_be_missing(alice: Alice, why: Callable[..., Any]) -> None:
    for path in (alice.home / "archive").rglob("*.gz"):
        path.unlink()
    document = why(DAILY, "2026-03-08", "video_views")
    assert document["answer"] is None
    assert "missing" in document["answer_missing"]
    assert document["run_id"]


def test_an_unknown_table_is_refused_with_those_that_exist(
    refused: Callable[..., dict[str, str]],
) -> None:
    error = refused("profile_daily", "2026-03-08", "likes")
    assert error["code"] == "unknown_table"
    assert {DAILY, "video_daily", "sync_run"} <= set(
        error["advice"].rstrip(".").replace(",", "").split()
    )


def test_an_unknown_column_is_refused_with_those_that_exist(
    refused: Callable[..., dict[str, str]],
) -> None:
    error = refused(DAILY, "2026-03-08", "views")
    assert error["code"] == "unknown_column"
    assert "video_views" in error["advice"]


def test_a_day_without_a_row_is_refused_with_its_state_and_those_that_exist(
    refused: Callable[..., dict[str, str]],
) -> None:
    error = refused(DAILY, "2026-03-10", "likes")
    assert error["code"] == "unknown_key"
    assert "missing" in error["message"]
    assert "2026-03-06" in error["advice"]


@pytest.mark.parametrize("key", ["yesterday", "demo.bakery|2026-03-08|1", ""])
def test_a_key_that_cannot_be_read_is_refused_with_an_example(
    refused: Callable[..., dict[str, str]], key: str
) -> None:
    error = refused(DAILY, key, "likes")
    assert error["code"] == "bad_value"
    assert "2026-11-01" in error["advice"]


@pytest.mark.parametrize(
    "key",
    ["9999-12-31", "0001-01-01", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"],
)
def test_the_first_and_the_last_moment_that_exist_are_refused_like_others(
    refused: Callable[..., dict[str, str]], key: str
) -> None:
    error = refused("profile_snapshot_metric", key, "followers_count")
    assert error["code"] == "unknown_key"


def test_a_number_that_no_column_can_hold_is_refused(
    refused: Callable[..., dict[str, str]],
) -> None:
    error = refused("video_by_age", f"1|{10**30}", "video_views")
    assert error["code"] == "bad_value"


def test_the_key_of_another_account_is_refused(refused: Callable[..., dict[str, str]]) -> None:
    error = refused(DAILY, "somebody|2026-03-08", "likes")
    assert error["code"] == "unknown_key"


def test_people_read_the_same_in_words(alice: Alice, bakery: str) -> None:
    said = alice.types("why", bakery, DAILY, "2026-03-08", "video_views")
    assert said.exit == 0
    for word in ("request id", "archived answer", "member", "provisional"):
        assert word in said.out
