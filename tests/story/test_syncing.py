"""The output of a sync: its document, exit code, sync date, and requests."""

from __future__ import annotations

from typing import Any

import pytest
from cast import Alice
from story_time import StoryTime

from tiktok_organic.simulator import Simulator

NAME = "TikTok Organic - Demo Bäckerei 🥨"
REPORTS = ("profile", "profile_snapshot_metric", "profile_daily_metric", "video_snapshot_metric")


@pytest.fixture
def connector(alice: Alice) -> str:
    return str(alice.connects()["id"])


def test_a_sync_that_went_well(alice: Alice, connector: str, simulator: Simulator) -> None:
    said = alice.types("sync", NAME, "--json")
    run = said.document
    assert said.exit == 0
    assert run["status"] == "succeeded"
    assert run["sync_date"] == "2026-03-11T15:00:00.000000Z"
    assert {
        name: (report["status"], report["rows"]) for name, report in run["reports"].items()
    } == {
        "profile": ("succeeded", 1),
        "profile_snapshot_metric": ("succeeded", 1),
        "profile_daily_metric": ("succeeded", 4),
        "video_snapshot_metric": ("succeeded", 57),
    }
    assert (run["error"], run["warnings"], run["findings"], run["lost_days"]) == (None, [], {}, [])


def test_a_run_is_the_same_document_from_sync_run_and_runs(alice: Alice, connector: str) -> None:
    run = alice.syncs(connector)
    assert alice.types("run", run["run_id"], "--json").document == run
    assert alice.types("runs", NAME, "--json").document == [run]
    assert alice.types("runs", "--json").document == [run]


def test_runs_come_newest_first_and_as_few_as_wished(
    alice: Alice, connector: str, time: StoryTime
) -> None:
    ids = []
    for _ in range(3):
        ids.append(alice.syncs(connector)["run_id"])
        time.passes(days=1)
    assert [run["run_id"] for run in alice.types("runs", "--json").document] == ids[::-1]
    assert [run["run_id"] for run in alice.types("runs", "--limit", "1", "--json").document] == ids[
        2:
    ]
    assert alice.types("show", connector, "--json").document["last_run"]["run_id"] == ids[2]


