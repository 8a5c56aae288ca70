"""What another site, a curious browser or a hostile account may try."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from tiktok_organic.web.pictures import picture_fetcher
from tiktok_organic.web.pictures.picture_fetcher import LARGEST, Fetcher

from .conftest import HOME, Place


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": HOME, "sec-fetch-site": "cross-site"},
        {"origin": HOME, "sec-fetch-site": "same-site"},
        {"origin": "null"},
        {"origin": f"{HOME}.evil.example"},
        {"origin": ""},
    ],
)
def test_a_change_from_another_site_is_refused(
    place: Place, alice: TestClient, headers: dict[str, str]
) -> None:
    connector = place.connector()
    answer = alice.post(f"/connectors/{connector.id}/pause", headers=headers)
    assert answer.status_code == 403
    assert place.app.connectors.get(connector.id).state == "active"


def test_a_change_from_our_own_page_is_taken(place: Place, alice: TestClient) -> None:
    connector = place.connector()
    alice.post(f"/connectors/{connector.id}/pause", headers={"sec-fetch-site": "same-origin"})
    assert place.app.connectors.get(connector.id).state == "paused"


def test_behind_a_proxy_the_browsers_own_word_is_enough(place: Place, alice: TestClient) -> None:
    connector = place.connector()
    told = {"origin": "https://data.example.com", "sec-fetch-site": "same-origin"}
    assert alice.post(f"/connectors/{connector.id}/pause", headers=told).status_code == 303


def test_every_answer_forbids_inline_scripts_and_frames(place: Place, alice: TestClient) -> None:
    for path in (
        "/",
        "/login",
        "/nothing",
        "/static/base.css",
        "/api/v1/docs",
        "/api/v1/connectors",
    ):
        headers = alice.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_no_page_holds_inline_code_or_a_foreign_address_to_load(
    place: Place, alice: TestClient
) -> None:
    connector = place.connector()
    run = place.synced(connector)
    for path in (
        "/",
        f"/connectors/{connector.id}",
        f"/connectors/{connector.id}/first",
        f"/runs/{run.id}",
        "/connect",
    ):
        text = alice.get(path).text
        assert not re.search(r"<script(?![^>]*src=\"/static/)", text)
        assert not re.search(r"\sstyle=|\son[a-z]+=\"", text)
        assert not re.search(r"<(?:img|script|link|iframe)[^>]*(?:src|href)=\"(?:https?:)?//", text)


def test_a_caption_or_a_name_cannot_become_markup(place: Place, alice: TestClient) -> None:
    simulator = place.demo.simulator
    assert simulator is not None
    simulator.world.account().display_name = "<script>alert(1)</script>"
    connector = place.connector()
    place.synced(connector)
    assert "<script>alert" not in alice.get(f"/connectors/{connector.id}").text
    assert "<script>alert" not in alice.get("/").text
    videos = alice.get(f"/connectors/{connector.id}/videos?q=Not").text
    assert "&lt;b&gt;Not&lt;/b&gt;" in videos
    assert "<b>Not" not in videos


def test_no_token_reaches_a_browser(place: Place, alice: TestClient) -> None:
    connector = place.connector()
    run = place.synced(connector)
    tokens = place.app.tokens.read(connector.id)
    paths = (
        "/",
        f"/connectors/{connector.id}",
        f"/connectors/{connector.id}/settings",
        f"/runs/{run.id}",
        "/settings",
    )
    for path in paths:
        text = alice.get(path).text
        assert tokens.access_token not in text
        assert tokens.refresh_token not in text


def test_a_large_body_is_refused(alice: TestClient) -> None:
    assert alice.post("/settings/account", content=b"x" * 300_000).status_code == 413


def picture(**options: Any) -> httpx2.MockTransport:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        kind = str(options.get("kind", "image/png"))
        body = bytes(options.get("body", b"\x89PNG"))
        return httpx2.Response(
            int(options.get("status", 200)), content=body, headers={"content-type": kind}
        )

    transport = httpx2.MockTransport(answer)
    transport.asked = asked  # type: ignore[attr-defined]  # an attribute of the test's own
    return transport


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/a.png",
        "https://127.0.0.1/a.png",
        "https://[::1]/a.png",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/a.png",
        "https://192.168.1.1/a.png",
        "https://100.64.0.1/a.png",
        "https://0.0.0.0/a.png",
        "https://93.184.216.34:8443/a.png",
        "https://user@93.184.216.34/a.png",
        "https://[::ffff:127.0.0.1]/a.png",
        "https://[64:ff9b::a9fe:a9fe]/a.png",
        "https://[2002:7f00:1::]/a.png",
        "https://[::127.0.0.1]/a.png",
        "https://[fec0::1]/a.png",
        "https://224.0.0.1/a.png",
        "https://168.63.129.16/a.png",
        "file:///etc/passwd",
        "https:///a.png",
        "//93.184.216.34/a.png",
    ],
)
def test_pictures_come_from_public_https_addresses_only(url: str) -> None:
    transport = picture()
    assert Fetcher(transport).picture(url) is None
    assert transport.asked == []  # type: ignore[attr-defined]  # an attribute of the test's own


def test_a_public_picture_is_fetched_from_the_very_address_that_was_checked() -> None:
    transport = picture()
    assert Fetcher(transport).picture("https://93.184.216.34/a.png?x=1") == (
        b"\x89PNG",
        "image/png",
    )
    request = transport.asked[0]  # type: ignore[attr-defined]  # an attribute of the test's own
    assert request.url.host == "93.184.216.34"


@pytest.mark.parametrize(
    "options",
    [{"kind": "text/html"}, {"status": 302}, {"status": 500}, {"body": b"x" * (LARGEST + 1)}],
)
def test_what_is_no_picture_is_not_shown(options: dict[str, object]) -> None:
    assert Fetcher(picture(**options)).picture("https://93.184.216.34/a.png") is None


def test_a_name_that_also_stands_for_a_private_address_is_refused() -> None:
    assert picture_fetcher.public_address("localhost") is None


def test_the_simulators_pictures_are_shown_and_sandboxed(place: Place, alice: TestClient) -> None:
    connector = place.connector()
    answer = alice.get(f"/pictures/connector/{connector.id}")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert b"linearGradient" in answer.content
    assert "sandbox" in answer.headers["content-security-policy"]
