"""Every code of TikTok's list means one thing to do next."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from unit_clock import NOON

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import (
    Defect,
    FieldRefused,
    NotPermitted,
    ReconnectNeeded,
    Refused,
    Throttled,
    TikTokOrganicError,
    TokenRejected,
    TryAgain,
    Unavailable,
)
from tiktok_organic.retry_pauses import next_request
from tiktok_organic.tiktok.answer_codes import error_of
from tiktok_organic.tiktok.answer_envelope import decode

MEANINGS: dict[type[TikTokOrganicError], tuple[int, ...]] = {
    FieldRefused: (40000, 40002, 41002),
    NotPermitted: (40001, 40003, 40130),
    Defect: (40006, 40007, 40008, 40051, 40104, 40108, 40400),
    Throttled: (40016, 40100, 40132, 40133, 51021, 61000),
    Refused: (40101, 40110, 40113, 40117, 40118, 40124, 40125, 40131, 41000),
    TokenRejected: (40102, 40105),
    ReconnectNeeded: (40103, 40106, 40107),
    Unavailable: (40200, 40201, 40202, 50000, 50002, 51000, 51065, 52000, 53000, 60001),
    TikTokOrganicError: (41001, 1, 40999, -1, 49999),
}
CODES = [(code, kind) for kind, codes in MEANINGS.items() for code in codes]


def body(code: object, message: str = "words", **rest: object) -> bytes:
    return json.dumps(
        {"code": code, "message": message, "request_id": "2026ABC", "data": {}, **rest}
    ).encode()


def failure(status: int, content: bytes, **headers: str) -> TikTokOrganicError:
    with pytest.raises(TikTokOrganicError) as caught:
        decode(status, headers, content, now=NOON)
    return caught.value


@pytest.mark.parametrize(("code", "kind"), CODES)
@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_the_code_decides_and_not_the_status(
    code: int, kind: type[TikTokOrganicError], status: int
) -> None:
    assert type(failure(status, body(code))) is kind


@pytest.mark.parametrize(("code", "kind"), CODES)
def test_a_code_may_come_as_text(code: int, kind: type[TikTokOrganicError]) -> None:
    assert type(failure(200, body(str(code)))) is kind


@pytest.mark.parametrize(("code", "kind"), CODES)
def test_the_error_names_code_message_and_request(
    code: int, kind: type[TikTokOrganicError]
) -> None:
    error = failure(200, body(code, "Something is wrong."))
    for part in (str(code), "Something is wrong.", "2026ABC"):
        assert part in error.message
    assert advice_of(error)
    assert error.document()["code"]


@pytest.mark.parametrize("code", [0, 20001, "0", 0.0])
def test_success_and_partial_success_give_the_data(code: object) -> None:
    answer = decode(200, {}, body(code, data={"a": [1, 2.50]}), now=NOON)
    assert json.loads(answer.data) == {"a": [1, 2.5]}
    assert answer.request_id == "2026ABC"


def test_data_that_is_absent_is_null() -> None:
    assert decode(200, {}, b'{"code":0}', now=NOON).data == b"null"


@pytest.mark.parametrize("code", [41002, 40002])
def test_only_an_offline_field_does_not_depend_on_dates(code: int) -> None:
    error = failure(200, body(code))
    assert isinstance(error, FieldRefused)
    assert error.offline == (code == 41002)


@pytest.mark.parametrize(
    ("message", "limit", "pause"),
    [
        ("App reaches the QPS limit.", "second", timedelta(seconds=1)),
        ("The app reaches the QPM limit", "minute", timedelta(minutes=5)),
        ("Requests per minute exceeded for this account", "minute", timedelta(minutes=5)),
        ("QPD quota used up", "day", timedelta(hours=12)),
        ("daily limit", "day", timedelta(hours=12)),
        ("Too many requests, the app is temporarily restricted", "minute", timedelta(minutes=5)),
        ("Requests from App 7 are TEMPORARILY RESTRICTED.", "minute", timedelta(minutes=5)),
        ("the app is restricted for 5 minutes", "minute", timedelta(minutes=5)),
        ("Restricted for 7 Minutes because of QPS", "minute", timedelta(minutes=7)),
        ("Too many requests", None, None),
        ("", None, None),
    ],
)
def test_a_throttled_answer_says_how_long_to_stay_away(
    message: str, limit: str | None, pause: timedelta | None
) -> None:
    error = failure(200, body(40100, message))
    assert isinstance(error, Throttled)
    assert (error.limit, error.pause) == (limit, pause)


def test_an_unnamed_limit_counts_as_the_per_second_one_and_the_pauses_grow() -> None:
    error = error_of(40100, "", now=NOON)
    pauses = [next_request(error, attempt) for attempt in range(1, 5)]
    seconds = [pause.total_seconds() for pause in pauses if pause is not None]
    assert seconds[0] == 1
    assert len(seconds) == 4
    assert all(later > earlier for earlier, later in pairwise(seconds))


def test_a_daily_limit_lasts_until_midnight_utc() -> None:
    late = datetime(2026, 3, 11, 23, 59, 30, tzinfo=UTC)
    error = error_of(40100, "QPD", now=late)
    assert isinstance(error, Throttled)
    assert error.pause == timedelta(seconds=30)


def test_what_helps_by_waiting_is_a_try_again() -> None:
    for code, kind in CODES:
        assert isinstance(error_of(code, "", now=NOON), TryAgain) == issubclass(kind, TryAgain)


@pytest.mark.parametrize(
    "message", ["line\nbreak", "bell\x07", "\x1b[31mred", "x" * 10_000, "\ud83d"]
)
def test_a_message_from_outside_cannot_disturb_a_terminal(message: str) -> None:
    error = failure(200, body(40002, message))
    assert len(error.message) < 500
    assert not any(character < " " or character == "\x7f" for character in error.message)
    error.message.encode()


@pytest.mark.parametrize("message", [None, {}, [], 5, True])
def test_a_message_of_another_type_is_accepted(message: object) -> None:
    raw = json.dumps({"code": 40105, "message": message, "request_id": message}).encode()
    assert type(failure(200, raw)) is TokenRejected
