"""Bodies that are not an answer of the API: HTML, truncated, another status, empty."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit_clock import NOON

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import (
    NotPermitted,
    Refused,
    Throttled,
    TikTokOrganicError,
    TokenRejected,
    TryAgain,
    Unavailable,
    Unreadable,
)
from tiktok_organic.tiktok.answer_envelope import BareRejection, decode
from tiktok_organic.tiktok.answer_headers import clock_difference

HTML = b"<html><head><title>502 Bad Gateway</title></head></html>"
SAMPLE = (
    '{"code":0,"message":"OK '
    'é","request_id":"20260102030600C1B2","data":{"has_more":true,"cursor":1767225600000,'
    '"videos":[{"item_id":"7590000000000000001","caption":"caf\\u00e9 \\ud83d","likes":44}, '
    '{"likes":NaN}]}}'
).encode()


def failure(
    status: int, content: bytes, headers: dict[str, str] | None = None
) -> TikTokOrganicError:
    with pytest.raises(TikTokOrganicError) as caught:
        decode(status, headers or {}, content, now=NOON)
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Unreadable), (400, Unreadable), (418, Unreadable), (401, BareRejection),
        (403, NotPermitted),
        (301, Refused), (302, Refused), (308, Refused), (404, Refused), (405, Refused),
        (410, Refused),
        (429, Throttled), (500, Unavailable), (502, Unavailable), (503, Unavailable),
        (504, Unavailable),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "content",
    [HTML, b"", b"null", b"[]", b'{"message":"no code"}', b'{"code":null}', b'{"code":"x"}'],
)
def test_without_an_envelope_the_status_decides(
    status: int, kind: type[TikTokOrganicError], content: bytes
) -> None:
    assert type(failure(status, content)) is kind


@pytest.mark.parametrize("status", [301, 302, 307, 308, 403, 404, 405, 407, 410])
@pytest.mark.parametrize("content", [HTML, b""])
def test_a_refusal_of_the_edge_at_an_address_that_has_worked_is_passing(
    status: int, content: bytes
) -> None:
    with pytest.raises(Unavailable, match=f"HTTP {status}") as caught:
        decode(status, {}, content, now=NOON, proven=True)
    assert "login page" in advice_of(caught.value)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"date": "Wed, 11 Mar 2026 12:00:07 GMT"}, 7),
        ({"date": "Wed, 11 Mar 2026 11:00:00 GMT"}, -3600),
        ({"date": "Wed, 11 Mar 2026 11:59:00 GMT", "age": "60"}, 0),
        ({"date": "Wed, 11 Mar 2026 11:59:00 GMT", "age": "-60"}, -60),
        ({"date": "yesterday"}, None),
        ({"date": "Wed, 11 Mar 2026 12:00:07"}, None),
        ({"date": ""}, None),
        ({}, None),
    ],
)
def test_the_date_of_an_answer_shows_how_far_the_clocks_differ(
    headers: dict[str, str], seconds: int | None
) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert clock_difference(headers, NOON) == expected


def test_an_envelope_within_a_500_is_understood() -> None:
    assert type(failure(500, b'{"code":40105,"message":"gone"}')) is TokenRejected
    assert type(failure(503, b'{"code":40100,"message":"QPS"}')) is Throttled


@pytest.mark.parametrize(
    ("status", "kind"), [(500, Unavailable), (502, Unavailable), (429, Throttled)]
)
def test_a_good_code_in_a_bad_status_is_not_believed(
    status: int, kind: type[TikTokOrganicError]
) -> None:
    assert type(failure(status, b'{"code":0,"data":{"videos":[]}}')) is kind


def test_a_body_cut_at_any_byte_is_an_error_of_ours() -> None:
    for status in (200, 429, 500):
        for length in range(len(SAMPLE)):
            error = failure(status, SAMPLE[:length])
            assert isinstance(error, TryAgain), (status, length)
    assert decode(200, {}, SAMPLE, now=NOON).request_id == "20260102030600C1B2"


@given(st.binary(max_size=60), st.sampled_from([200, 204, 301, 400, 401, 403, 404, 429, 500]))
def test_no_body_crashes_the_protocol(content: bytes, status: int) -> None:
    told = ""
    try:
        decode(status, {}, content, now=NOON)
    except TikTokOrganicError as error:
        told = error.message
    assert told.isprintable()


@given(
    st.sampled_from([b'"', b"{", b"}", b"\\", b"\x00", b"\xff", b"N"]),
    st.integers(0, len(SAMPLE) - 1),
)
def test_no_single_changed_byte_crashes_the_protocol(byte: bytes, place: int) -> None:
    content = SAMPLE[:place] + byte + SAMPLE[place + 1 :]
    told = ""
    try:
        decode(200, {}, content, now=NOON)
    except TikTokOrganicError as error:
        told = error.message
    assert told.isprintable()


def pause_of(header: str, status: int = 429) -> timedelta | None:
    error = failure(status, HTML, {"retry-after": header})
    assert isinstance(error, Throttled)
    return error.pause


def test_retry_after_may_be_seconds_or_a_date() -> None:
    assert pause_of("17") == timedelta(seconds=17)
    assert pause_of(" 17 ") == timedelta(seconds=17)
    assert pause_of(format_datetime(NOON + timedelta(seconds=90), usegmt=True)) == timedelta(
        seconds=90
    )


@pytest.mark.parametrize(
    "header",
    ["", "soon", "-5", "1.5", "١٧", "Wed, 99 Foo 2026", "0", "Wed, 21 Oct 2015 07:28:00 GMT"],
)
def test_an_unreadable_retry_after_causes_no_pause(header: str) -> None:
    assert pause_of(header) is None


def test_a_retry_after_within_the_envelope_counts_too() -> None:
    error = failure(
        200, b'{"code":40100,"message":"App reaches the QPS limit."}', {"retry-after": "9"}
    )
    assert isinstance(error, Throttled)
    assert error.pause == timedelta(seconds=9)


@pytest.mark.parametrize("header", ["9" * 30, "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_no_retry_after_keeps_us_away_for_longer_than_a_day(header: str) -> None:
    pause = pause_of(header)
    assert pause is not None
    assert pause <= timedelta(days=1)


@given(
    st.text(max_size=40)
    | st.from_regex(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{1,5} \d\d:\d\d:\d\d [+-]\d{1,6}")
)
def test_no_retry_after_crashes_the_protocol(header: str) -> None:
    pause_of(header)


def test_an_html_page_is_named_by_its_beginning_and_size() -> None:
    error = failure(200, HTML)
    assert str(len(HTML)) in error.message
    assert "<html>" in error.message


def test_a_wrong_address_says_which_setting_to_check() -> None:
    error = failure(404, HTML)
    assert error.code == "wrong_address"
    assert "TIKTOK_ORGANIC_API_URL" in advice_of(error)
