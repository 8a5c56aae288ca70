"""A report that cannot be completed fails alone; the others land together."""

from __future__ import annotations

from typing import Any

import pytest
from cast import Alice
from story_time import StoryTime

from tiktok_organic.simulator import Simulator

DATASET = "tiktokorganic_demo_bakery"
ACCOUNT = ("profile", "profile_snapshot_metric", "profile_daily_metric")


def statuses(run: dict[str, Any]) -> dict[str, str]:
    return {name: report["status"] for name, report in run["reports"].items()}


def count(alice: Alice, table: str) -> Any:
    return alice.asks(f"SELECT count(*) FROM {DATASET}.{table}")[0][0]


@pytest.fixture
def connector(alice: Alice) -> str:
    return str(alice.connects()["id"])


BAD_PAGES: list[tuple[str, dict[str, Any]]] = [
    ("not_json", {"skip": 1}), ("truncated_body", {"skip": 2}), ("html_200", {}),
    ("http_502_html", {"skip": 1}),
    ("wrong_shape", {"shape": "videos_object"}), ("wrong_shape", {"shape": "data_list"}),
    ("wrong_shape", {"shape": "data_text"}), ("data_missing", {"skip": 1}),
    ("data_value", {"value": None}),
    ("has_more_missing", {}), ("cursor_missing", {}), ("videos_missing", {}), ("stuck_cursor", {}),
    ("cursor_back", {}), ("code", {"code": 40002, "message": "Invalid."}), ("deep_nesting", {}),
    ("json_list", {}),
    ("code", {"code": 77777, "message": "Something new."}), ("code_value", {"value": "many"}),
    ("http_403_html", {}),
]  # fmt: skip


def test_one_bad_page_of_videos_never_costs_days(alice: Alice, simulator: Simulator) -> None:
    connector = alice.connects("--reports", "profile_daily_metric,video_snapshot_metric")["id"]
    for fault, options in BAD_PAGES:
        simulator.world.faults.clear()
        simulator.world.faults.add(fault, "/business/video/list/", **{"count": None, **options})
        said = alice.types("sync", connector, "--json")
        run = said.document
        assert (fault, options, said.exit, run["status"]) == (fault, options, 1, "partial")
        assert run["reports"]["profile_daily_metric"] == {"status": "succeeded", "rows": 4}, fault
        report = run["reports"]["video_snapshot_metric"]
        assert (report["status"], report["rows"]) == ("failed", 0), fault
        assert report["error"]["message"], fault
        assert report["error"]["advice"], fault
    assert count(alice, "profile_daily_metric") == 4
    assert (
        count(alice, "video_snapshot_metric") == 0
    )  # the table exists, without a row of a half list


@pytest.mark.parametrize("fault", ["not_json", "http_500", "empty_body", "metrics_text"])
def test_an_unreadable_account_does_not_cost_the_videos(
    alice: Alice, connector: str, simulator: Simulator, fault: str
) -> None:
    if fault == "metrics_text":
        simulator.world.faults.add(
            "wrong_shape", "/business/get/", shape="metrics_text", count=None
        )
    else:
        simulator.world.faults.add(fault, "/business/get/", count=None)
    run = alice.syncs(connector)
    assert run["status"] == "partial"
    assert statuses(run)["video_snapshot_metric"] == "succeeded"
    assert statuses(run)["profile_daily_metric"] == "failed"
    assert count(alice, "video_snapshot_metric") == 57
    # Only the series is unreadable: then the rest of the account's answer is good.
    assert statuses(run)["profile"] == ("succeeded" if fault == "metrics_text" else "failed")


def test_the_next_sync_brings_what_was_missing(
    alice: Alice, connector: str, simulator: Simulator, time: StoryTime
) -> None:
    simulator.world.faults.add("not_json", "/business/get/", count=None)
    alice.syncs(connector)
    simulator.world.faults.clear()
    time.passes(days=8)
    assert alice.syncs(connector)["status"] == "succeeded"
    assert alice.asks(f"SELECT min(date)::VARCHAR FROM {DATASET}.profile_daily_metric") == [
        ("2026-03-06",)
    ]


def test_a_cursor_as_text_is_fine(alice: Alice, connector: str, simulator: Simulator) -> None:
    simulator.world.faults.add("cursor_text", "/business/video/list/", count=None)
    assert alice.syncs(connector)["reports"]["video_snapshot_metric"]["rows"] == 57


