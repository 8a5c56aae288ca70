"""What TikTok sends is data, not truth: each odd value, by itself, becomes null (or stays), is counted, and costs no row."""

from __future__ import annotations

import pytest

DATASET = "tiktokorganic_demo_bakery"
VIDEOS = f"{DATASET}.video_snapshot_metric"


@pytest.fixture
def connector(alice):
    return alice.connects()["id"]


@pytest.fixture
def first_video(alice):
    """The newest video as text by column."""

    def look():
        rows = alice.table("video_snapshot_metric", "item_id")
        assert len(rows) == 57
        return rows[max(rows, key=int)]

    return look


def spoil(simulator, where, fields, kind, value=None, path=""):
    simulator.world.faults.add("bad_values", path, where=where, index=0, fields=fields, kind=kind, value=value)


@pytest.mark.parametrize("kind", ["empty", "text", "fraction", "nan", "infinity", "two_to_63", "two_to_64", "huge", "object",
                                  "list", "true", "false", "lone_surrogate"])  # fmt: skip
def test_a_count_that_is_none_becomes_null_and_is_reported(alice, connector, simulator, first_video, kind):
    spoil(simulator, "videos", ["likes"], kind)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert first_video()["likes"] is None
    assert first_video()["comments"] is not None
    assert alice.asks(f"SELECT count(*), count(likes) FROM {VIDEOS}") == [(57, 56)]
    assert run["findings"]["unreadable_values"] == {"video.likes": 1}
    assert list(run["findings"]["examples"]) == ["video.likes"]


@pytest.mark.parametrize("table", ["account", "day"])
@pytest.mark.parametrize("kind", ["text", "nan", "two_to_63", "object"])
def test_so_it_is_for_the_account_and_its_days(alice, connector, simulator, table, kind):
    where, name = ("data", "total_likes") if table == "account" else ("metrics", "likes")
    spoil(simulator, where, [name], kind, path="/business/get/")
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert run["findings"]["unreadable_values"] == {f"{table}.{name}": 1}
    assert run["reports"]["profile_daily_metric"]["rows"] == 4


@pytest.mark.parametrize(
    ("value", "stored"),
    [("44", "44"), ("44.0", "44"), (44.0, "44"), (" 44 ", "44"), (-1, "-1"), (0, "0"), (2**63 - 1, str(2**63 - 1)),
     (1e3, "1000"), ("0044", "44"), ("٤٤", None), ("0x10", None), ("1e3", None), ("null", None), ("44,000", None)],
)  # fmt: skip
def test_numbers_may_come_as_text(alice, connector, simulator, first_video, value, stored):
    spoil(simulator, "videos", ["likes"], "given", value)
    run = alice.syncs(connector)
    assert first_video()["likes"] == stored
    assert ("unreadable_values" in run["findings"]) == (stored is None)


@pytest.mark.parametrize(
    ("value", "stored"),
    [("14.25", "14.25"), (14, "14.0"), ("nan", None), ("NaN", None), ("inf", None), ("-Infinity", None), ("1e400", None),
     ("", None), (True, None), ("14,2", None), ("1_000.5", None), (1e308, "1e+308")],
)  # fmt: skip
def test_a_duration_is_a_finite_number_or_nothing(alice, connector, simulator, first_video, value, stored):
    spoil(simulator, "videos", ["video_duration"], "given", value)
    run = alice.syncs(connector)
    assert first_video()["video_duration"] == stored
    assert ("unreadable_values" in run["findings"]) == (stored is None)


@pytest.mark.parametrize("kind", ["nan", "infinity", "huge"])
def test_a_bare_nan_does_not_cost_its_page(alice, connector, simulator, first_video, kind):
    spoil(simulator, "videos", ["total_time_watched"], kind)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert first_video()["total_time_watched"] is None
    assert run["findings"]["unreadable_values"] == {"video.total_time_watched": 1}


@pytest.mark.parametrize(
    ("value", "stored"),
    [(1767225600, "2026-01-01 00:00:00+00"), ("1767225600", "2026-01-01 00:00:00+00"), (0, "1970-01-01 00:00:00+00"),
     (1767225600.5, None), ("yesterday", None), (10**15, None), (-10**15, None), ("", None), (None, None)],
)  # fmt: skip
def test_a_moment_may_come_as_number_or_text(alice, connector, simulator, first_video, value, stored):
    spoil(simulator, "videos", ["create_time"], "given", value)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert first_video()["create_time"] == stored
    assert ("unreadable_values" in run["findings"]) == (stored is None and value is not None)


