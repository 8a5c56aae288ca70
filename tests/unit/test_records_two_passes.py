"""The fast typed pass and the lenient pass read the same values from the same records."""

from __future__ import annotations

import json
import sys
from collections import Counter
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic.tiktok.record_types import Video
from tiktok_organic.tiktok.records import read_account, read_days, read_videos
from tiktok_organic.tiktok.unusual_data import Findings

COUNTS = [
    "null",
    "0",
    "7",
    '"7"',
    '" 7 "',
    '"7.0"',
    "7.0",
    "7e1",
    "9223372036854775807",
    '"-3"',
    '"+5"',
]
BAD_COUNTS = [
    '""',
    '"abc"',
    "44.5",
    "NaN",
    "9223372036854775808",
    "true",
    "[]",
    "{}",
    '"1_0"',
    '"٣"',
    "1e300",
    "-1e400",
]
NUMBERS = ["null", "1.5", '"1.5"', "3", '"1e2"', "0.118", '".5"']
BAD_NUMBERS = [
    '""',
    '"abc"',
    "NaN",
    "Infinity",
    '"nan"',
    '"inf"',
    '"Infinity"',
    "1e400",
    "true",
    "[1]",
]
TEXTS = [
    "null",
    '""',
    '"caption"',
    '"é 😀"',
    '"\\ud83d\\ude00"',
    '"a\\u0000b"',
    '"null"',
    '"true"',
    '" x "',
]
BAD_TEXTS = ["12", "1.50", "true", "[]", "{}", '"\\ud83d"', '"\\ude00 tail"', '"raw\ttab"']
SECONDS = ["null", '"1767225600"', "1767225600", "0", "-5"]
BAD_SECONDS = ['""', "1767225600000", "1767225600.5", "NaN", '"soon"', "[]"]
LISTS = [
    "null",
    "[]",
    "[ ]",
    '[{"country": "DE", "percentage": 0.50}]',
    '[ "a b" ,1E2 ]',
    '["\\ud83d \\/"]',
]
BAD_LISTS = ["{}", '"[]"', "1", "true", '""']

KINDS: dict[str, tuple[list[str], list[str]]] = {
    "likes": (COUNTS, BAD_COUNTS),
    "reach": (COUNTS, BAD_COUNTS),
    "video_duration": (NUMBERS, BAD_NUMBERS),
    "caption": (TEXTS, BAD_TEXTS),
    "share_url": (TEXTS, BAD_TEXTS),
    "create_time": (SECONDS, BAD_SECONDS),
    "impression_sources": (LISTS, BAD_LISTS),
    "audience_countries": (LISTS, BAD_LISTS),
}


@st.composite
def video(draw: st.DrawFn, bad: bool = True) -> str:
    names = draw(st.lists(st.sampled_from(sorted(KINDS)), unique=True))
    parts = [f'"item_id":"{draw(st.integers(1, 99))}"']
    for name in names:
        good, broken = KINDS[name]
        parts.append(f'"{name}" : {draw(st.sampled_from([*good, *broken] if bad else good))}')
    if draw(st.booleans()):
        parts.append('"brand_new_field":[1, {"likes":2}]')
    return "{" + ",".join(draw(st.permutations(parts))) + "}"


