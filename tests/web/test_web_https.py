"""With https, the browser is told to stay on https, and the session belongs to this host only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from new_store import new_home
from tiktok_organic.actions.people import sign_in
from tiktok_organic.app import App
from tiktok_organic.settings import Settings
from tiktok_organic.web import create

from .conftest import Place
from .house import PASSWORD, VISITOR

PUBLIC = "https://data.example.com/tiktok/"


@pytest.fixture
def place(tmp_path: Path, password_hash: str) -> Iterator[Place]:
    app = App(
        Settings(
            home=new_home(tmp_path / "home"), public_url=PUBLIC, allowed_hosts="*.inside.example"
        )
    )
    yield Place(app, create(app), None, password_hash)  # type: ignore[arg-type]  # TikTok is not asked
    app.close()


def browser(place: Place, host: str = "data.example.com") -> TestClient:
    headers = {"origin": "https://data.example.com"}
    return TestClient(
        place.web, base_url=f"https://{host}", headers=headers, follow_redirects=False
    )


def test_the_session_is_bound_to_the_host_and_the_site_to_https(place: Place) -> None:
    place.person("alice", "owner")
    alice = browser(place)
    answer = alice.post("/login", data={"email": "alice@example.com", "password": PASSWORD})
    cookie = next(
        line for line in answer.headers.get_list("set-cookie") if "tiktok_organic_session" in line
    )
    assert cookie.startswith("__Host-tiktok_organic_session=")
    assert len(answer.headers.get_list("set-cookie")) == 2
    for line in answer.headers.get_list("set-cookie"):
        assert line.startswith("__Host-")
        assert "Domain" not in line
        for part in ("Secure", "HttpOnly", "Path=/;", "SameSite=lax"):
            assert part in line
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert alice.get("/").status_code == 200
    left = alice.post("/logout")
    assert '"storage"' in left.headers["clear-site-data"]
    assert alice.get("/").status_code == 303


def test_a_session_that_a_neighbour_domain_planted_does_not_count(place: Place) -> None:
    eve = place.person("eve", "owner")
    token = sign_in.start_session(place.app, eve, VISITOR)
    alice = browser(place)
    alice.cookies.set("tiktok_organic_session", token)
    assert alice.get("/").status_code == 303


def test_only_the_names_of_the_settings_are_served(place: Place) -> None:
    for host in ("data.example.com", "a.inside.example", "localhost"):
        assert browser(place, host).get("/login").status_code == 200
    for host in ("example.com", "inside.example", "evil.example", "192.168.1.5"):
        assert browser(place, host).get("/login").status_code == 421
    assert browser(place, "10.0.0.9").get("/healthz").status_code == 404


def test_a_server_on_every_address_is_served_by_address_but_by_no_unknown_name(
    place: Place,
) -> None:
    web = create(place.app, listens_on="0.0.0.0")
    client = TestClient(web, base_url="http://192.168.1.5:8000")
    assert client.get("/login").status_code == 200
    client = TestClient(web, base_url="http://rebound.example:8000")
    assert client.get("/login").status_code == 421


def test_a_host_that_is_all_ours_is_kept_to_https_with_its_subdomains(tmp_path: Path) -> None:
    app = App(Settings(home=tmp_path / "own", public_url="https://data.example.com"))
    answer = TestClient(create(app), base_url="https://data.example.com").get("/login")
    told = answer.headers["strict-transport-security"]
    assert told == "max-age=31536000; includeSubDomains"
    app.close()


def test_plain_http_gets_neither(tmp_path: Path) -> None:
    app = App(Settings(home=tmp_path / "other"))
    client = TestClient(create(app), base_url="http://localhost")
    assert "strict-transport-security" not in client.get("/login").headers
    app.close()