@pytest.mark.parametrize(
    ("value", "stored"),
    [("a\nb\tc", "a\nb\tc"), ("", ""), ("👩‍👩‍👧 \u202e x", "👩‍👩‍👧 \u202e x"), (12345, "12345"), ("x" * 100_000, "x" * 100_000),
     ("null", "null"), ("'; DROP TABLE x; --", "'; DROP TABLE x; --"), ("cake \x00 cake", "cake \x00 cake"),
     ("cake \ud83d cake", "cake \ufffd cake"), ("\ud83e\udd68", "🥨"), ("\ufffd", "\ufffd"), (["a"], None), (True, None)],
    ids=["lines", "empty", "emoji", "number", "long", "null", "sql", "zero", "lone", "pair", "fffd", "list", "true"],
)  # fmt: skip
def test_text_keeps_every_character_that_the_warehouse_can_hold(alice, connector, simulator, first_video, value, stored):
    spoil(simulator, "videos", ["caption"], "given", value)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert first_video()["caption"] == stored
    assert run["findings"].get("replaced_characters", {}) == ({"video.caption": 1} if value == "cake \ud83d cake" else {})
    assert ("unreadable_values" in run["findings"]) == (stored is None)


def test_a_lone_surrogate_in_a_json_column_and_in_the_username(alice, connector, simulator, first_video):
    sources = [{"impression_source": "For \ud83d You", "percentage": 0.5}]
    spoil(simulator, "videos", ["impression_sources"], "given", sources)
    spoil(simulator, "data", ["display_name"], "lone_surrogate", path="/business/get/")
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert first_video()["impression_sources"] == '[{"impression_source":"For \ufffd You","percentage":0.5}]'
    assert run["findings"]["replaced_characters"] == {"account.display_name": 1, "video.impression_sources": 1}


@pytest.mark.parametrize("kind", ["text", "object", "true", "number", "empty"])
def test_a_json_column_takes_lists_alone(alice, connector, simulator, first_video, kind):
    spoil(simulator, "videos", ["audience_countries"], kind)
    run = alice.syncs(connector)
    assert first_video()["audience_countries"] is None
    assert run["findings"]["unreadable_values"] == {"video.audience_countries": 1}


def test_a_pretty_printed_answer_is_stored_compact_and_otherwise_unchanged(alice, connector, simulator, time):
    alice.syncs(connector)
    plain = {name: {row["item_id"]: row for row in [row]} for name, row in alice.table("video_snapshot_metric", "item_id").items()}
    values = {name: rows[name] for name, rows in plain.items()}
    time.passes(minutes=1)
    simulator.world.faults.add("whitespace", count=None)
    alice.syncs(connector)
    found = alice.asks(f"SELECT item_id, impression_sources, audience_countries, caption FROM {VIDEOS} "
                       "WHERE _quanti_sync_date = (SELECT max(_quanti_sync_date) FROM " + VIDEOS + ")")  # fmt: skip
    for item, sources, countries, caption in found:
        row = values[item]
        assert (sources, countries, caption) == (row["impression_sources"], row["audience_countries"], row["caption"])


@pytest.mark.parametrize(
    ("value", "stored"), [("true", "true"), (1, "true"), (0, "false"), ("FALSE", "false"), ("yes", None), (2, None), ([], None)]
)
def test_a_flag_may_come_as_text_or_number(alice, connector, simulator, value, stored):
    spoil(simulator, "data", ["is_verified"], "given", value, path="/business/get/")
    run = alice.syncs(connector)
    assert alice.table("profile", "username")["demo.bakery"]["is_verified"] == stored
    assert ("unreadable_values" in run["findings"]) == (stored is None)


@pytest.mark.parametrize("fault", ["missing_item_id", "bad_date", "date_missing", "day_outside"])
def test_a_record_without_a_usable_key_is_left_out_and_counted(alice, connector, simulator, fault):
    simulator.world.faults.add(fault)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert sum(run["findings"]["dropped_records"].values()) == 1
    days, videos = [run["reports"][name]["rows"] for name in ("profile_daily_metric", "video_snapshot_metric")]
    assert (days, videos) == {"missing_item_id": (4, 56), "day_outside": (4, 57)}.get(fault, (3, 57))


def test_unknown_fields_are_ignored_and_counted(alice, connector, simulator):
    simulator.world.faults.add("unknown_fields", count=None)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    unknown = run["findings"]["unknown_fields"]
    assert unknown["video.brand_new_metric"] == 57
    assert unknown["day.brand_new_list"] == 4
    assert unknown["account.brand_new_object"] == 1


def test_a_video_seen_twice_is_one_row_and_counted(alice, connector, simulator):
    simulator.world.faults.add("duplicated_video")
    run = alice.syncs(connector)
    assert run["reports"]["video_snapshot_metric"]["rows"] == 57
    assert run["findings"]["repeated_records"] == {"video": 1}


def test_a_bad_value_is_told_to_people_too(alice, connector, simulator):
    spoil(simulator, "videos", ["likes"], "text")
    said = alice.types("sync", connector)
    assert said.exit == 0
    assert "video.likes" in said.out


def test_what_was_spoiled_is_in_the_archive_as_it_came(alice, connector, simulator):
    import gzip

    spoil(simulator, "videos", ["likes"], "text")
    alice.syncs(connector)
    (file,) = alice.home.glob("archive/**/*.gz")
    assert b'"likes":"abc"' in gzip.decompress(file.read_bytes())
