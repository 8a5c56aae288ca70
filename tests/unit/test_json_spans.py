"""Both splitters of JSON, fast and lenient, return the exact text of each member."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic.errors import Unreadable
from tiktok_organic.tiktok.json_spans import elements, members, minify

SPACES = st.sampled_from(["", "", "", " ", "\n", "\t ", "\r\n"])
STRINGS = st.sampled_from(
    [
        '""',
        '"a b"',
        '"\\u00e9 \\/ /"',
        '"\\ud83d"',
        '"[{,:"',
        '"\\"quoted\\\\"',
        '"tab\\tnl\\n"',
        '"é😀 \u2028"',
        '"]}"',
    ]
)
NUMBERS = st.sampled_from(
    ["0", "-0", "1.50", "1E2", "1e-7", "9223372036854775808", "12345678901234567890.10"]
)
WORDS = st.sampled_from(["true", "false", "null"])
ODD = st.sampled_from(["NaN", "Infinity", "-Infinity"])


@st.composite
def spaced(draw: st.DrawFn, depth: int = 3, odd: bool = False) -> tuple[str, str]:
    """A JSON value as TikTok might space it, and the same without whitespace."""
    leaf = st.one_of(STRINGS, NUMBERS, WORDS, ODD) if odd else st.one_of(STRINGS, NUMBERS, WORDS)
    kind = draw(st.integers(0, 2)) if depth else 0
    if kind == 0:
        token = draw(leaf)
        return token, token
    parts = draw(st.lists(spaced(depth - 1, odd), max_size=4))
    gap = [draw(SPACES) for _ in range(3)]
    if kind == 1:
        loose = f"{gap[1]},{gap[2]}".join(one for one, _ in parts)
        return f"[{gap[0]}{loose}{gap[1]}]", "[" + ",".join(two for _, two in parts) + "]"
    names = [f'"k{number} ,"' for number in range(len(parts))]
    loose = f"{gap[1]},{gap[2]}".join(
        f"{n}{gap[0]}:{gap[2]}{one}" for n, (one, _) in zip(names, parts, strict=True)
    )
    tight = ",".join(f"{n}:{two}" for n, (_, two) in zip(names, parts, strict=True))
    return f"{{{gap[0]}{loose}{gap[1]}}}", "{" + tight + "}"


def same(left: str, right: str) -> bool:
    """Whether two JSON texts mean the same (NaN equals NaN)."""
    return repr(json.loads(left, strict=False)) == repr(json.loads(right, strict=False))


@given(spaced(odd=True))
def test_minify_removes_whitespace_outside_strings_and_nothing_else(pair: tuple[str, str]) -> None:
    loose, tight = pair
    assert minify(loose.encode()) == tight


@given(st.lists(spaced(odd=True), max_size=5), SPACES)
def test_elements_come_as_the_text_they_were(pairs: list[tuple[str, str]], gap: str) -> None:
    raw = f"{gap}[{gap}" + f"{gap},{gap}".join(loose for loose, _ in pairs) + f"{gap}]{gap}"
    assert [part.decode().strip() for part in elements(raw.encode())] == [
        loose for loose, _ in pairs
    ]


@given(
    st.dictionaries(
        st.sampled_from(["a", "b c", "é", "code", "data,", "x:y"]), spaced(odd=True), max_size=5
    ),
    SPACES,
)
def test_members_come_as_the_text_they_were(pairs: dict[str, tuple[str, str]], gap: str) -> None:
    raw = (
        "{"
        + ",".join(
            f"{gap}{json.dumps(n)}{gap}:{gap}{loose}{gap}" for n, (loose, _) in pairs.items()
        )
        + "}"
    )
    found = members(raw.encode())
    assert {name: part.decode().strip() for name, part in found.items()} == {
        n: one for n, (one, _) in pairs.items()
    }


@given(spaced())
def test_one_nan_changes_nothing_about_its_neighbours(pair: tuple[str, str]) -> None:
    loose, _ = pair
    fast = members(f'{{"kept":{loose}}}'.encode())
    patient = members(f'{{"odd":NaN,"kept":{loose}}}'.encode())
    assert patient.pop("odd") == b"NaN"
    assert {n: v.strip() for n, v in patient.items()} == {n: v.strip() for n, v in fast.items()}


def test_the_last_of_two_members_of_one_name_counts_in_both_ways() -> None:
    assert members(b'{"a":1,"a":2}') == {"a": b"2"}
    assert members(b'{"a":1,"a":2,"n":NaN}')["a"] == b"2"


def test_a_name_may_be_escaped() -> None:
    assert members(b'{"c\\u006fde":0}') == {"code": b"0"}
    assert members(b'{"c\\u006fde":0,"n":NaN}')["code"] == b"0"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"1",
        b'"a"',
        b"{",
        b'{"a"}',
        b'{"a":}',
        b"{'a':1}",
        b"<html>",
        b"{}{}",
        b"\xff",
    ],
)
def test_a_text_that_is_not_an_object_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        members(raw)


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"{}", b"1", b"[", b"[1", b"[1,]", b"[,]", b"[1 2]", b"<html>", b"[]]"]
)
def test_a_text_that_is_not_a_list_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        elements(raw)


@given(st.binary(max_size=40) | st.text('[]{},:"\\ntrue1.NaeE-+ \x00', max_size=40).map(str.encode))
def test_no_bytes_raise_anything_but_unreadable(raw: bytes) -> None:
    for read in (members, elements, minify):
        try:
            read(raw)
        except Unreadable:
            continue


def test_depth_without_end_is_unreadable_and_not_a_crash() -> None:
    raw = b"[" * 200_000
    with pytest.raises(Unreadable):
        elements(raw)
    with pytest.raises(Unreadable):
        members(b'{"a":' + raw)


def test_a_sample_cut_anywhere_is_whole_or_unreadable() -> None:
    sample = (
        '{"code":0,"message":"é\\n","data":{"videos":[{"item_id":"1","likes":1.5}, NaN]}, "x":[]}'
    ).encode()
    for length in range(len(sample)):
        with pytest.raises(Unreadable):
            members(sample[:length])
    assert math.isnan(json.loads(members(sample)["data"])["videos"][1])