def test_what_is_odd_but_readable_is_read(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    for fault in (
        "code_20001",
        "byte_order_mark",
        "whitespace",
        "unknown_fields",
        "item_id_number",
        "duplicated_video",
        "reversed_days",
    ):
        simulator.world.faults.clear()
        simulator.world.faults.add(fault, count=None)
        run = alice.syncs(connector)
        assert (fault, statuses(run)) == (fault, dict.fromkeys(run["reports"], "succeeded"))
        assert [run["reports"][name]["rows"] for name in run["reports"]] == [1, 1, 4, 57], fault


@pytest.mark.parametrize(
    ("scope", "failing"),
    [("video.list", {"video_snapshot_metric"}), ("user.insights", {"profile_daily_metric"}),
                           ("user.info.stats", set()), ("video.insights", set())],
)  # fmt: skip
@pytest.mark.parametrize("when", ["at consent", "later"])
def test_a_withheld_scope_fails_the_reports_that_live_of_it(
    alice: Alice, simulator: Simulator, scope: str, failing: Any, when: str
) -> None:
    connector = alice.connects(withhold=[scope] if when == "at consent" else [])["id"]
    if when == "later":
        take_back(simulator, scope)
    for _ in range(1 + bool(failing)):  # it stays so
        run = alice.syncs(connector)
        assert {name for name, status in statuses(run).items() if status == "failed"} == failing
        assert run["status"] == ("partial" if failing else "succeeded")
        told = " ".join(
            run["warnings"]
            + [r["error"]["message"] for r in run["reports"].values() if r.get("error")]
        )
        assert scope in told


@pytest.mark.parametrize("code", ["40001", "40130"])
def test_both_codes_for_a_missing_scope_are_understood(
    alice: Alice, simulator: Simulator, code: str
) -> None:
    simulator.world.settings.update(withheld_scope=code)
    connector = alice.connects()["id"]
    take_back(simulator, "user.info.stats")
    assert alice.syncs(connector)["status"] == "succeeded"


@pytest.mark.parametrize(
    ("fault", "parameters"),
    [
        ("connection_reset", {}),
        ("closed_mid_body", {}),
        ("http_502_html", {}),
        ("throttled", {"kind": "qps"}),
        ("code", {"code": 40105}),
        ("code", {"code": 40102}),
    ],
)
def test_what_a_consent_still_grants_is_asked_for_again(
    alice: Alice, connector: str, simulator: Simulator, fault: str, parameters: dict[str, Any]
) -> None:
    take_back(simulator, "user.insights")
    simulator.world.faults.add(fault, "/token_info/get/", **parameters)
    run = alice.syncs(connector)
    assert {name for name, status in statuses(run).items() if status == "failed"} == {
        "profile_daily_metric"
    }
    assert run["throttled"] == int(fault == "throttled")
    assert simulator.world.journal.count("/tt_user/token_info/get/") == 2
    assert alice.types("show", connector, "--json").document["state"] == "active"


def test_what_a_consent_still_grants_is_learnt_by_one_call_where_the_other_could_not(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    for scope in ("user.insights", "video.insights"):
        take_back(simulator, scope)
    simulator.world.faults.add("http_503", "/token_info/get/", count=5)
    run = alice.syncs(connector)
    failed = {name for name, status in statuses(run).items() if status == "failed"}
    days_and_videos = {"profile_daily_metric", "video_snapshot_metric"}
    assert failed in (set(ACCOUNT), days_and_videos)  # both requests are sent at the same time


def test_no_consent_for_anything_useful_fails_what_needs_it_and_keeps_the_profile(
    alice: Alice, simulator: Simulator
) -> None:
    scopes = [
        "user.info.basic",
        "user.info.stats",
        "user.info.profile",
        "user.insights",
        "video.list",
        "video.insights",
    ]
    connector = alice.connects(withhold=scopes)["id"]
    run = alice.syncs(connector)
    assert statuses(run) == {
        "profile": "succeeded", "profile_snapshot_metric": "failed",
        "profile_daily_metric": "failed",
        "video_snapshot_metric": "failed",
    }  # fmt: skip


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("/business/get/", "bio_description", {}, "account.bio_description"),
    ("/business/get/", "lead_submissions", {}, "account.lead_submissions"),
    ("/business/get/", "audience_cities", {"names_field": False}, "account.audience_cities"),
    ("/business/get/", "is_verified", {"code": 41002}, "account.is_verified"),
    ("/business/get/", "is_verified", {"code": 41002, "names_field": False}, "account.is_verified"),
    ("/business/video/list/", "favorites", {}, "video.favorites"),
    ("/business/video/list/", "reach", {"names_field": False}, "video.reach"),
    (
        "/business/video/list/",
        "create_time",
        {"code": 41002, "names_field": False},
        "video.create_time",
    ),
]


def test_a_refused_field_is_dropped_recorded_and_the_call_repeated(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    for path, field, options, told in REFUSED:
        simulator.world.faults.clear()
        simulator.world.faults.add("refused_field", path, field=field, **options)
        run = alice.syncs(connector)
        assert (run["status"], run["refused_fields"]) == ("succeeded", [told]), options
        assert [run["reports"][name]["rows"] for name in run["reports"]] == [1, 1, 4, 57]


def test_two_refused_fields_are_both_found(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    for field in ("favorites", "caption"):
        simulator.world.faults.add("refused_field", "/video/list/", field=field, names_field=False)
    run = alice.syncs(connector)
    assert sorted(run["refused_fields"]) == ["video.caption", "video.favorites"]
    assert run["reports"]["video_snapshot_metric"]["rows"] == 57


def test_a_refused_item_id_fails_the_report(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    simulator.world.faults.add("refused_field", "/video/list/", field="item_id")
    assert statuses(alice.syncs(connector))["video_snapshot_metric"] == "failed"


def test_a_refused_field_of_a_day_does_not_make_the_series_disappear(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    simulator.world.faults.add("refused_field", "/business/get/", field="video_views")
    run = alice.syncs(connector)
    assert run["reports"]["profile_daily_metric"] == {"status": "succeeded", "rows": 4}
    assert alice.asks(
        f"SELECT count(likes), count(video_views) FROM {DATASET}.profile_daily_metric"
    ) == [(4, 0)]


def take_back(simulator: Simulator, scope: str) -> None:
    """The owner takes one permission back at TikTok, the consent lives on."""
    for grants in simulator.world.grants._by_account.values():
        for grant in grants:
            grant.scopes = tuple(name for name in grant.scopes if name != scope)
