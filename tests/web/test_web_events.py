"""Security events of refused requests and of the API, and what a flood of them costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from new_store import new_home
from tiktok_organic.actions.people import api_tokens
from tiktok_organic.app import App
from tiktok_organic.settings import Settings
from tiktok_organic.store.people.event_limit import OF_A_MACHINE, TOTAL
from tiktok_organic.store.people.security_events import Event
from tiktok_organic.web import create
from tiktok_organic.web.api.token_permissions import WRONG_TOKENS

from .conftest import HOME, Place
from .house import VISITOR


class Still:
    """A clock that does not move by itself."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 30, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Still:
    return Still()


@pytest.fixture
def place(tmp_path: Path, password_hash: str, clock: Still) -> Iterator[Place]:
    app = App(Settings(home=new_home(tmp_path / "home")), clock=clock)
    yield Place(app, create(app), None, password_hash)  # type: ignore[arg-type]  # TikTok is not asked
    app.close()


@pytest.fixture
def stranger(place: Place) -> TestClient:
    return TestClient(place.web, base_url=HOME, client=("203.0.113.9", 1))


def newest(place: Place) -> Event:
    return place.app.events.newest(1)[0]


def test_a_request_under_an_unknown_host_is_recorded(place: Place, stranger: TestClient) -> None:
    assert stranger.get("/login", headers={"host": "evil.example"}).status_code == 421
    event = newest(place)
    assert (event.kind, event.outcome, event.address) == ("request", "blocked", "203.0.113.9")
    assert event.what == "unknown host: GET /login of evil.example"


def test_a_change_from_another_site_is_recorded(place: Place, stranger: TestClient) -> None:
    stranger.post("/demo", headers={"origin": "https://evil.example"})
    assert newest(place).what == "sent by another site: POST /demo of localhost"


@pytest.mark.parametrize("declared", [True, False])
def test_a_request_that_is_too_large_is_recorded(
    place: Place, stranger: TestClient, declared: bool
) -> None:
    body = b"x" * 300_000
    sent = body if declared else iter([body])
    answer = stranger.post("/login", content=sent, headers={"origin": HOME})
    assert answer.status_code == 413
    assert newest(place).what == "too large: POST /login of localhost"


def test_a_flood_of_refused_requests_is_recorded_in_part(
    place: Place, stranger: TestClient, clock: Still
) -> None:
    for _ in range(3 * OF_A_MACHINE):
        assert stranger.get("/", headers={"host": "evil.example"}).status_code == 421
    assert place.app.events.count() == OF_A_MACHINE
    clock.time += timedelta(minutes=1)
    stranger.get("/", headers={"host": "evil.example"})
    assert f"({2 * OF_A_MACHINE} events before it left out)" in newest(place).what


def test_a_flood_from_many_machines_is_recorded_in_part(place: Place) -> None:
    for number in range(TOTAL + 50):
        address = f"10.0.{number // 250}.{number % 250}"
        event = Event(place.app.clock.now(), "login", "failure", "x", address)
        admitted = place.app.event_limit.admit(event, address)
        assert (admitted is not None) == (number < TOTAL)


def test_what_was_done_is_recorded_in_any_flood(place: Place, stranger: TestClient) -> None:
    for number in range(TOTAL + 1):
        event = Event(place.app.clock.now(), "login", "failure", "x", f"10.1.0.{number}")
        place.app.event_limit.admit(event, event.address)
    api_tokens.api_token(place.app, place.person("alice", "owner"), "nightly", "read", VISITOR)
    assert (newest(place).kind, newest(place).outcome) == ("token", "success")


@pytest.mark.parametrize(("method", "path"), [("GET", "/connectors"), ("DELETE", "/connectors/x")])
def test_a_wrong_api_token_is_recorded_without_its_text(
    place: Place, stranger: TestClient, method: str, path: str
) -> None:
    headers = {"authorization": "Bearer to_0123456789secret"}
    assert stranger.request(method, f"/api/v1{path}", headers=headers).status_code == 401
    event = newest(place)
    assert (event.kind, event.outcome, event.address) == ("api_token", "failure", "203.0.113.9")
    assert "secret" not in f"{event.who} {event.what}"


def test_wrong_api_tokens_are_limited_per_machine_and_right_ones_work_meanwhile(
    place: Place, stranger: TestClient, clock: Still
) -> None:
    token = api_tokens.api_token(place.app, place.person("alice", "owner"), "own", "read", VISITOR)
    wrong = {"authorization": "Bearer to_wrong"}
    codes = [
        stranger.get("/api/v1/connectors", headers=wrong).status_code
        for _ in range(WRONG_TOKENS + 2)
    ]
    assert codes == [401] * WRONG_TOKENS + [429] * 2
    described = stranger.get("/api/v1/openapi.json").json()["paths"]["/connectors"]["get"]
    assert {"401", "429"} <= described["responses"].keys()
    right = {"authorization": f"Bearer {token}"}
    assert stranger.get("/api/v1/connectors", headers=right).status_code == 200
    other = TestClient(place.web, base_url=HOME, client=("203.0.113.10", 1))
    assert other.get("/api/v1/connectors", headers=wrong).status_code == 401
    clock.time += timedelta(minutes=1)
    assert stranger.get("/api/v1/connectors", headers=wrong).status_code == 401
