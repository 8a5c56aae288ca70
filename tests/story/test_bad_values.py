"""TikTok's values are untrusted: an invalid value becomes null, is counted, and costs no row."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from cast import Alice

from tiktok_organic.simulator import Simulator

DATASET = "tiktokorganic_demo_bakery"
VIDEOS = f"{DATASET}.video_snapshot_metric"
GET, LIST = "/business/get/", "/business/video/list/"


@pytest.fixture
def connector(alice: Alice) -> str:
    return str(alice.connects()["id"])


@pytest.fixture
def spoil(simulator: Simulator) -> Callable[..., None]:
    """Spoil fields of one record of the next answer; `kind` names a value that a test could not
    write down.
    """

    def order(
        where: str, index: int, fields: list[str], value: Any = None, kind: str = "given"
    ) -> None:
        path = LIST if where == "videos" else GET
        simulator.world.faults.add(
            "bad_values", path, where=where, index=index, fields=fields, kind=kind, value=value
        )

    return order


@pytest.fixture
def after(
    alice: Alice, connector: str, simulator: Simulator, spoil: Callable[..., None]
) -> Callable[..., Any]:
    """Give `field` of the first videos these values, sync: what was stored for each, and what was
    found odd.
    """

    alice.types("edit", connector, "--reports", "video_snapshot_metric")

    def sync(field: str, values: Any) -> Any:
        newest = simulator.world.account().posts.page(
            int(simulator.world.clock.now().timestamp() * 1000), 20
        )
        for index, value in enumerate(values):
            spoil("videos", index, [field], value)
        run = alice.syncs(connector)
        assert run["status"] == "succeeded", run
        rows = alice.table("video_snapshot_metric", "item_id")
        assert len(rows) == 57
        return [rows[post.item_id][field] for post, _ in zip(newest, values, strict=False)], run[
            "findings"
        ]

    return sync


def test_a_count_that_is_none_becomes_null_and_is_reported(
    alice: Alice, connector: str, spoil: Callable[..., None]
) -> None:
    kinds = (
        "empty",
        "text",
        "fraction",
        "nan",
        "infinity",
        "two_to_63",
        "two_to_64",
        "huge",
        "object",
        "list",
        "true",
        "false",
        "lone_surrogate",
    )
    for index, kind in enumerate(kinds):
        spoil("videos", index, ["likes"], kind=kind)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert alice.asks(f"SELECT count(*), count(likes), count(comments) FROM {VIDEOS}") == [
        (57, 57 - len(kinds), 57)
    ]
    assert run["findings"]["unreadable_values"] == {"video.likes": len(kinds)}
    assert list(run["findings"]["examples"]) == ["video.likes"]


def test_so_it_is_for_the_account_and_its_days(
    alice: Alice, connector: str, spoil: Callable[..., None]
) -> None:
    for name, kind in (
        ("total_likes", "text"),
        ("videos_count", "two_to_63"),
        ("following_count", "nan"),
    ):
        spoil("data", 0, [name], kind=kind)
    for index, kind in enumerate(("text", "nan", "two_to_64", "fraction")):
        spoil("metrics", index, ["likes"], kind=kind)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert run["findings"]["unreadable_values"] == {
        "account.total_likes": 1, "account.videos_count": 1, "account.following_count": 1,
        "day.likes": 4,
    }  # fmt: skip
    assert alice.asks(
        f"SELECT count(*), count(likes), count(shares) FROM {DATASET}.profile_daily_metric"
    ) == [(4, 0, 4)]


def test_counts_may_come_as_text(after: Callable[..., Any]) -> None:
    values = {
        "44": "44",
        "44.0": "44",
        " 45 ": "45",
        "0046": "46",
        "-7": "-7",
        str(2**63 - 1): str(2**63 - 1),
    }
    stored, findings = after("likes", values)
    assert stored == list(values.values())
    assert findings == {}


def test_counts_may_come_as_whole_numbers_of_any_form(after: Callable[..., Any]) -> None:
    values = [44.0, -1, 0, 2**63 - 1, -(2**63), 1e3]
    assert after("likes", values) == (["44", "-1", "0", str(2**63 - 1), str(-(2**63)), "1000"], {})


def test_text_that_only_looks_like_a_number_is_none(after: Callable[..., Any]) -> None:
    values = ["٤٤", "0x10", "44,000", "1_000", "4 4", "--4", "null", "None", "NaN"]
    stored, findings = after("likes", values)
    assert stored == [None] * len(values)
    assert findings["unreadable_values"]["video.likes"] == len(values)


def test_a_duration_is_a_finite_number_or_nothing(after: Callable[..., Any]) -> None:
    values = {"14.25": "14.25", 14: "14.0", 1e308: "1e+308", -0.5: "-0.5"}
    assert after("video_duration", values) == (list(values.values()), {})


def test_a_duration_that_is_none_becomes_null(after: Callable[..., Any]) -> None:
    values = [
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "1e400",
        "",
        True,
        "14,2",
        "1_000.5",
        {"s": 1},
        "fourteen",
    ]
    stored, findings = after("video_duration", values)
    assert stored == [None] * len(values)
    assert findings["unreadable_values"]["video.video_duration"] == len(values)


@pytest.mark.parametrize("kind", ["nan", "infinity", "huge"])
def test_a_bare_nan_does_not_cost_its_page(
    alice: Alice, connector: str, spoil: Callable[..., None], kind: str
) -> None:
    spoil("videos", 0, ["total_time_watched"], kind=kind)
    run = alice.syncs(connector)
    assert run["reports"]["video_snapshot_metric"] == {"status": "succeeded", "rows": 57}
    assert run["findings"]["unreadable_values"] == {"video.total_time_watched": 1}


def test_a_moment_may_come_as_number_or_text(after: Callable[..., Any]) -> None:
    values = {
        1767225600: "2026-01-01 00:00:00+00",
        "1767225601": "2026-01-01 00:00:01+00",
        0: "1970-01-01 00:00:00+00",
        None: None,
    }
    assert after("create_time", values) == (list(values.values()), {})


def test_a_moment_outside_of_time_becomes_null(after: Callable[..., Any]) -> None:
    values = [1767225600.5, "yesterday", 10**15, -(10**15), "", "2026-01-01", True]
    stored, findings = after("create_time", values)
    assert stored == [None] * len(values)
    assert findings["unreadable_values"]["video.create_time"] == len(values)


def test_text_keeps_every_character_that_the_warehouse_can_hold(after: Callable[..., Any]) -> None:
    values = [
        "a\nb\tc\r",
        "",
        "👩‍👩‍👧 \u202e x",
        "x" * 100_000,
        "null",
        "'; DROP TABLE x; --",
        "cake \x00 cake",
        "\ufffd",
        "\ud83e\udd68",
        "\x1b[31mred",
    ]
    stored, findings = after("caption", values)
    values[8] = "🥨"
    assert stored == values
    assert findings == {}


def test_what_no_warehouse_holds_is_replaced_and_counted(after: Callable[..., Any]) -> None:
    stored, findings = after("caption", ["cake \ud83d cake", "\udd68\ud83e", "plain"])
    assert stored == ["cake \ufffd cake", "\ufffd\ufffd", "plain"]
    assert findings == {"replaced_characters": {"video.caption": 3}}


def test_text_that_is_none(after: Callable[..., Any]) -> None:
    stored, findings = after("caption", [12345, 1.5, ["a"], True, {"a": 1}])
    assert stored == ["12345", "1.5", None, None, None]
    assert findings["unreadable_values"] == {"video.caption": 3}


def test_a_lone_surrogate_in_a_json_column_and_in_a_name(
    alice: Alice, connector: str, spoil: Callable[..., None]
) -> None:
    spoil(
        "videos",
        0,
        ["impression_sources"],
        [{"impression_source": "For \ud83d You", "percentage": 0.5}],
    )
    spoil("data", 0, ["display_name", "username"], kind="lone_surrogate")
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert '[{"impression_source":"For \ufffd You","percentage":0.5}]' in [
        sources for (sources,) in alice.asks(f"SELECT impression_sources FROM {VIDEOS}")
    ]
    assert run["findings"]["replaced_characters"] == {
        "account.display_name": 1, "account.username": 1, "video.impression_sources": 1,
    }  # fmt: skip
    assert alice.types("show", connector, "--json").document["username"] == "cake \ufffd cake"


def test_a_json_column_takes_lists_alone(after: Callable[..., Any]) -> None:
    values = ["abc", {"a": 1}, True, 12, "", "[]", [], None, [{"country": "DE", "percentage": 1}]]
    stored, findings = after("audience_countries", values)
    assert stored == [None] * 6 + ["[]", None, '[{"country":"DE","percentage":1}]']
    assert findings["unreadable_values"] == {"video.audience_countries": 6}


def test_a_pretty_printed_answer_is_stored_compact_and_otherwise_unchanged(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    columns = ("item_id", "impression_sources", "audience_countries", "caption", "share_url")
    alice.syncs(connector)
    plain = alice.rows("video_snapshot_metric", *columns)
    days = alice.rows("profile_daily_metric", "date", "audience_activity")
    simulator.world.faults.add("whitespace", count=None)
    alice.syncs(connector)
    assert sorted(set(alice.rows("video_snapshot_metric", *columns)), key=repr) == plain
    assert alice.rows("profile_daily_metric", "date", "audience_activity") == days


def test_a_flag_may_come_as_text_or_number(
    alice: Alice, connector: str, spoil: Callable[..., None]
) -> None:
    for value, stored in (
        ("true", "true"),
        (0, "false"),
        ("FALSE", "false"),
        ("yes", None),
        (2, None),
    ):
        spoil("data", 0, ["is_verified"], value)
        run = alice.syncs(connector)
        assert alice.table("profile", "username")["demo.bakery"]["is_verified"] == stored, value
        assert ("unreadable_values" in run["findings"]) == (stored is None), value


@pytest.mark.parametrize(
    ("fault", "days", "videos"),
    [
        ("missing_item_id", 4, 56),
        ("bad_date", 3, 57),
        ("date_missing", 3, 57),
        ("day_outside", 4, 57),
    ],
)
def test_a_record_without_a_usable_key_is_left_out_and_counted(
    alice: Alice, connector: str, simulator: Simulator, fault: str, days: int, videos: int
) -> None:
    simulator.world.faults.add(fault, LIST if fault == "missing_item_id" else GET)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert sum(run["findings"]["dropped_records"].values()) == 1
    assert run["reports"]["profile_daily_metric"]["rows"] == days
    assert run["reports"]["video_snapshot_metric"]["rows"] == videos


def test_unknown_fields_are_ignored_and_counted(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    simulator.world.faults.add("unknown_fields", count=None)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    unknown = run["findings"]["unknown_fields"]
    assert (
        unknown["video.brand_new_metric"],
        unknown["day.brand_new_list"],
        unknown["account.brand_new_object"],
    ) == (
        57,
        4,
        1,
    )


def test_a_video_seen_twice_is_one_row_and_counted(
    alice: Alice, connector: str, simulator: Simulator
) -> None:
    simulator.world.faults.add("duplicated_video", LIST)
    run = alice.syncs(connector)
    assert run["reports"]["video_snapshot_metric"]["rows"] == 57
    assert run["findings"]["repeated_records"] == {"video": 1}


def test_a_bad_value_is_told_to_people_and_kept_in_the_archive_as_it_came(
    alice: Alice, connector: str, spoil: Callable[..., None]
) -> None:
    spoil("videos", 0, ["likes"], kind="text")
    said = alice.types("sync", connector)
    assert said.exit == 0
    assert "video.likes" in said.out
    (file,) = alice.home.glob("archive/**/*.gz")
    assert b'"likes":"abc"' in gzip.decompress(file.read_bytes())
