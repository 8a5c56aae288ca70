"""The token calls: exchange, renewal, revocation, what a token carries.

And what TikTok may send instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit_clock import NOON
from unit_tiktok import Alice, envelope

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import (
    ReconnectNeeded,
    Refused,
    TikTokOrganicError,
    Unavailable,
    Unreachable,
)
from tiktok_organic.tiktok.consent_address import App
from tiktok_organic.tiktok.oauth import OAuth
from tiktok_organic.tiktok.token_pair import TokenPair

SECRET = "s3cret-of-the-developer-app"
REFRESH = "rft." + "Z9" * 40
APP = App("7500000000000000001", SECRET, "https://example.com/tiktok/")
DATA: dict[str, Any] = {
    "access_token": "act.demo-1",
    "expires_in": 86400,
    "open_id": "demo-open-id-1",
    "refresh_token": "rft.demo-1",
    "refresh_token_expires_in": 31536000,
    "scope": "video.list,user.insights, user.info.basic",
    "token_type": "Bearer",
}
KNOWN = TokenPair(
    access_token="act.demo-0",
    access_expires=NOON,
    refresh_token="rft.demo-1",
    consent_ends=NOON + timedelta(days=364, hours=22),
    account_id="demo-open-id-1",
    scopes=("user.insights", "video.list"),
)


def oauth(*answers: Any) -> tuple[OAuth, Alice]:
    alice = Alice(*answers)
    return OAuth(alice.transport, APP), alice


def test_a_code_is_exchanged_as_the_documents_say() -> None:
    calls, alice = oauth(envelope(DATA))
    tokens = calls.exchange("code*with!signs")
    (request,) = alice.script.asked
    assert request.method == "POST"
    assert request.url.path == "/open_api/v1.3/tt_user/oauth2/token/"
    assert "access-token" not in request.headers
    assert json.loads(request.content) == {
        "client_id": APP.client_key,
        "client_secret": SECRET,
        "grant_type": "authorization_code",
        "auth_code": "code*with!signs",
        "redirect_uri": "https://example.com/tiktok/",
    }
    assert tokens == TokenPair(
        access_token="act.demo-1",
        access_expires=NOON + timedelta(days=1),
        refresh_token="rft.demo-1",
        consent_ends=NOON + timedelta(days=365),
        account_id="demo-open-id-1",
        scopes=("user.info.basic", "user.insights", "video.list"),
    )


def test_a_renewal_sends_no_redirect_address_and_keeps_the_end_of_consent() -> None:
    calls, alice = oauth(
        envelope({**DATA, "refresh_token": "rft.demo-2", "refresh_token_expires_in": 31527314})
    )
    tokens = calls.renew(KNOWN)
    (request,) = alice.script.asked
    assert request.url.path == "/open_api/v1.3/tt_user/oauth2/refresh_token/"
    assert json.loads(request.content) == {
        "client_id": APP.client_key,
        "client_secret": SECRET,
        "grant_type": "refresh_token",
        "refresh_token": "rft.demo-1",
    }
    assert tokens.refresh_token == "rft.demo-2"
    assert tokens.consent_ends == NOON + timedelta(seconds=31527314)


def test_revoking_and_asking_for_scopes_send_what_the_documents_say() -> None:
    calls, alice = oauth(
        envelope({}),
        envelope({"app_id": "7", "creator_id": "demo", "scope": "video.list,user.insights"}),
    )
    calls.revoke("act.demo-1")
    assert calls.granted("act.demo-1") == ("user.insights", "video.list")
    revoke, info = alice.script.asked
    assert json.loads(revoke.content) == {
        "client_id": APP.client_key,
        "client_secret": SECRET,
        "access_token": "act.demo-1",
    }
    assert json.loads(info.content) == {"app_id": APP.client_key, "access_token": "act.demo-1"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx2.ReadTimeout("slow"), Unreachable),
        (envelope(code=50000), Unavailable),
        (httpx2.Response(502), Unavailable),
    ],
)
def test_a_code_is_sent_once_even_when_its_answer_is_lost(
    answer: object, error: type[Exception]
) -> None:
    calls, alice = oauth(answer)
    with pytest.raises(error):
        calls.exchange("code")
    assert len(alice.script.asked) == 1


def test_a_renewal_is_asked_for_again_when_its_answer_is_lost() -> None:
    calls, alice = oauth(httpx2.ReadTimeout("slow"), envelope(code=50002), envelope(DATA))
    assert calls.renew(KNOWN).access_token == "act.demo-1"
    assert len(alice.script.asked) == 3
    assert len(alice.slept) == 2


@pytest.mark.parametrize("code", [40102, 40103, 40105, 40106, 40107, 40110, 40131])
def test_a_renewal_that_only_the_owner_can_help_means_reconnect(code: int) -> None:
    calls, alice = oauth(envelope(code=code))
    with pytest.raises(ReconnectNeeded):
        calls.renew(KNOWN)
    assert len(alice.script.asked) == 1


@pytest.mark.parametrize("code", [40110, 40131])
def test_a_code_that_was_used_or_is_too_old_says_what_to_do(code: int) -> None:
    calls, _ = oauth(envelope(code=code, message="authorization code expired"))
    with pytest.raises(Refused) as caught:
        calls.exchange("code")
    assert caught.value.code == "authorization_failed"
    assert "10 minutes" in advice_of(caught.value)


def test_a_wrong_client_secret_says_which_settings_to_check() -> None:
    calls, _ = oauth(envelope(code=40101))
    with pytest.raises(Refused) as caught:
        calls.exchange("code")
    assert "TIKTOK_ORGANIC_CLIENT_SECRET" in advice_of(caught.value)


@pytest.mark.parametrize("name", ["access_token", "refresh_token", "open_id"])
@pytest.mark.parametrize("value", [None, "", {}, [], True, "absent"])
def test_an_answer_without_a_usable_token_is_an_error_of_ours(name: str, value: object) -> None:
    data = (
        {key: one for key, one in DATA.items() if key != name}
        if value == "absent"
        else {**DATA, name: value}
    )
    calls, _ = oauth(envelope(data))
    with pytest.raises(TikTokOrganicError):
        calls.exchange("code")


@pytest.mark.parametrize("scope", [None, "", [], ["video.list"], {}, True, "absent"])
def test_scopes_of_another_shape_are_no_crash(scope: object) -> None:
    data = (
        {key: one for key, one in DATA.items() if key != "scope"}
        if scope == "absent"
        else {**DATA, "scope": scope}
    )
    calls, _ = oauth(envelope(data))
    try:
        tokens = calls.exchange("code")
    except TikTokOrganicError:
        return
    assert all(isinstance(one, str) for one in tokens.scopes)


@pytest.mark.parametrize("seconds", ["86400", 86400.0, None, "soon", True, [], "absent"])
def test_a_lifetime_of_another_shape_is_the_documented_one(seconds: object) -> None:
    data = {key: one for key, one in DATA.items() if key != "expires_in"}
    calls, _ = oauth(envelope(data if seconds == "absent" else {**data, "expires_in": seconds}))
    assert calls.exchange("code").access_expires == NOON + timedelta(days=1)


@given(st.integers())
def test_no_lifetime_overflows_the_calendar(seconds: int) -> None:
    calls, _ = oauth(envelope({**DATA, "expires_in": seconds, "refresh_token_expires_in": seconds}))
    assert calls.exchange("code").consent_ends >= NOON


@given(st.text(max_size=20), st.integers(0, 400), st.sampled_from([40000, 40107, 40131, 50000, 99]))
def test_no_secret_survives_in_an_error_wherever_tiktok_repeats_it(
    before: str, filler: int, code: int
) -> None:
    message = f"{before}{'y' * filler}{REFRESH} and {SECRET}"
    asking: tuple[Callable[[OAuth], object], ...] = (
        lambda calls: calls.renew(replace(KNOWN, refresh_token=REFRESH)),
        lambda calls: calls.revoke(REFRESH),
        lambda calls: calls.exchange(REFRESH),
    )
    for ask in asking:
        calls, alice = oauth(envelope(code=code, message=message))
        with pytest.raises(TikTokOrganicError) as caught:
            ask(calls)
        shown = (
            f"{caught.value.message} {caught.value.args} {advice_of(caught.value)} "
            f"{alice.kept.waits}"
        )
        assert REFRESH[:12] not in shown
        assert SECRET[:12] not in shown


def test_nothing_secret_is_in_the_printed_form_of_tokens_and_app() -> None:
    tokens = oauth(envelope(DATA))[0].exchange("code")
    assert SECRET not in repr(APP)
    assert "act.demo-1" not in repr(tokens)
    assert "rft.demo-1" not in repr(tokens)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b'{"code":0',
        b'{"code":0,"data":[]}',
        b'{"code":0,"data":"x"}',
        b'{"code":0}',
    ],
)
def test_any_other_answer_is_an_error_of_ours(content: bytes) -> None:
    calls, _ = oauth(httpx2.Response(200, content=content))
    with pytest.raises(TikTokOrganicError):
        calls.exchange("code")
    with pytest.raises(TikTokOrganicError):
        calls.granted("act.demo-1")


@pytest.mark.parametrize("token", ["act.with\nbreak", "act.with-ü", "act.with\x00"])
@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_a_token_that_cannot_be_in_a_header_is_refused_on_arrival(name: str, token: str) -> None:
    calls, _ = oauth(envelope({**DATA, name: token}))
    with pytest.raises(TikTokOrganicError) as caught:
        calls.exchange("code")
    assert "act.with" not in caught.value.message


@pytest.mark.parametrize("value", ["", None, "absent"])
@pytest.mark.parametrize("name", ["refresh_token", "open_id", "scope", "refresh_token_expires_in"])
def test_a_renewal_keeps_what_its_answer_leaves_out(name: str, value: Any) -> None:
    data = {**DATA, "refresh_token": "rft.demo-2", name: value}
    if value == "absent":
        del data[name]
    calls, _ = oauth(envelope(data))
    tokens = calls.renew(KNOWN)
    assert tokens.access_token == "act.demo-1"
    assert tokens.account_id == KNOWN.account_id
    assert tokens.consent_ends == KNOWN.consent_ends
    assert tokens.refresh_token == ("rft.demo-1" if name == "refresh_token" else "rft.demo-2")
    if name == "scope":
        assert tokens.scopes == KNOWN.scopes


@pytest.mark.parametrize("seconds", [31536000, "soon", 10**12])
def test_no_renewal_moves_the_end_of_a_consent_to_a_later_time(seconds: Any) -> None:
    calls, _ = oauth(envelope({**DATA, "refresh_token_expires_in": seconds}))
    assert calls.renew(KNOWN).consent_ends == KNOWN.consent_ends


@pytest.mark.parametrize(
    "scope",
    [
        "user.insights video.list",
        "video.list,  user.insights",
        ["video.list", "user.insights"],
        ["video.list,user.insights"],
    ],
)
def test_scopes_are_read_however_they_are_separated(scope: Any) -> None:
    calls, _ = oauth(envelope({**DATA, "scope": scope}))
    assert calls.exchange("code").scopes == ("user.insights", "video.list")


@pytest.mark.parametrize("status", [301, 401, 403, 404, 410])
def test_an_edge_that_refuses_a_renewal_does_not_end_the_consent(status: int) -> None:
    calls, alice = oauth(httpx2.Response(status, content=b"<html>Log in to this network</html>"))
    alice.usage.proven = True
    with pytest.raises(Unavailable):
        calls.renew(KNOWN)
    assert len(alice.script.asked) == 5
