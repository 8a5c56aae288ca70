"""Unusual records of TikTok one by one: their values and findings."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tiktok_organic.errors import Unreadable
from tiktok_organic.tiktok.record_types import Video
from tiktok_organic.tiktok.records import read_account, read_days, read_videos
from tiktok_organic.tiktok.unusual_data import Findings


def videos(text: str | bytes) -> tuple[list[Video], Findings]:
    findings = Findings()
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return list(read_videos(raw, findings)), findings


@pytest.mark.parametrize(
    "record",
    [
        "{}",
        '{"likes":1}',
        '{"item_id":""}',
        '{"item_id":"  "}',
        '{"item_id":null}',
        '{"item_id":{}}',
    ],
)
def test_a_video_without_a_readable_id_is_dropped_and_counted(record: str) -> None:
    found, findings = videos(f'[{record},{{"item_id":"2"}}]')
    assert [video.item_id for video in found] == ["2"]
    assert sum(findings.dropped.values()) == 1


@pytest.mark.parametrize("element", ["1", "null", '"text"', "[]", "true"])
def test_a_value_that_is_not_a_record_is_dropped_and_counted(element: str) -> None:
    found, findings = videos(f'[{element},{{"item_id":"2"}}]')
    assert len(found) == 1
    assert findings.dropped == {"video: no object": 1}


@pytest.mark.parametrize("text", ["null", "{}", "1", "", "[", '[{"item_id":"1"}', "<html>"])
def test_a_page_that_is_not_a_list_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        videos(text)


def test_an_id_may_be_a_number_of_19_digits() -> None:
    found, _ = videos('[{"item_id":7590000000000000001}]')
    assert found[0].item_id == "7590000000000000001"


def test_the_moment_of_a_video_is_in_microseconds() -> None:
    found, _ = videos(
        '[{"item_id":"1","create_time":"1767225600"},{"item_id":"2","create_time":1767225600}]'
    )
    assert [video.create_time for video in found] == [1_767_225_600_000_000] * 2


def test_a_json_column_distinguishes_absent_null_and_empty() -> None:
    found, _ = videos(
        '[{"item_id":"1"},{"item_id":"2","impression_sources":null},'
        '{"item_id":"3","impression_sources":[ ]}]'
    )
    assert [video.impression_sources for video in found] == [None, None, "[]"]


@pytest.mark.parametrize("odd", ["", ',{"item_id":"9","likes":NaN}'])
def test_a_json_column_keeps_digits_escapes_and_order(odd: str) -> None:
    sent = (
        '[ {"impression_source" : "For  You\\/\\u00e9", "percentage":0.8300, "x":1E2} , '
        '{"b":-0, "a":[]} ]'
    )
    kept = (
        '[{"impression_source":"For  You\\/\\u00e9","percentage":0.8300,"x":1E2},{"b":-0,"a":[]}]'
    )
    found, _ = videos(f'[{{"item_id":"1","impression_sources":{sent}}}{odd}]')
    assert found[0].impression_sources == kept


def test_a_lone_surrogate_in_a_caption_is_replaced_and_counted() -> None:
    found, findings = videos(
        '[{"item_id":"1","caption":"caf\\u00e9 \\ud83d!"},{"item_id":"2","caption":"fine"}]'
    )
    assert [video.caption for video in found] == ["café \ufffd!", "fine"]
    assert findings.replaced == {"video.caption": 1}


def test_raw_bytes_of_a_surrogate_are_replaced_and_counted_on_any_page() -> None:
    for tail in ("", ',{"item_id":"2","likes":NaN}'):
        found, findings = videos(f'[{{"item_id":"1","caption":"x\ud83dy"}}{tail}]')
        assert found[0].caption is not None
        assert set(found[0].caption) <= {"x", "y", "\ufffd"}
        assert findings.replaced["video.caption"] >= 1


def test_bytes_that_are_no_utf_8_cost_one_value_and_not_the_page() -> None:
    found, findings = videos(
        b'[{"item_id":"1","caption":"a\xffb","likes":3},{"item_id":"2","likes":4}]'
    )
    assert [video.likes for video in found] == [3, 4]
    assert findings.unreadable["video.caption"] + findings.replaced["video.caption"] == 1


def test_a_number_of_thousands_of_digits_beside_a_nan_costs_one_value() -> None:
    found, findings = videos(
        '[{"item_id":"1","likes":' + "9" * 5000 + ',"reach":NaN,"shares":2},{"item_id":"2"}]'
    )
    assert [video.item_id for video in found] == ["1", "2"]
    assert found[0].shares == 2
    assert findings.unreadable == {"video.likes": 1, "video.reach": 1}


def test_the_example_of_a_bad_value_is_short_and_printable() -> None:
    _, findings = videos('[{"item_id":"1","likes":"' + "é\\n" * 500 + '"}]')
    example = findings.examples["video.likes"]
    assert example.isascii()
    assert len(example) <= 300


def test_thousands_of_invented_fields_do_not_fill_the_run_row() -> None:
    page = [{"item_id": "1", **{f"f{number}": 1 for number in range(5000)}}]
    _, findings = videos(json.dumps(page))
    assert len(findings.unknown) <= 50


@pytest.mark.parametrize(
    "text", ['"2026-01-02"', '"2026-01-02T00:00:00Z"', '" 2026-01-02 "', '"2026-01-02 00:00:00"']
)
def test_a_day_is_known_by_its_date(text: str) -> None:
    days = read_days(f'[{{"date":{text},"likes":1}}]'.encode(), Findings())
    assert [day.date for day in days] == [date(2026, 1, 2)]


@pytest.mark.parametrize(
    "text",
    ['""', "null", '"yesterday"', '"2026-02-30"', '"0000-00-00"', "[]", "true", '"2026-1-2"', "17"],
)
def test_a_day_without_a_readable_date_is_dropped_and_counted(text: str) -> None:
    findings = Findings()
    days = read_days(
        f'[{{"date":{text}}},{{"date":"2026-01-03"}},{{"likes":1}}]'.encode(), findings
    )
    assert [day.date for day in days] == [date(2026, 1, 3)]
    assert sum(findings.dropped.values()) == 2


def test_a_repeated_day_keeps_what_only_its_first_form_had() -> None:
    findings = Findings()
    rows = ['"likes":1,"shares":5', '"likes":2', '"likes":null']
    text = ("[" + ",".join(f'{{"date":"2026-01-01",{row}}}' for row in rows) + "]").encode()
    (day,) = read_days(text, findings)
    assert (day.likes, day.shares) == (2, 5)
    assert findings.repeated == {"day": 2}


def test_without_a_daily_series_there_are_no_days() -> None:
    assert read_days(b"null", Findings()) == []
    assert read_days(b"[]", Findings()) == []


@pytest.mark.parametrize("text", [b"{}", b"1", b'"x"', b"[", b""])
def test_a_daily_series_that_is_not_a_list_is_unreadable(text: bytes) -> None:
    with pytest.raises(Unreadable):
        read_days(text, Findings())


def test_the_daily_series_does_not_disturb_the_account() -> None:
    findings = Findings()
    account = read_account(b'{"username":"demo","metrics":"broken","audience_ages":[ ]}', findings)
    assert (account.username, account.audience_ages) == ("demo", "[]")
    assert findings.document() == {}


def test_an_account_with_a_name_that_is_a_number_keeps_its_digits() -> None:
    assert read_account(b'{"username":12345}', Findings()).username == "12345"


@pytest.mark.parametrize("text", [b"[]", b"null", b"1", b"", b'{"username":'])
def test_an_account_that_is_not_an_object_is_unreadable(text: bytes) -> None:
    with pytest.raises(Unreadable):
        read_account(text, Findings())


@pytest.mark.parametrize(
    ("spelled", "likes"),
    [
        ('"4503599627370497.5"', None),
        ("4503599627370497.5", None),
        ('"9007199254740993.0"', 9007199254740993),
        ("9007199254740993.0", 9007199254740993),
        ('"9007199254740993e0"', 9007199254740993),
        ('"\\u0039007199254740993.0"', 9007199254740993),
        ("9.007199254740993e15", 9007199254740993),
        ('"\\u006eull"', None),
        ('"N\\u0055LL"', None),
        ('"null"', None),
        ("44", 44),
        ('"44.0"', 44),
    ],
)
def test_a_value_does_not_depend_on_its_neighbours(spelled: str, likes: int | None) -> None:
    alone, beside = Findings(), Findings()
    video = f'{{"item_id":"1","likes":{spelled}}}'
    broken = '{"item_id":"2","likes":"abc"}'
    (first,) = read_videos(f"[{video}]".encode(), alone)
    second, _ = read_videos(f"[{video},{broken}]".encode(), beside)
    assert first.likes == second.likes == likes
    assert sum(alone.unreadable.values()) == (1 if likes is None else 0)
    assert sum(beside.unreadable.values()) == (2 if likes is None else 1)


@pytest.mark.parametrize(
    "spelled", ["7700000000000000001", '"7700000000000000001"', "7.7e18", "77e17", "7.0"]
)
def test_an_id_has_one_spelling(spelled: str) -> None:
    (video,) = read_videos(f'[{{"item_id":{spelled}}}]'.encode(), Findings())
    expected = "7" if spelled == "7.0" else "7700000000000000000"
    assert video.item_id == (spelled.strip('"') if "001" in spelled else expected)
