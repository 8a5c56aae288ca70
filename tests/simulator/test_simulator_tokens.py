"""Consent, tokens and how they end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from simulator_caller import Caller

from tiktok_organic.simulator import DEMO_CLIENT_KEY, Simulator
from tiktok_organic.simulator.endpoints.fields import SCOPES

BACK = "https://example.org/callback/"


@pytest.fixture(autouse=True)
def _true_lives(simulator: Simulator) -> None:
    simulator.world.settings.update(access_token_seconds=86_400)


def consent(alice: Caller, **query: Any) -> httpx2.Response:
    params = {
        "client_key": DEMO_CLIENT_KEY,
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": ",".join(SCOPES),
        "state": "s&t=1",
        "disable_auto_auth": "1",
    } | query
    return alice.http.get(alice.simulator.authorize_url, params=params)


def landed(response: httpx2.Response) -> dict[str, str]:
    return {
        name: values[0]
        for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()
    }


def exchange(alice: Caller, code: str, **body: Any) -> dict[str, Any]:
    return alice.post(
        "/tt_user/oauth2/token/",
        **{"grant_type": "authorization_code", "auth_code": code, "redirect_uri": BACK} | body,
    )


def test_the_page_offers_accounts_and_scopes(alice: Caller) -> None:
    page = consent(alice)
    assert page.status_code == 200
    assert all(word in page.text for word in ("demo.bakery", "video.insights", "Allow", "Deny"))


def test_allowing_leads_back_with_an_escaped_code(alice: Caller) -> None:
    response = consent(alice, simulator_decision="allow", simulator_account="demo.bakery")
    assert response.status_code == 302
    assert "%2A" in response.headers["Location"]
    assert "%21" in response.headers["Location"]
    assert landed(response)["state"] == "s&t=1"
    assert landed(response)["scopes"] == ",".join(SCOPES)


def test_denying_leads_back_with_the_error(alice: Caller) -> None:
    query = landed(consent(alice, simulator_decision="deny"))
    assert query["error"] == "access_denied"
    assert query["state"] == "s&t=1"
    assert query["error_description"]


def test_fewer_scopes_can_be_granted(alice: Caller) -> None:
    query = landed(
        consent(alice, simulator_decision="allow", simulator_scopes="video.list,user.info.basic")
    )
    assert query["scopes"] == "user.info.basic,video.list"
    assert exchange(alice, query["code"])["data"]["scope"] == "user.info.basic,video.list"


def test_a_scope_that_is_not_enabled_stays_on_the_page(alice: Caller) -> None:
    response = consent(alice, scope="user.info.basic,shoe.size", simulator_decision="allow")
    assert "/v2/auth/authorize/" in response.headers["Location"]
    assert landed(response)["error"] == "invalid_scope"


@pytest.mark.parametrize(
    "query", [{"client_key": "1"}, {"redirect_uri": "nowhere"}, {"response_type": "token"}]
)
def test_a_wrong_request_is_not_redirected(alice: Caller, query: dict[str, Any]) -> None:
    assert consent(alice, simulator_decision="allow", **query).status_code == 400


@pytest.mark.parametrize(
    "url",
    ["http://example.org/c/", "https://example.org/c", "https://example.org:1/c/", BACK + "?"],
)
def test_strict_redirects_follow_tiktoks_rule(
    alice: Caller, simulator: Simulator, url: Any
) -> None:
    assert consent(alice, redirect_uri=url).status_code == 200
    simulator.world.settings.update(strict_redirects=True)
    assert consent(alice, redirect_uri=url).status_code == 400
    assert consent(alice).status_code == 200


def test_a_known_browser_is_sent_straight_back(alice: Caller) -> None:
    response = consent(alice, simulator_decision="allow")
    exchange(alice, landed(response)["code"])
    assert consent(alice).status_code == 200
    assert consent(alice, disable_auto_auth="0").status_code == 302
    alice.http.cookies.clear()
    assert consent(alice, disable_auto_auth="0").status_code == 200


def test_a_code_becomes_tokens_once(alice: Caller, simulator: Simulator) -> None:
    code = simulator.world.code(BACK)
    body = exchange(alice, code)
    data = body["data"]
    assert set(data) == {
        "access_token", "token_type", "scope", "expires_in", "refresh_token",
        "refresh_token_expires_in", "open_id",
    }  # fmt: skip
    assert (data["token_type"], data["expires_in"], data["refresh_token_expires_in"]) == (
        "Bearer",
        86400,
        31536000,
    )
    assert exchange(alice, code)["code"] == 40131


def test_a_code_lives_ten_minutes(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None]
) -> None:
    code = simulator.world.code(BACK)
    pass_time(minutes=10, seconds=1)
    assert exchange(alice, code)["code"] == 40131


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"redirect_uri": "https://example.org/other/"}, 40131),
        ({"client_secret": "wrong"}, 40101),
        ({"client_id": "1"}, 40101),
        ({"grant_type": "refresh_token"}, 40108),
        ({"auth_code": "nonsense"}, 40131),
        ({"redirect_uri": ""}, 40002),
    ],
)
def test_a_wrong_exchange_is_refused_inside_the_envelope(
    alice: Caller, simulator: Simulator, body: dict[str, Any], code: int
) -> None:
    assert exchange(alice, simulator.world.code(BACK), **body)["code"] == code


def test_a_renewal_rotates_and_counts_down(alice: Caller, pass_time: Callable[..., None]) -> None:
    pass_time(hours=1)
    renewed = alice.refresh()["data"]
    assert renewed["refresh_token_expires_in"] == 31_532_400
    assert renewed["refresh_token"] != alice.grant["refresh_token"]
    assert alice.refresh()["code"] == 40107
    assert alice.profile("username")["code"] == 0


def test_former_tokens_can_live_or_die(alice: Caller, simulator: Simulator) -> None:
    simulator.world.settings.update(former_refresh_dies=False, former_access_dies=True)
    assert alice.refresh()["code"] == 0
    assert alice.refresh()["code"] == 0
    assert alice.profile("username")["code"] == 40105


def test_consent_ends_after_a_year(alice: Caller, pass_time: Callable[..., None]) -> None:
    pass_time(days=364)
    renewed = alice.refresh()["data"]["refresh_token"]
    pass_time(days=1)
    assert alice.refresh(renewed)["code"] == 40103


@pytest.mark.parametrize("code", [40105, 40102])
def test_an_access_token_lives_a_day(
    alice: Caller, simulator: Simulator, pass_time: Callable[..., None], code: int
) -> None:
    simulator.world.settings.update(expired_token_code=code)
    pass_time(hours=24)
    assert alice.profile("username")["code"] == code


def test_the_owner_can_revoke(alice: Caller, simulator: Simulator) -> None:
    simulator.world.revoke()
    assert alice.profile("username")["code"] == 40105
    assert alice.refresh()["code"] == 40107


def test_the_app_can_revoke(alice: Caller) -> None:
    assert (
        alice.post("/tt_user/oauth2/revoke/", access_token=alice.grant["access_token"])["data"]
        == {}
    )
    assert alice.profile("username")["code"] == 40105


def test_a_token_names_its_account(alice: Caller) -> None:
    body = alice.post(
        "/tt_user/token_info/get/", app_id=DEMO_CLIENT_KEY, access_token=alice.grant["access_token"]
    )
    assert set(body["data"]) == {"app_id", "creator_id", "scope"}
    assert body["data"]["creator_id"] == alice.open_id
    assert set(body["data"]["scope"].split(",")) == set(SCOPES)


def test_tokens_are_checked(alice: Caller, caller: Callable[..., Caller]) -> None:
    assert alice.raw("/business/get/", token="").json()["code"] == 40104
    assert alice.raw("/business/get/", token="act.unknown").json()["code"] == 40105
    assert (
        alice.raw("/business/get/", token="Bearer " + alice.grant["access_token"]).json()["code"]
        == 40105
    )
    assert alice.profile("username", business_id=caller("tiny.tearoom").open_id)["code"] == 40001


def test_wrong_methods_and_paths(alice: Caller) -> None:
    url = alice.simulator.api_url
    assert alice.http.post(f"{url}/business/get/", json={}).json()["code"] == 40006
    missing = alice.http.get(f"{url}/business/videos/list/")
    assert (missing.status_code, missing.headers["Content-Type"]) == (
        404,
        "text/html; charset=utf-8",
    )
