"""What leaves for TikTok: the address, the header, the parameters; and what never does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date

import httpx2
import pytest
from unit_clock import FakeClock
from unit_tiktok import RENEWED, TOKEN, Alice, MemoryRateLimiter, envelope

from tiktok_organic.errors import (
    FieldRefused,
    NotPermitted,
    ReconnectNeeded,
    Refused,
    TikTokOrganicError,
    Unreachable,
    Unreadable,
)
from tiktok_organic.tiktok.http_client import http_client
from tiktok_organic.tiktok.transport import Transport


def test_the_account_is_asked_for_as_tiktok_wants_it() -> None:
    alice = Alice(envelope({"username": "alice"}))
    number, data = alice.tiktok.business_get(
        ("username", "likes"), (date(2026, 1, 1), date(2026, 1, 5)), json.loads
    )
    (request,) = alice.script.asked
    assert (number, data) == (1, {"username": "alice"})
    assert request.method == "GET"
    assert str(request.url).startswith("https://api.invented.test/open_api/v1.3/business/get/?")
    assert dict(request.url.params) == {
        "business_id": "open-id-of-alice",
        "fields": '["username","likes"]',
        "start_date": "2026-01-01",
        "end_date": "2026-01-05",
    }
    assert request.headers["access-token"] == TOKEN
    assert "authorization" not in request.headers


@pytest.mark.parametrize("cursor", [None, 0, 1767225600000])
def test_a_page_of_videos_is_asked_for_with_the_largest_count(cursor: int | None) -> None:
    alice = Alice(envelope({"videos": []}))
    alice.tiktok.video_list(("item_id",), cursor, json.loads)
    params = dict(alice.script.asked[0].url.params)
    assert params.pop("cursor", None) == (None if cursor is None else str(cursor))
    assert params == {"business_id": "open-id-of-alice", "fields": '["item_id"]', "max_count": "20"}


def test_the_answer_is_archived_before_it_is_used() -> None:
    alice = Alice(envelope({"a": 1}))

    def read(_: bytes) -> str:
        assert len(alice.kept.exchanges) == 1
        return "read"

    assert alice.tiktok.call("business/get/", {}, read) == (1, "read")


@pytest.mark.parametrize(
    "answer", [envelope({}), envelope(code=50000), httpx2.Response(500, content=b"<html>")]
)
def test_the_archive_gets_good_and_bad_answers_alike(answer: httpx2.Response) -> None:
    alice = Alice(answer)
    try:
        alice.ask()
    except TikTokOrganicError:
        pass
    exchange = alice.kept.exchanges[0]
    assert exchange.body == answer.content
    assert exchange.status == answer.status_code
    assert exchange.endpoint == "business/get/"
    assert dict(exchange.parameters) == {"fields": "[]"}


def test_the_token_is_in_no_archived_answer_and_no_error() -> None:
    alice = Alice(envelope(code=40000, message=f"bad token {TOKEN} in your request"))
    with pytest.raises(FieldRefused) as caught:
        alice.ask()
    assert TOKEN not in caught.value.message
    assert TOKEN.encode() not in alice.kept.exchanges[0].body
    assert all(TOKEN not in str(value) for value in alice.kept.exchanges[0].parameters.values())


@pytest.mark.parametrize(
    "escape", [lambda t: t.replace("-", "\\u002d"), lambda t: t.replace("/", "\\/")]
)
def test_an_escaped_token_does_not_survive_either(escape: Callable[[str], str]) -> None:
    token = "act.secret-token/of-alice"
    alice = Alice(
        httpx2.Response(200, content=f'{{"code":40000,"message":"bad {escape(token)}"}}'.encode())
    )
    alice.keeper.token = token
    with pytest.raises(FieldRefused) as caught:
        alice.ask()
    assert token not in caught.value.message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    alice = Alice(httpx2.Response(status, headers={"location": "https://charlie.test/steal"}))
    with pytest.raises(Refused) as caught:
        alice.ask()
    assert caught.value.code == "wrong_address"
    assert [request.url.host for request in alice.script.asked] == ["api.invented.test"]


def test_a_rejected_token_is_renewed_once_and_the_call_repeated() -> None:
    for code in (40102, 40105):
        alice = Alice(envelope(code=code), envelope({"a": 1}))
        assert alice.ask() == (2, {"a": 1})
        assert alice.keeper.renewals == 1
        assert [request.headers["access-token"] for request in alice.script.asked] == [
            TOKEN,
            RENEWED,
        ]
        assert alice.slept == []


def test_a_rejected_token_may_come_as_http_401() -> None:
    alice = Alice(httpx2.Response(401, content=b"<html>"), envelope({"a": 1}))
    assert alice.ask() == (2, {"a": 1})


def test_a_renewed_token_that_is_rejected_too_means_reconnect() -> None:
    alice = Alice(envelope(code=40105))
    with pytest.raises(ReconnectNeeded):
        alice.ask()
    assert alice.keeper.renewals == 1
    assert len(alice.script.asked) == 2


@pytest.mark.parametrize(
    ("code", "kind"), [(40001, NotPermitted), (40002, FieldRefused), (40103, ReconnectNeeded)]
)
def test_what_repeating_cannot_help_is_asked_once(
    code: int, kind: type[TikTokOrganicError]
) -> None:
    alice = Alice(envelope(code=code))
    with pytest.raises(kind):
        alice.ask()
    assert (alice.usage.requests, alice.slept) == (1, [])


def endless() -> httpx2.Response:
    def pieces() -> Iterator[bytes]:
        for _ in range(70):
            yield b" " * (1 << 20)
        yield b'{"code":0,"data":{}}'

    return httpx2.Response(200, content=pieces())


def test_a_body_beyond_the_limit_is_not_read() -> None:
    sent = [
        httpx2.Response(200, headers={"content-length": str(1 << 40)}, content=b"{}")
        for _ in range(9)
    ]
    alice = Alice(*sent)
    with pytest.raises(Unreadable):
        alice.ask()
    assert alice.usage.requests <= 3


def test_a_body_without_a_declared_length_is_limited_too() -> None:
    alice = Alice(*[lambda request: endless()])
    with pytest.raises(Unreadable):
        alice.ask()


@pytest.mark.parametrize("length", ["abc", "-1", "", "١"])
def test_a_senseless_content_length_does_not_crash(length: str) -> None:
    headers = httpx2.Headers([(b"content-length", length.encode())])
    alice = Alice(
        *[lambda request: httpx2.Response(200, headers=headers, content=b'{"code":0,"data":{}}')]
    )
    try:
        alice.ask()
    except TikTokOrganicError:
        pass


@pytest.mark.parametrize(
    "api_url", ["http://[::1", "http://host:port", "nonsense", "ftp://host", "http://"]
)
def test_an_address_that_cannot_be_asked_is_an_error_of_ours(api_url: str) -> None:
    alice = Alice(httpx2.UnsupportedProtocol("no such scheme"), api_url=api_url)
    with pytest.raises(Unreachable):
        alice.ask()


def test_a_host_name_that_is_too_long_is_an_error_of_ours() -> None:
    api_url = f"http://{'a' * 64}.invalid/"
    clock = FakeClock()
    with http_client(api_url, clock=clock) as http:
        transport = Transport(http, api_url, "k", clock, MemoryRateLimiter(clock))
        with pytest.raises(Unreachable, match="cannot be asked"):
            transport.send("GET", "x")
        assert transport.usage.requests == 0