def read(page: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    findings = Findings()
    videos = [
        {name: getattr(v, name) for name in Video.__struct_fields__}
        for v in read_videos(page.encode(), findings)
    ]
    return videos, findings.document()


PATIENT = '{"item_id":"sentinel","likes":"abc"}'
"""A record that no typed pass accepts: it sends its whole page through the lenient pass."""


@given(st.lists(video(bad=False), max_size=5))
def test_both_passes_read_the_same_where_both_apply(videos: list[str]) -> None:
    fast, found_fast = read(f"[{','.join(videos)}]")
    patient, found_patient = read(f"[{','.join([*videos, PATIENT])}]")
    assert patient.pop()["item_id"] == "sentinel"
    assert repr(patient) == repr(fast)
    assert found_patient.pop("unreadable_values") == {"video.likes": 1}
    found_patient.pop("examples")
    assert found_patient == found_fast


@given(st.lists(video(), max_size=5))
def test_a_record_reads_the_same_alone_and_among_broken_ones(videos: list[str]) -> None:
    alone = [read(f"[{one}]") for one in videos]
    together, found = read(f"[{','.join([*videos, PATIENT])}]")
    assert repr(together[:-1]) == repr([record for records, _ in alone for record in records])
    for kind in ("unreadable_values", "unknown_fields", "replaced_characters"):
        total: Counter[str] = Counter()
        for _, document in alone:
            total.update(document.get(kind, {}))
        if kind == "unreadable_values":
            total["video.likes"] += 1
        assert found.get(kind, {}) == dict(total)


@given(video(), st.sampled_from(sorted(KINDS)))
def test_a_bad_value_is_null_and_counted_and_its_neighbours_stay(one: str, name: str) -> None:
    parts = one[1:-1]
    for broken in KINDS[name][1]:
        rest = [part for part in [parts] if f'"{name}"' not in part]
        if not rest:
            return
        records, found = read(f'[{{{parts},"{name}":{broken}}}]')
        plain, before = read(f"[{{{parts}}}]")
        value = records[0].pop(name)
        plain[0].pop(name)
        assert repr(records) == repr(plain)
        if value is None:
            counted = found["unreadable_values"][f"video.{name}"]
            assert counted == before.get("unreadable_values", {}).get(f"video.{name}", 0) + 1


@pytest.mark.parametrize(
    ("field", "text"), [("likes", '"null"'), ("likes", '"1e2"'), ("video_duration", '"null"')]
)
def test_text_that_only_one_pass_understands_has_the_same_result(field: str, text: str) -> None:
    fast, found_fast = read(f'[{{"item_id":"1","{field}":{text}}}]')
    patient, found_patient = read(
        f'[{{"item_id":"1","{field}":{text}}},{{"item_id":"2","reach":NaN}}]'
    )
    assert fast[0] == patient[0]
    assert found_fast.get("unreadable_values", {}).get(f"video.{field}") == found_patient[
        "unreadable_values"
    ].get(f"video.{field}")


@pytest.mark.parametrize("key", ['" 1 "', '"1\\n"', "1", '"1"'])
def test_a_key_is_the_same_in_both_passes(key: str) -> None:
    fast, _ = read(f'[{{"item_id":{key}}}]')
    patient, _ = read(f'[{{"item_id":{key}}},{PATIENT}]')
    assert fast[0]["item_id"] == patient[0]["item_id"] == "1"


def calls(page: bytes) -> Counter[str]:
    """Return which of our Python functions are called, how often, to read a page."""
    seen: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and "tiktok_organic" in frame.f_code.co_filename:
            seen[frame.f_code.co_name] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        list(read_videos(page, Findings()))
    finally:
        sys.setprofile(before)
    return seen


def page_of(count: int, likes: str) -> bytes:
    one = '{"item_id":"%d","likes":%s,"create_time":"1767225600","impression_sources":[{"a":1}]}'
    return ("[" + ",".join(one % (number, likes) for number in range(count)) + "]").encode()


def test_an_ordinary_page_never_takes_the_patient_pass() -> None:
    seen = calls(page_of(20, "7"))
    assert "_patiently" not in seen
    assert sum(seen.values()) <= 20 * 15


def test_the_patient_pass_grows_with_the_records_and_no_faster() -> None:
    small, large = (sum(calls(page_of(count, '"abc"')).values()) for count in (50, 500))
    assert large <= 10.5 * small


@given(
    st.dictionaries(
        st.sampled_from(["followers_count", "videos_count"]), st.sampled_from(COUNTS + BAD_COUNTS)
    )
)
def test_an_account_survives_each_bad_value(values: dict[str, str]) -> None:
    body = (
        "{"
        + ",".join(['"username":"demo"', *(f'"{name}":{text}' for name, text in values.items())])
        + ',"metrics":[]}'
    )
    findings = Findings()
    account = read_account(body.encode(), findings)
    assert account.username == "demo"
    for name, text in values.items():
        unreadable = findings.unreadable[f"account.{name}"]
        assert (getattr(account, name) is None) == (text == "null" or unreadable == 1)


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(COUNTS + BAD_COUNTS)), max_size=8))
def test_days_come_once_each_and_in_order(rows: list[tuple[int, str]]) -> None:
    text = (
        "[" + ",".join(f'{{"date":"2026-01-0{day}","likes":{likes}}}' for day, likes in rows) + "]"
    )
    findings = Findings()
    days = read_days(text.encode(), findings)
    assert [day.date.day for day in days] == sorted({day for day, _ in rows})
    assert sum(findings.repeated.values()) == len(rows) - len(days)
    for day in days:
        alone = [
            read_days(f'[{{"date":"2026-01-01","likes":{t}}}]'.encode(), Findings())[0]
            for d, t in rows
            if d == day.date.day
        ]
        known = [one.likes for one in alone if one.likes is not None]
        assert day.likes == (known[-1] if known else None)


def test_unknown_fields_are_counted_by_name_in_both_passes() -> None:
    for tail in ("", ",NaN"):
        findings = Findings()
        page = '[{"item_id":"1","zebra":1,"likes":2},{"item_id":"2","zebra":null}' + tail + "]"
        assert len(list(read_videos(page.encode(), findings))) == 2
        assert findings.unknown == {"video.zebra": 2}


def test_known_fields_that_no_table_has_are_not_called_unknown() -> None:
    findings = Findings()
    page = {
        "item_id": "1",
        "media_type": "VIDEO",
        "is_ad": False,
        "favorites": 3,
        "audience_types": [],
        "new_followers": 1,
    }
    list(read_videos(json.dumps([page]).encode(), findings))
    assert findings.document() == {}
