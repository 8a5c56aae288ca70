"""Coming in: the first start, invitations, passwords, sessions, slowed attempts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from new_store import new_home
from tiktok_organic.app import App
from tiktok_organic.clock import SystemClock
from tiktok_organic.settings import Settings
from tiktok_organic.web import create, set_up_address

from .conftest import HOME, Place
from .house import PASSWORD

OWN = {"email": "alice@example.com", "password": PASSWORD, "timezone": "Europe/Paris"}


class Watch(SystemClock):
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def start(tmp_path: Path, watch: Watch) -> App:
    return App(Settings(home=new_home(tmp_path / "home")), clock=watch)


def browser(app: App, **options: str) -> TestClient:
    return TestClient(create(app), base_url=HOME, headers={"origin": HOME}, follow_redirects=False)


def test_the_first_person_becomes_owner_through_the_printed_address_once(start: App) -> None:
    address = set_up_address(start, HOME)
    assert address is not None
    client = browser(start)
    assert client.post(address, data=OWN).headers["location"] == "/"
    assert client.get("/").status_code == 200
    assert [(p.email, p.role, p.timezone) for p in start.people.all()] == [
        ("alice@example.com", "owner", "Europe/Paris")
    ]
    again = browser(start).post(address, data={**OWN, "email": "mallory@example.com"})
    assert again.status_code == 404
    assert set_up_address(start, HOME) is None


def test_a_new_start_makes_the_former_set_up_address_useless(start: App) -> None:
    first, second = set_up_address(start, HOME), set_up_address(start, HOME)
    assert first is not None
    assert second is not None
    client = browser(start)
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"password": "short"}, {"email": "nobody"}, {"email": "a b@example.com"}]
)
def test_a_wrong_value_is_told_and_nobody_is_made(start: App, wrong: dict[str, str]) -> None:
    address = set_up_address(start, HOME)
    assert address is not None
    answer = browser(start).post(address, data={**OWN, **wrong})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert start.people.count() == 0


def test_the_cookie_cannot_be_read_by_scripts_and_is_secure_behind_https(tmp_path: Path) -> None:
    app = App(Settings(home=tmp_path, public_url="https://data.example.com/tiktok/"))
    client = TestClient(
        create(app), base_url="http://127.0.0.1:8000", headers={"origin": "https://data.example.com"},
        follow_redirects=False,
    )  # fmt: skip
    address = set_up_address(app, app.settings.public_url)
    assert address is not None
    answer = client.post(address.removeprefix("https://data.example.com/tiktok"), data=OWN)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" in cookie
    assert "path=/;" in cookie
    assert answer.headers["location"] == "/tiktok/"


def test_logging_in_does_not_say_which_half_was_wrong(place: Place, charlie: TestClient) -> None:
    place.person("alice", "owner")
    unknown = charlie.post("/login", data={"email": "nobody@example.com", "password": PASSWORD})
    wrong = charlie.post("/login", data={"email": "alice@example.com", "password": "not the one"})
    assert unknown.status_code == wrong.status_code == 400
    assert unknown.text.replace("nobody@", "alice@") == wrong.text


def test_logging_in_leads_to_where_one_wanted_to_go_but_never_outside(
    place: Place, charlie: TestClient
) -> None:
    place.person("alice", "owner")
    own = {"email": "ALICE@example.com", "password": PASSWORD}
    for wanted, got in (
        ("/runs", "/runs"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil", "/"),
        ("/..//evil.example", "/"),
        ("/a//evil.example", "/"),
        ("/runs?connector=c-1&page=2", "/runs?connector=c-1&page=2"),
    ):
        assert charlie.post("/login", data={**own, "next": wanted}).headers["location"] == got


def test_attempts_are_slowed_and_let_in_again_later(start: App, watch: Watch) -> None:
    address = set_up_address(start, HOME)
    assert address is not None
    browser(start).post(address, data=OWN)
    client = browser(start)
    wrong = {"email": "alice@example.com", "password": "guess"}
    statuses = [client.post("/login", data=wrong).status_code for _ in range(6)]
    assert statuses == [400] * 5 + [429]
    own = {"email": "alice@example.com", "password": PASSWORD}
    assert client.post("/login", data=own).status_code == 429
    watch.moment += timedelta(seconds=11)
    assert client.post("/login", data=own).status_code == 303


def test_logging_out_everywhere_ends_every_session(place: Place) -> None:
    person = place.person("alice", "owner")
    laptop, phone = place.browser(person), place.browser(person)
    assert phone.get("/").status_code == 200
    laptop.post("/logout", data={"everywhere": "1"})
    assert phone.get("/").status_code == 303
    assert laptop.get("/").status_code == 303


def test_an_old_session_ends_by_itself(start: App, watch: Watch) -> None:
    address = set_up_address(start, HOME)
    assert address is not None
    client = browser(start)
    client.post(address, data=OWN)
    watch.moment += timedelta(days=8)
    assert client.get("/").status_code == 303


def test_an_invited_person_gets_the_role_and_the_address_works_once(
    place: Place, alice: TestClient
) -> None:
    page = alice.post("/settings/people", data={"email": "dora@example.com", "role": "editor"}).text
    path = "/welcome/" + page.split("/welcome/")[1].split('"')[0]
    dora = place.browser()
    assert (
        dora.post(path, data={"password": PASSWORD, "email": "other@example.com"}).status_code
        == 303
    )
    assert place.app.people.by_email("dora@example.com").role == "editor"  # type: ignore[union-attr]  # she exists
    assert place.app.people.by_email("other@example.com") is None
    assert place.browser().get(path).status_code == 404


def test_changing_the_password_logs_everybody_else_out(place: Place) -> None:
    person = place.person("alice", "owner")
    mine, other = place.browser(person), place.browser(person)
    assert (
        mine.post(
            "/settings/password", data={"former": "wrong", "password": "a new long one"}
        ).status_code
        == 400
    )
    assert (
        mine.post(
            "/settings/password", data={"former": PASSWORD, "password": "a new long one"}
        ).status_code
        == 303
    )
    assert other.get("/").status_code == 303
    back = place.browser().post(
        "/login", data={"email": "alice@example.com", "password": "a new long one"}
    )
    assert back.headers["location"] == "/"
