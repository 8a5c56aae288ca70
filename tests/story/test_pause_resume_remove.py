"""Afterwards: rename, change, pause, remove; and one sync per connector at a time."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any, Self

import pytest
from cast import Alice, Browser
from story_time import StoryTime

from tiktok_organic.actions.runs.sync_now import sync
from tiktok_organic.simulator import Simulator
from tiktok_organic.sync.progress import silent
from tiktok_organic.sync.run import Run
from waiting import PATIENCE

DATASET = "tiktokorganic_demo_bakery"


@pytest.fixture
def connector(alice: Alice) -> str:
    return str(alice.connects()["id"])


def show(alice: Alice, connector: str) -> Any:
    return alice.types("show", connector, "--json").document


def test_a_connector_can_be_renamed(alice: Alice, connector: str) -> None:
    said = alice.types("edit", connector, "--name", "Bread & Cakes", "--json")
    assert (said.exit, said.document["name"]) == (0, "Bread & Cakes")
    assert show(alice, "Bread & Cakes")["id"] == connector


def test_every_setting_of_the_schedule_can_be_changed(alice: Alice, connector: str) -> None:
    document = alice.types(
        "edit",
        connector,
        "--schedule",
        "weekly",
        "--hour",
        "6",
        "--weekday",
        "friday",
        "--timezone",
        "Europe/Berlin",
        "--lookback",
        "10",
        "--json",
    ).document
    assert [document[name] for name in ("schedule", "hour", "weekday", "timezone", "lookback")] == [
        "weekly",
        6,
        "friday",
        "Europe/Berlin",
        10,
    ]
    assert document["next_due"] == "2026-03-13T05:00:00.000000Z"
    assert show(alice, connector) == document


def test_a_schedule_can_be_switched_off_and_on(alice: Alice, connector: str) -> None:
    assert (
        alice.types("edit", connector, "--schedule", "off", "--json").document["next_due"] is None
    )
    assert (
        alice.types("edit", connector, "--schedule", "daily", "--json").document["next_due"]
        is not None
    )


def test_reports_can_be_changed_and_only_they_are_synced(alice: Alice, connector: str) -> None:
    alice.types("edit", connector, "--reports", "video_snapshot_metric")
    assert list(alice.syncs(connector)["reports"]) == ["video_snapshot_metric"]


@pytest.mark.parametrize(
    "options",
    [
        ["--hour", "24"], ["--hour", "-1"], ["--weekday", "someday"],
        ["--timezone", "Mars/Olympus"],
        ["--timezone", ""],
        ["--lookback", "0"], ["--lookback", "61"], ["--reports", ""], ["--reports", "videos"],
        ["--schedule", "often"],
        ["--name", ""], ["--name", "x" * 1000], [], ["--hour", "5", "--lookback", "99"],
        ["--timezone", "../../etc/passwd"],
    ],
)  # fmt: skip
def test_a_wrong_value_changes_nothing(alice: Alice, connector: str, options: Any) -> None:
    before = show(alice, connector)
    said = alice.types("edit", connector, *options, "--json")
    assert said.exit == 1
    assert said.error["advice"]
    assert show(alice, connector) == before


def test_a_name_of_another_is_refused(alice: Alice, connector: str) -> None:
    other = alice.connects("--name", "Tea", account="tiny.tearoom")["id"]
    for name in ("TEA", other):
        assert (
            alice.types("edit", connector, "--name", name, "--json").error["code"] == "name_taken"
        )


def test_pausing_and_resuming(alice: Alice, connector: str) -> None:
    paused = alice.types("pause", connector, "--json").document
    assert (paused["state"], paused["next_due"]) == ("paused", None)
    resumed = alice.types("resume", connector, "--json").document
    assert (resumed["state"], resumed["next_due"]) == ("active", "2026-03-12T03:00:00.000000Z")


def test_a_paused_connector_stays_unscheduled_when_its_hour_is_changed(
    alice: Alice, connector: str
) -> None:
    alice.types("pause", connector)
    assert alice.types("edit", connector, "--hour", "7", "--json").document["next_due"] is None
    assert (
        alice.types("resume", connector, "--json").document["next_due"]
        == "2026-03-12T07:00:00.000000Z"
    )


def test_a_paused_connector_is_still_synced_by_hand(alice: Alice, connector: str) -> None:
    alice.types("pause", connector)
    assert alice.syncs(connector)["status"] == "succeeded"
    assert show(alice, connector)["state"] == "paused"


def test_reconnecting_a_paused_connector_leaves_it_paused(
    alice: Alice, connector: str, browser: Browser
) -> None:
    alice.types("pause", connector)
    assert (
        alice.types("reconnect", connector, "--json", answer=browser.allows()).documents[1]["state"]
        == "paused"
    )


def test_a_connector_that_lost_its_consent_is_not_said_to_be_paused(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    simulator.world.revoke()
    alice.syncs(connector)
    said = alice.types("pause", connector, "--json")
    assert (said.exit, said.error["code"]) == (1, "reconnect_needed")
    assert show(alice, connector)["state"] == "reconnect_needed"


def test_a_removed_connector_leaves_its_data(alice: Alice, connector: str) -> None:
    alice.syncs(connector)
    said = alice.types("remove", connector, "--yes", "--json")
    assert said.exit == 0
    assert said.document["data_deleted"] is False
    assert (said.document["removed_at"], said.document["next_due"]) == (
        "2026-03-11T15:00:00.000000Z",
        None,
    )
    assert alice.types("connectors", "--json").document == []
    assert len(alice.rows("video_snapshot_metric")) == 57
    assert list(alice.home.glob("archive/**/*.gz"))
    assert len(alice.types("runs", "--json").document) == 1  # the record of where numbers came from


def test_removing_gives_the_consent_back(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    alice.types("remove", connector, "--yes")
    assert simulator.world.journal.count("/oauth2/revoke/") == 1


def test_deleting_the_data_has_to_be_asked_for_twice(alice: Alice, connector: str) -> None:
    alice.syncs(connector)
    said = alice.types("remove", connector, "--delete-data", "--json")
    assert (said.exit, said.error["code"]) == (1, "not_confirmed")
    assert len(alice.rows("video_snapshot_metric")) == 57
    assert show(alice, connector)


def test_deleted_data_is_gone_from_warehouse_and_archive_but_nothing_else_is(
    alice: Alice, connector: str
) -> None:
    import duckdb

    tea = alice.connects("--sync", account="tiny.tearoom")
    alice.syncs(connector)
    with duckdb.connect(str(alice.file)) as connection:
        connection.execute(f"CREATE TABLE {DATASET}.my_notes AS SELECT 1 AS note")
    assert (
        alice.types("remove", connector, "--delete-data", "--yes", "--json").document[
            "data_deleted"
        ]
        is True
    )
    assert alice.asks(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", DATASET
    ) == [("my_notes",)]
    assert [path.name for path in (alice.home / "archive").iterdir()] == [tea["id"]]
    assert len(alice.rows("video_snapshot_metric", dataset="tiktokorganic_tiny_tearoom")) == 6


def test_a_connector_can_be_removed_while_tiktok_is_away(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    simulator.close()
    assert alice.types("remove", connector, "--yes", "--json").exit == 0


def test_a_removed_account_can_be_connected_again_into_its_data(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    alice.syncs(connector)
    alice.types("remove", connector, "--yes")
    time.passes(days=3)
    again = alice.connects("--sync")
    assert again["id"] != connector
    assert again["dataset"] == DATASET
    assert alice.asks(f"SELECT count(*) FROM {DATASET}.profile_snapshot_metric") == [(2,)]
    assert alice.asks(
        f"SELECT count(*), count(DISTINCT date) FROM {DATASET}.profile_daily_metric"
    ) == [(7, 7)]


class Busy:
    """A sync that has begun and waits in the middle, until it is let go."""

    def __init__(self, alice: Alice, connector: str, simulator: Simulator) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        simulator.world.faults.add("slow", "/business/get/", seconds=0.0)
        simulator._server.sleep = self._wait
        self.ended: list[Run] = []
        self.thread = threading.Thread(target=self._sync, args=(alice, connector))

    def _wait(self, _seconds: float) -> None:
        self.reached.set()
        self.go_on.wait(PATIENCE)

    def _sync(self, alice: Alice, connector: str) -> None:
        with alice.app() as app:
            self.ended.append(sync(app, app.connectors.get(connector), silent))

    def __enter__(self) -> Self:
        self.thread.start()
        assert self.reached.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self.thread.join(PATIENCE)


@pytest.fixture
def busy(alice: Alice, connector: str, simulator: Simulator) -> Busy:
    simulator.world.settings.update(latency=0.001)
    return Busy(alice, connector, simulator)


def test_a_second_order_is_answered_already_running(
    alice: Alice, connector: str, busy: Busy, simulator: Simulator
) -> None:
    with busy:
        for words in (["sync", connector], ["recover", connector], ["remove", connector, "--yes"]):
            said = alice.types(*words, "--json")
            assert (said.exit, said.error["code"]) == (1, "already_running"), words
        (run,) = alice.types("runs", "--json").document
        assert (run["status"], run["finished_at"]) == ("running", None)
    assert busy.ended[0].status == "succeeded"
    assert len(alice.types("runs", "--json").document) == 1


def test_with_wait_the_second_order_waits_and_then_syncs_itself(
    alice: Alice, connector: str, busy: Busy
) -> None:
    with busy:
        threading.Timer(0.1, busy.go_on.set).start()
        run = alice.syncs(connector, "--wait")
    assert run["status"] == "succeeded"
    assert run["run_id"] != busy.ended[0].id
    assert len(alice.types("runs", "--json").document) == 2


def test_what_commands_change_is_recorded(alice: Alice, connector: str) -> None:
    for words in (
        ("edit", connector, "--name", "Bread", "--lookback", "9"),
        ("edit", connector, "--name", "Bread"),
        ("pause", connector),
        ("resume", connector),
        ("remove", connector, "--yes"),
    ):
        assert alice.types(*words).exit == 0
    with sqlite3.connect(alice.home / "store.db") as store:
        events = store.execute("SELECT kind, who, what FROM events ORDER BY id").fetchall()
    store.close()
    assert {who for _, who, _ in events} == {"the command line"}
    connected, *later = [(kind, what) for kind, _, what in events]
    assert connected[0] == "connector"
    assert f"({connector}) connected: @" in connected[1]
    assert later == [
        ("connector", later[0][1]),
        ("connector", f"Bread ({connector}) paused"),
        ("connector", f"Bread ({connector}) resumed"),
        ("connector_removed", f"Bread ({connector})"),
    ]
    assert later[0][1].endswith(f"({connector}) changed: name, lookback")
