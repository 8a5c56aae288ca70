"""One value at a time: what is a number, a text, a flag, a list, and what is none."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_organic.tiktok.lenient_values import READERS, Replaced, read_count, read_flag, read_text

COUNTS = [
    (b"44", 44),
    (b'"44"', 44),
    (b'" 44 "', 44),
    (b'"+44"', 44),
    (b"44.0", 44),
    (b'"44.0"', 44),
    (b"4.4e1", 44),
    (b"-7", -7),
    (b"0", 0),
    (b"null", None),
    (b"9223372036854775807", 2**63 - 1),
    (b'"9223372036854775807"', 2**63 - 1),
    (b"-9223372036854775808", -(2**63)),
]
NO_COUNTS = [
    b'""', b'" "', b'"abc"', b"44.5", b'"44.5"', b"NaN", b'"NaN"', b"Infinity", b"true", b"false",
    b'"true"', b"[]", b"{}",
    b"9223372036854775808", b'"9223372036854775808"', b"-9223372036854775809", b"1e300", b"1e400",
    b'"1_000"', b'"1,000"',
    '"١٢"'.encode(), b'"0x10"', b"9" * 5000, b'"' + b"9" * 5000 + b'"',
]  # fmt: skip


@pytest.mark.parametrize(("raw", "value"), COUNTS)
def test_a_count_may_come_as_number_or_text(raw: bytes, value: int | None) -> None:
    assert read_count(raw) == value


@pytest.mark.parametrize("raw", NO_COUNTS, ids=lambda raw: raw[:12].decode("ascii", "replace"))
def test_a_value_that_is_not_a_count_is_none(raw: bytes) -> None:
    with pytest.raises(ValueError):
        read_count(raw)


@given(st.integers(-(2**70), 2**70))
def test_a_count_is_exact_up_to_64_bits_and_refused_beyond(number: int) -> None:
    for raw in (str(number).encode(), json.dumps(str(number)).encode()):
        if -(2**63) <= number < 2**63:
            assert read_count(raw) == number
        else:
            with pytest.raises(ValueError):
                read_count(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"1.5", 1.5),
        (b'"1.5"', 1.5),
        (b"3", 3.0),
        (b'".5"', 0.5),
        (b'"1e-3"', 0.001),
        (b"null", None),
        (b'" 2 "', 2.0),
    ],
)
def test_a_number_may_come_as_number_or_text(raw: bytes, value: float | None) -> None:
    assert READERS["Number"](raw) == value


@pytest.mark.parametrize(
    "raw",
    [
        b'""',
        b'"abc"',
        b"NaN",
        b'"nan"',
        b'"inf"',
        b"-Infinity",
        b"1e400",
        b'"1e400"',
        b"true",
        b"[1]",
        b'"1_0"',
    ],
)
def test_a_value_that_is_not_a_finite_number_is_none(raw: bytes) -> None:
    with pytest.raises(ValueError):
        READERS["Number"](raw)


def test_a_number_of_hundreds_of_digits_is_refused_and_not_a_crash() -> None:
    with pytest.raises(ValueError):
        READERS["Number"](b"1" + b"0" * 400)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_survives_as_it_was_sent(number: float) -> None:
    for raw in (json.dumps(number).encode(), json.dumps(repr(number)).encode()):
        assert math.isclose(READERS["Number"](raw), number, rel_tol=0)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"true", True), (b"false", False), (b'"true"', True), (b'"FALSE"', False), (b"1", True),
        (b"0", False),
        (b'"1"', True), (b'"0"', False), (b"null", None),
    ],
)  # fmt: skip
def test_a_flag_may_come_in_many_forms(raw: bytes, value: bool | None) -> None:
    assert read_flag(raw) is value


@pytest.mark.parametrize(
    "raw", [b'""', b'"yes"', b"2", b"-1", b"1.0", b"[]", b"[true]", b"{}", b"NaN"]
)
def test_a_value_that_is_not_a_flag_is_none(raw: bytes) -> None:
    with pytest.raises(ValueError):
        read_flag(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [(b"12", "12"), (b"1.50", "1.50"), (b'""', ""), (b"null", None), (b'" a "', " a ")],
)
def test_text_keeps_what_was_sent(raw: bytes, value: str | None) -> None:
    assert read_text(raw) == value


@pytest.mark.parametrize("raw", [b"true", b"[]", b"{}", b'["a"]'])
def test_a_value_that_is_not_a_text_is_none(raw: bytes) -> None:
    with pytest.raises(ValueError):
        read_text(raw)


@given(st.text(st.characters(codec=None), max_size=30))
def test_only_lone_surrogates_are_replaced_and_each_is_counted(text: str) -> None:
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    lone = sum(
        1
        for c in text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        if "\ud800" <= c <= "\udfff"
    )
    read = read_text(json.dumps(text).encode())
    assert isinstance(read, str)
    assert (read.replaced if isinstance(read, Replaced) else 0) == lone
    if not lone:
        assert read == whole
    read.encode()  # every warehouse can hold it


def test_a_pair_of_surrogate_escapes_is_one_character() -> None:
    assert read_text(b'"\\ud83d\\ude00"') == "😀"


@pytest.mark.parametrize("raw", [b"{}", b'"[]"', b"1", b'"text"', b"true"])
def test_a_value_that_is_not_a_list_is_not_a_json_column(raw: bytes) -> None:
    with pytest.raises(ValueError):
        READERS["Json"](raw)


@pytest.mark.parametrize("raw", [b"-62135596800", b"253402300799", b'"1767225600"'])
def test_moments_of_the_years_1_to_9999_are_read(raw: bytes) -> None:
    assert READERS["Seconds"](raw) == int(raw.strip(b'"'))


@pytest.mark.parametrize(
    "raw", [b"-62135596801", b"253402300800", b"1767225600000", b'""', b"1767225600.5"]
)
def test_moments_beyond_the_calendar_are_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):
        READERS["Seconds"](raw)