def test_the_fewest_requests_serve_all_reports(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    simulator.world.journal.clear()
    run = alice.syncs(connector)
    # The account and the first page of videos are asked at once: either may arrive first.
    paths = sorted(
        entry.path.removeprefix("/open_api/v1.3") for entry in simulator.world.journal.entries()
    )
    assert paths == [
        "/business/get/",
        "/business/video/list/",
        "/business/video/list/",
        "/business/video/list/",
    ]
    assert run["requests"] == 4


TROUBLE: list[tuple[str, str, dict[str, Any]]] = [
    ("http_500", "/business/get/", {}),
    ("http_502_html", "/business/video/list/", {"page": 2}),
    ("throttled", "/business/get/", {"kind": "unnamed", "count": 3}),
    ("access_expired", "/business/get/", {}),
    ("truncated_body", "/business/video/list/", {}),
    ("closed_mid_body", "/business/video/list/", {}),
    ("connection_reset", "/business/get/", {}),
    ("lost_answer", "/business/video/list/", {"page": 2}),
    ("connection_reset", "/oauth2/refresh_token/", {}),
    ("dripping", "/business/get/", {}),
    ("refused_field", "/business/get/", {"field": "is_verified", "names_field": False}),
    ("http_503", "/business/video/list/", {"count": None}),
]


def test_the_requests_of_a_run_are_those_that_tiktok_saw(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    for name, path, options in TROUBLE:
        time.passes(days=1, hours=1)  # so that the token has to be renewed as well
        simulator.world.journal.clear()
        simulator.world.faults.clear()
        simulator.world.faults.add(name, path, **options)
        run = alice.syncs(connector)
        assert simulator.world.journal.document()["faults"].get(name)
        seen = simulator.world.journal.count()
        # A dripping answer moves the story's clock by minutes: the request that is under way beside
        # it may then be given up before the simulator has read it.
        unread = 1 if name == "dripping" else 0
        assert seen <= run["requests"] <= seen + unread, (name, path)
        assert seen > 4, (name, path)


def test_a_renewal_counts_as_a_request(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    time.passes(days=1)
    simulator.world.journal.clear()
    assert alice.syncs(connector)["requests"] == simulator.world.journal.count() == 5


def test_a_run_that_failed_prints_its_document_and_exits_1(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    simulator.world.faults.add("http_503", count=None)
    said = alice.types("sync", connector, "--json")
    assert said.exit == 1
    assert said.document["status"] == "failed"
    assert {report["status"] for report in said.document["reports"].values()} == {"failed"}
    assert all(
        report["error"]["message"] and report["error"]["advice"]
        for report in said.document["reports"].values()
    )


def test_a_run_that_is_partial_exits_1(alice: Alice, connector: str, simulator: Simulator) -> None:
    simulator.world.faults.add("not_json", "/business/video/list/", skip=1, count=None)
    said = alice.types("sync", connector, "--json")
    assert (said.exit, said.document["status"]) == (1, "partial")


@pytest.mark.parametrize(
    "words",
    [
        ["sync", "nobody"], ["show", "nobody"], ["pause", "nobody"], ["resume", "nobody"],
        ["remove", "nobody", "--yes"],
        ["edit", "nobody", "--hour", "5"], ["runs", "nobody"], ["coverage", "nobody"],
        ["recover", "nobody"],
        ["reconnect", "nobody"], ["replay", "nobody", "--dataset", "x"], ["sync", ""],
        ["show", "'; DROP TABLE runs"],
    ],
)  # fmt: skip
def test_an_unknown_connector_is_refused(alice: Alice, connector: str, words: list[str]) -> None:
    said = alice.types(*words, "--json")
    assert (said.exit, said.error["code"]) == (1, "unknown_connector")
    assert "tiktok-organic connectors" in said.error["advice"]


def test_an_unknown_run_is_refused(alice: Alice) -> None:
    said = alice.types("run", "yesterday's", "--json")
    assert (said.exit, said.error["code"]) == (1, "unknown_run")


def test_the_name_is_found_whatever_its_capitals(alice: Alice, connector: str) -> None:
    assert alice.types("show", NAME.upper(), "--json").document["id"] == connector


@pytest.mark.parametrize(
    "words",
    [
        ["sync"],
        ["sync", "a", "--all"],
        ["sync", "a", "--at-once", "2"],
        ["sync", "a", "b"],
        ["recover"],
        ["nonsense"],
        ["run"],
        ["edit", "a", "--hour", "x"],
        ["runs", "--limit", "x"],
        ["serve", "--port", "http"],
        ["worker", "--at-once", "two"],
    ],
)
def test_what_cannot_be_parsed_is_exit_2_and_silent_on_standard_output(
    alice: Alice, words: list[str]
) -> None:
    said = alice.types(*words, "--json")
    assert (said.exit, said.out) == (2, "")


@pytest.mark.parametrize("words", [
    ["runs", "--limit", "0"], ["runs", "--limit", "-1"],
    ["runs", "--limit", "99999999999999999999"],
    ["sync", "--all", "--at-once", "0"], ["sync", "--all", "--at-once", "65"],
    ["serve", "--port", "70000"], ["serve", "--port", "-1"], ["serve", "--at-once", "0"],
    ["serve", "--patience", "-1"],
    ["serve", "--patience", "nan"], ["serve", "--patience", "inf"], ["worker", "--at-once", "1000"],
    ["worker", "--patience", "-0.5"], ["simulator", "--port", "70000"],
    ["simulator", "--port", "-1"],
    ["demo", "--port", "70000"], ["demo", "--keep-running", "--port", "-1"],
])  # fmt: skip
def test_a_value_out_of_its_range_is_refused_by_name_with_an_example(
    alice: Alice, words: list[str]
) -> None:
    said = alice.types(*words, "--json")
    assert (said.exit, said.error["code"]) == (1, "bad_value")
    assert words[-2] in said.error["message"]
    assert "for example" in said.error["advice"]
    assert not alice.home.exists()


@pytest.mark.parametrize(
    "words", [["serve", "--host", "192.0.2.1"], ["simulator", "--host", "192.0.2.1"]]
)
def test_an_address_that_cannot_be_listened_on_is_refused(alice: Alice, words: list[str]) -> None:
    said = alice.types(*words, "--port", "0", "--json")
    assert (said.exit, said.error["code"]) == (1, "address_taken")


def test_sync_all_syncs_every_active_connector_and_leaves_paused_ones_out(
    alice: Alice, connector: str
) -> None:
    big, tiny = (
        alice.connects(account="big.outdoors")["id"],
        alice.connects(account="tiny.tearoom")["id"],
    )
    alice.types("pause", big)
    said = alice.types("sync", "--all", "--json")
    assert said.exit == 0
    assert sorted(run["connector"]["id"] for run in said.document) == sorted([connector, tiny])


def test_sync_all_goes_on_after_one_that_failed(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    tiny = alice.connects(account="tiny.tearoom")["id"]
    simulator.world.revoke("demo.bakery")
    for _ in range(2):  # at the first time it fails, at the second it is refused
        said = alice.types("sync", "--all", "--json")
        assert said.exit == 1
        good = [run for run in said.document if run.get("status") == "succeeded"]
        assert [run["connector"]["id"] for run in good] == [tiny]
        assert len(said.document) == 2


def test_sync_all_without_connectors_prints_an_empty_list(alice: Alice) -> None:
    said = alice.types("sync", "--all", "--json")
    assert (said.exit, said.document) == (0, [])


def test_every_sync_has_its_own_moment_even_in_the_same_instant(
    alice: Alice, connector: str
) -> None:
    moments = {alice.syncs(connector)["sync_date"] for _ in range(3)}
    assert len(moments) == 3
    assert alice.asks("SELECT count(DISTINCT _quanti_sync_date), count(*) FROM "
                      "tiktokorganic_demo_bakery.profile_snapshot_metric") == [(3, 3)]  # fmt: skip


def test_the_plain_output_says_what_happened(alice: Alice, connector: str) -> None:
    said = alice.types("sync", connector)
    assert said.exit == 0
    for fact in ("succeeded", "2026-03-06", "2026-03-10", "4 requests", *REPORTS, "57"):
        assert fact in said.out
