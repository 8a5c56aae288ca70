"""History tables and views, as a user finds them in the warehouse."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
from cast import Alice
from story_time import StoryTime

from tiktok_organic.history.table_columns import HISTORY
from tiktok_organic.history.views import views
from tiktok_organic.simulator import Simulator

DATASET = "tiktokorganic_demo_bakery"
VIEWS = [view.name for view in views("UTC")]


@pytest.fixture
def connector(alice: Alice) -> str:
    return str(alice.connects("--recover", "30")["id"])


def names(alice: Alice, dataset: str = DATASET) -> set[str]:
    return {
        name
        for (name,) in alice.asks(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", dataset
        )
    }


def writes(alice: Alice, *statements: str) -> None:
    """As a person does, with a tool of their own."""
    with duckdb.connect(str(alice.file)) as connection:
        for statement in statements:
            connection.execute(statement)


def history(alice: Alice, dataset: str = DATASET) -> dict[str, list[tuple[Any, ...]]]:
    """The history tables, without what a replay cannot know."""
    unknown = "'requests', 'started_at', 'finished_at'"
    columns = f"COLUMNS(lambda c: c NOT IN ({unknown}))::VARCHAR"
    return {
        name: sorted(alice.asks(f"SELECT {columns} FROM {dataset}.{name}"), key=repr)
        for name in HISTORY
    }


def test_every_table_and_view_of_the_contract_is_there_after_a_sync(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    for _ in range(3):
        alice.syncs(connector)
        time.passes(days=1)
    assert names(alice) >= {*HISTORY, *VIEWS}
    for name in VIEWS:
        alice.asks(f"SELECT * FROM {DATASET}.{name}")
    syncs = alice.asks(f"SELECT run_id, status, reports FROM {DATASET}.sync_run ORDER BY 1")
    runs = {run["run_id"]: run for run in alice.types("runs", connector, "--json").document}
    assert {run for run, *_ in syncs} == set(runs)
    for run, status, reports in syncs:
        assert status == runs[run]["status"]
        told = {name: result["rows"] for name, result in json.loads(reports).items()}
        assert told == {name: result["rows"] for name, result in runs[run]["reports"].items()}


def test_what_a_new_video_gained_adds_up_to_its_counter(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    for _ in range(4):
        alice.syncs(connector)
        time.passes(days=1)
    sums = f"""
        SELECT item_id, sum(video_views) AS gained FROM {DATASET}.video_daily GROUP BY item_id"""
    known = f"""
        SELECT item_id, arg_max(s.video_views, _quanti_sync_date) AS last,
               CASE WHEN any_value(v.create_time) > (
                    SELECT min(coalesce(data_time, sync_date - INTERVAL 36 HOUR))
                    FROM {DATASET}.sync_run)
                    THEN 0 ELSE arg_min(s.video_views, _quanti_sync_date) END AS first
        FROM {DATASET}.video_snapshot_metric s JOIN {DATASET}.video v USING (item_id)
        WHERE s.video_views IS NOT NULL GROUP BY item_id"""
    both = (
        f"SELECT count(*), sum(gained), sum(last - first) FROM ({sums}) JOIN ({known}) USING "
        "(item_id)"
    )
    wrong = f"SELECT * FROM ({sums}) JOIN ({known}) USING (item_id) WHERE gained <> last - first"
    assert alice.asks(wrong) == []
    count, gained, meant = alice.asks(both)[0]
    assert count >= 57
    assert gained == meant > 0


def test_the_days_of_coverage_are_those_that_the_command_tells(
    alice: Alice, connector: str
) -> None:
    told = alice.types("coverage", connector, "--json").document
    found = alice.asks(f"SELECT date::VARCHAR, state FROM {DATASET}.coverage_day ORDER BY 1")
    assert found == [(day["date"], day["status"]) for day in told["days"]]


def test_a_connector_of_before_gains_its_history_from_the_archive(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    for _ in range(3):
        time.passes(days=1)
        alice.syncs(connector)
    before = history(alice)
    writes(
        alice,
        *(f"DROP VIEW {DATASET}.{name}" for name in reversed(VIEWS)),
        *(f"DROP TABLE {DATASET}.{name}" for name in HISTORY),
    )
    time.passes(days=1)
    alice.syncs(connector)
    after = history(alice)
    newest = max(row[0] for row in after["sync_run"])
    assert [row for row in after["sync_run"] if row[0] != newest] == before["sync_run"]
    assert len(after["video"]) >= len(before["video"])
    assert names(alice) >= {*HISTORY, *VIEWS}


def described(alice: Alice) -> set[tuple[str, str]]:
    return set(alice.asks(f"SELECT table_name, column_name FROM {DATASET}.metric_definition"))


def stored_columns(alice: Alice) -> set[tuple[str, str]]:
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = ?"
    return set(alice.asks(query, DATASET))


@pytest.mark.parametrize(
    "options", [(), ("--reports", "video_snapshot_metric"), ("--no-views",)], ids=" ".join
)
def test_metric_definition_describes_exactly_the_columns_of_the_dataset(
    alice: Alice, options: tuple[str, ...]
) -> None:
    connector = alice.connects(*options)["id"]
    alice.syncs(connector)
    assert described(alice) == stored_columns(alice)
    alice.types("edit", connector, "--reports", "profile,video_snapshot_metric", "--views")
    alice.syncs(connector)
    assert described(alice) == stored_columns(alice)
    alice.types("replay", connector, "--dataset", "again", "--json")
    query = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'again'"
    assert alice.asks("SELECT count(*) FROM again.metric_definition") == alice.asks(query)


def test_replay_builds_the_history_again(alice: Alice, connector: str, time: StoryTime) -> None:
    for _ in range(3):
        time.passes(days=1)
        alice.syncs(connector)
    alice.types("replay", connector, "--dataset", "again", "--json")
    replayed = history(alice, "again")
    for name in ("profile_daily_metric_change", "account_username", "video", "metric_definition"):
        assert replayed[name] == history(alice)[name], name
    assert len(replayed["sync_run"]) == len(history(alice)["sync_run"])


def test_a_persons_own_view_stays_and_the_run_says_so(alice: Alice, connector: str) -> None:
    alice.syncs(connector)
    writes(
        alice,
        f"DROP VIEW {DATASET}.video_hashtag",
        f"CREATE VIEW {DATASET}.video_hashtag AS SELECT 'mine' AS hashtag",
    )
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert any("video_hashtag" in warning for warning in run["warnings"])
    assert alice.asks(f"SELECT hashtag FROM {DATASET}.video_hashtag") == [("mine",)]


def test_a_persons_own_table_stays_and_everything_else_is_loaded(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    alice.syncs(connector)
    everything, first = names(alice), history(alice)["video"][0]
    writes(
        alice,
        f"DROP TABLE {DATASET}.video",
        f"DROP TABLE {DATASET}.sync_run",
        f"CREATE TABLE {DATASET}.video (item_id INTEGER, first_seen VARCHAR)",
        f"INSERT INTO {DATASET}.video VALUES (1, 'mine')",
        f"CREATE VIEW {DATASET}.sync_run AS SELECT 'mine' AS status",
    )
    time.passes(days=1)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert all(result["rows"] for result in run["reports"].values())
    told = "\n".join(run["warnings"])
    assert "The table video was not written: a table of that name exists" in told
    assert "The table sync_run was not written: a view of that name exists" in told
    assert "The view video_daily was not made: it reads sync_run, video" in told
    assert alice.asks(f"SELECT * FROM {DATASET}.video") == [(1, "mine")]
    assert alice.asks(f"SELECT * FROM {DATASET}.sync_run") == [("mine",)]
    writes(alice, f"DROP TABLE {DATASET}.video", f"DROP VIEW {DATASET}.sync_run")
    time.passes(days=1)
    assert alice.syncs(connector)["warnings"] == []
    assert names(alice) == everything
    assert (first[0], first[7]) in alice.asks(
        f"SELECT item_id, first_seen::VARCHAR FROM {DATASET}.video"
    )
    assert alice.asks(f"SELECT count(*) > 0 FROM {DATASET}.video_daily") == [(True,)]


@pytest.mark.parametrize(
    "lost", ["DROP TABLE {}.sync_run", "DELETE FROM {}.sync_run", "DROP TABLE {}.video"]
)
def test_a_history_table_that_was_lost_is_built_again_from_the_archive(
    alice: Alice, connector: str, time: StoryTime, lost: str
) -> None:
    for _ in range(2):
        alice.syncs(connector)
        time.passes(days=1)
    ask = f"SELECT item_id, first_seen::VARCHAR FROM {DATASET}.video ORDER BY 1"
    before = alice.asks(ask), alice.asks(f"SELECT run_id FROM {DATASET}.sync_run ORDER BY 1")
    writes(alice, lost.format(DATASET))
    alice.syncs(connector)
    assert set(before[0]) <= set(alice.asks(ask))
    assert set(before[1]) < set(alice.asks(f"SELECT run_id FROM {DATASET}.sync_run"))


def test_a_failed_sync_is_told_with_the_next_one_that_lands(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    time.passes(days=1)
    simulator.world.faults.add("not_json", count=None)
    failed = alice.syncs(connector)
    simulator.world.faults.clear()
    time.passes(days=1)
    alice.syncs(connector)
    assert failed["status"] == "failed"
    rows = alice.asks(
        f"SELECT status, error IS NOT NULL FROM {DATASET}.sync_run WHERE run_id = ?",
        failed["run_id"],
    )
    assert rows == [("failed", True)]


def test_data_deleted_with_the_connector_leaves_neither_tables_nor_views(
    alice: Alice, connector: str
) -> None:
    alice.types("remove", connector, "--delete-data", "--yes", "--json")
    assert names(alice) == set()


def test_views_can_be_switched_off_and_on(alice: Alice) -> None:
    connector = alice.connects("--no-views", "--sync")
    assert connector["views"] is False
    assert names(alice).isdisjoint(VIEWS)
    assert names(alice) >= set(HISTORY)
    assert alice.types("edit", connector["id"], "--views", "--json").document["views"] is True
    alice.syncs(connector["id"])
    assert names(alice) >= set(VIEWS)
