"""A proxy lets people in and names them in a header: it counts from trusted proxies alone."""

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

from .conftest import HOME, Place
from .house import PASSWORD, VISITOR

HEADER = "X-Forwarded-Email"
PROXY = "10.9.0.1"


@pytest.fixture
def place(tmp_path: Path, password_hash: str) -> Iterator[Place]:
    settings = Settings(
        home=new_home(tmp_path / "home"), proxy_auth_header=HEADER, trusted_proxies="10.9.0.0/24"
    )
    app = App(settings)
    yield Place(app, create(app), None, password_hash)  # type: ignore[arg-type]  # TikTok is not asked
    app.close()


def through(place: Place, peer: str = PROXY, **headers: str) -> TestClient:
    """A browser whose requests come from that peer."""
    sent = {"origin": HOME, "x-forwarded-for": "203.0.113.9"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return TestClient(
        place.web, base_url=HOME, headers=sent, follow_redirects=False, client=(peer, 4711)
    )


def test_the_person_whom_the_proxy_names_is_signed_on_without_a_session(place: Place) -> None:
    place.person("alice", "owner")
    browser = through(place, x_forwarded_email="Alice@example.com")
    answer = browser.get("/settings/people")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "Log out" not in browser.get("/").text
    assert browser.get("/login").headers["location"] == "/"


def test_the_header_of_any_other_machine_is_ignored(place: Place) -> None:
    place.person("alice", "owner")
    for peer in ("10.9.1.1", "127.0.0.1", "203.0.113.9", "testclient"):
        answer = through(place, peer, x_forwarded_email="alice@example.com").get("/")
        assert answer.headers["location"] == "/login"


def test_a_peer_behind_the_proxy_cannot_call_itself_the_proxy(place: Place) -> None:
    """X-Forwarded-For decides who the client is, never who may name people."""
    place.person("alice", "owner")
    asked = through(
        place, "203.0.113.5", x_forwarded_email="alice@example.com", x_forwarded_for=PROXY
    )
    assert asked.get("/").headers["location"] == "/login"


def test_a_header_that_is_there_twice_signs_no_one_on(place: Place) -> None:
    place.person("alice", "owner")
    browser = through(place)
    twice = [(HEADER, "alice@example.com"), (HEADER, "bob@example.com")]
    answer = browser.get("/", headers=twice)
    assert answer.status_code == 400
    assert "more than once" in answer.text


def test_an_unknown_person_is_refused_even_with_the_session_of_another(place: Place) -> None:
    alice = place.person("alice", "owner")
    browser = through(place, x_forwarded_email="eve@example.com")
    browser.cookies.set("tiktok_organic_session", sign_in.start_session(place.app, alice, VISITOR))
    for path in ("/", "/login", "/settings/people"):
        answer = browser.get(path)
        assert answer.status_code == 400
        assert "eve@example.com has no account here" in answer.text


def test_without_the_header_the_session_counts(place: Place) -> None:
    alice = place.person("alice", "owner")
    browser = through(place)
    browser.cookies.set("tiktok_organic_session", sign_in.start_session(place.app, alice, VISITOR))
    assert browser.get("/settings/people").status_code == 200


def test_a_change_still_has_to_come_from_our_own_page(place: Place) -> None:
    place.person("alice", "owner")
    browser = through(place, x_forwarded_email="alice@example.com")
    invited = {"email": "new@example.com", "role": "viewer"}
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        assert browser.post("/settings/people", data=invited, headers=headers).status_code == 403
    answer = browser.post("/settings/people", data=invited)
    assert answer.status_code == 200
    assert "/welcome/" in answer.text


def test_roles_hold_for_people_who_are_signed_on_by_the_proxy(place: Place) -> None:
    place.person("bob", "viewer")
    browser = through(place, x_forwarded_email="bob@example.com")
    assert browser.get("/").status_code == 200
    assert browser.get("/settings/people").status_code == 403


def test_a_sign_on_is_recorded_once_a_day_from_the_clients_address(place: Place) -> None:
    place.person("alice", "owner")
    browser = through(place, x_forwarded_email="alice@example.com")
    for _ in range(3):
        browser.get("/")
    through(place, x_forwarded_email="eve@example.com").get("/")
    found = [(one.outcome, one.who, one.address) for one in place.app.events.newest(10)]
    assert found == [
        ("failure", "eve@example.com", "203.0.113.9"),
        ("success", "alice@example.com", "203.0.113.9"),
    ]


def test_an_ipv4_proxy_of_an_ipv6_socket_is_the_same_proxy(place: Place) -> None:
    place.person("alice", "owner")
    browser = through(place, f"::ffff:{PROXY}", x_forwarded_email="alice@example.com")
    assert browser.get("/").status_code == 200


def test_without_the_setting_no_header_names_a_person(tmp_path: Path) -> None:
    app = App(Settings(home=tmp_path / "other", trusted_proxies=PROXY))
    place = Place(app, create(app), None, "")  # type: ignore[arg-type]  # TikTok is not asked
    place.person("alice", "owner")
    answer = through(place, x_forwarded_email="alice@example.com").get("/")
    assert answer.headers["location"] == "/login"
    app.close()


def test_a_proof_of_one_person_does_not_count_for_the_session_of_another(place: Place) -> None:
    """The same browser, once with a session of its own and once through the proxy."""
    bob = place.person("bob", "owner")
    place.person("alice", "owner")
    place.app.sessions.begin("of-bob", bob.id, place.app.clock.now())
    browser = through(place, x_forwarded_email="alice@example.com")
    browser.cookies.set("tiktok_organic_session", "of-bob")
    answer = browser.post("/settings/second-factor/begin", data={"present": PASSWORD})
    assert "Set up a second factor" in answer.text
    assert "set-cookie" not in answer.headers
    session = place.app.sessions.find("of-bob", place.app.clock.now())
    assert session is not None
    assert session.confirmed_at is None
