"""Single sign-on with a provider that runs in the tests."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient

from tiktok_organic.actions.people.single_sign_on import Begun, proved_at
from tiktok_organic.app import App
from tiktok_organic.clock import SystemClock
from tiktok_organic.settings import Settings
from tiktok_organic.store.people.people import Person
from tiktok_organic.web import create

from .conftest import HOME

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)


class Later(SystemClock):
    """The real time, and some hours more."""

    by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.by


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the provider's own
ALICE = {"email": "alice@example.com", "email_verified": True}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with warnings.catch_warnings(record=True):  # its dependencies warn of each other
        from oidc_provider_mock import User, run_server_in_thread

    users = [
        User(sub="sub-alice", claims=ALICE),
        User(sub="sub-bob", claims={"email": "bob@example.com", "email_verified": True}),
        User(sub="sub-eve", claims={"email": "alice@example.com", "email_verified": False}),
    ]
    with run_server_in_thread(user_claims=users) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def settings(tmp_path: Path, issuer: str) -> dict[str, Any]:
    return {
        "home": tmp_path,
        "oidc_issuer": issuer,
        "oidc_client_id": "tiktok organic",
        "oidc_client_secret": "a secret: with colon",
    }


@pytest.fixture
def app(settings: dict[str, Any]) -> Iterator[App]:
    app = App(Settings(**settings))
    alice = Person("p-alice", "alice@example.com", "owner", "UTC", app.clock.now(), "no hash")
    with app.database.begin() as connection:
        app.people.add(alice, connection)
    yield app
    app.close()


def browser(app: App) -> TestClient:
    return TestClient(create(app), base_url=HOME, headers={"origin": HOME}, follow_redirects=False)


def approve(address: str, sub: str) -> str:
    """What the provider sends the browser back with."""
    answer = httpx2.post(address, data={"sub": sub}, verify=False)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def sign_on(client: TestClient, sub: str, to: str = "/runs") -> Any:
    begun = client.get("/login/sso", params={"next": to})
    assert begun.status_code == 303
    return client.get(approve(begun.headers["location"], sub))


def test_a_person_signs_on_and_is_known_by_the_subject_from_then_on(app: App) -> None:
    client = browser(app)
    assert "Log in with single sign-on" in client.get("/login").text
    answer = sign_on(client, "sub-alice")
    assert answer.headers["location"] == "/runs"
    assert client.get("/runs").status_code == 200
    assert app.people.get("p-alice").sso_subject.endswith("|sub-alice")
    app.people.change("p-alice", {"email": "new@example.com", "email_key": "new@example.com"})
    assert sign_on(browser(app), "sub-alice").headers["location"] == "/runs"


def test_an_address_that_the_provider_has_not_verified_opens_nothing(app: App) -> None:
    client = browser(app)
    answer = sign_on(client, "sub-eve")
    assert answer.status_code == 400
    assert "has no account here" in answer.text
    assert client.get("/runs").status_code == 303
    assert app.people.get("p-alice").sso_subject == ""


def test_a_second_subject_does_not_take_over_an_account(app: App) -> None:
    app.people.change("p-alice", {"sso_subject": "https://other.example|someone"})
    assert sign_on(browser(app), "sub-alice").status_code == 400


def test_new_people_get_an_account_only_where_the_setting_says_so(
    app: App, settings: dict[str, Any]
) -> None:
    assert sign_on(browser(app), "sub-bob").status_code == 400
    open_app = App(Settings(**settings, oidc_new_people="viewer"))
    assert sign_on(browser(open_app), "sub-bob").headers["location"] == "/runs"
    bob = open_app.people.by_email("bob@example.com")
    assert bob is not None
    assert bob.role == "viewer"
    open_app.close()


def test_an_answer_for_another_browser_or_an_altered_state_is_refused(app: App) -> None:
    client, other = browser(app), browser(app)
    begun = client.get("/login/sso")
    path = approve(begun.headers["location"], "sub-alice")
    assert other.get(path).status_code == 404
    other.get("/login/sso")
    assert other.get(path).status_code == 400
    assert client.get(path.replace("state=", "state=x")).status_code == 400
    assert client.get(path).headers["location"] == "/"
    assert client.get("/runs").status_code == 200


def test_another_site_cannot_make_a_browser_log_in(app: App) -> None:
    client = browser(app)
    answer = client.get("/login/sso?next=/runs", headers={"sec-fetch-site": "cross-site"})
    assert answer.headers["location"] == "/login?next=%2Fruns"
    assert "tiktok_organic_sign_on" not in client.cookies


def test_a_code_works_once(app: App) -> None:
    client = browser(app)
    begun = client.get("/login/sso")
    path = approve(begun.headers["location"], "sub-alice")
    cookie = client.cookies["tiktok_organic_sign_on"]
    client.get(path)
    client.cookies.set("tiktok_organic_sign_on", cookie)
    assert client.get(path).status_code == 400


def test_a_session_of_single_sign_on_ends_at_its_hour(settings: dict[str, Any]) -> None:
    clock = Later()
    app = App(Settings(**settings, oidc_session_hours=8, oidc_new_people="viewer"), clock=clock)
    client = browser(app)
    assert sign_on(client, "sub-bob").headers["location"] == "/runs"
    assert client.get("/runs").status_code == 200
    clock.by = timedelta(hours=8)
    assert client.get("/runs").status_code == 303
    app.close()


def test_the_provider_is_told_how_old_a_login_may_be_and_when_to_ask_again(app: App) -> None:
    client = browser(app)
    usual = parse_qs(urlsplit(client.get("/login/sso").headers["location"]).query)
    again = parse_qs(urlsplit(client.get("/login/sso?again=1").headers["location"]).query)
    assert (usual["max_age"], usual.get("prompt")) == (["86400"], None)
    assert (again["max_age"], again["prompt"]) == (["300"], ["login"])


def test_an_owner_change_needs_a_login_that_the_provider_asked_for(
    settings: dict[str, Any],
) -> None:
    clock = Later()
    app = App(Settings(**settings), clock=clock)
    alice = Person("p-alice", "alice@example.com", "owner", "UTC", app.clock.now(), "")
    with app.database.begin() as connection:
        app.people.add(alice, connection)
    client = browser(app)
    sign_on(client, "sub-alice")
    clock.by = timedelta(minutes=16)
    form = {"timezone": "Europe/Berlin"}
    asked = client.post("/settings/timezone", data=form)
    assert asked.status_code == 403
    assert "/login/sso?next=%2Fsettings&amp;again=1" in asked.text
    clock.by = timedelta()
    begun = client.get("/login/sso?next=/settings&again=1")
    client.get(approve(begun.headers["location"], "sub-alice"))
    assert client.post("/settings/timezone", data=form).status_code == 303
    clock.by = timedelta(minutes=16)  # the provider's login is as old when it comes back
    begun = client.get("/login/sso?next=/settings&again=1")
    path = approve(begun.headers["location"], "sub-alice")
    clock.by = timedelta(minutes=22)
    assert "did not ask for the login again" in client.get(path).text
    app.close()


@pytest.mark.parametrize(
    ("again", "said", "proved"),
    [
        (False, {}, None),
        (True, {}, NOON),
        (False, {"auth_time": NOON.timestamp() - 3600}, None),  # a float is not what it says
        (False, {"auth_time": int(NOON.timestamp()) - 3600}, NOON - timedelta(hours=1)),
        (True, {"auth_time": int(NOON.timestamp()) + 900}, NOON),
        (False, {"auth_time": 2**70}, None),
        (False, {"auth_time": True}, None),
    ],
)
def test_when_a_person_proved_who_they_are_is_what_the_provider_says(
    again: bool, said: dict[str, Any], proved: datetime | None
) -> None:
    assert proved_at(Begun("s", "n", "v", "/", again), said, NOON) == proved


def test_a_provider_that_is_away_is_named_as_such(tmp_path: Path) -> None:
    app = App(Settings(home=tmp_path, oidc_issuer="http://127.0.0.1:9", oidc_client_id="tiktok"))
    answer = browser(app).get("/login/sso")
    assert answer.status_code == 503
    assert "cannot be reached" in answer.text
    app.close()


def test_an_issuer_without_https_is_refused_unless_it_is_this_machine() -> None:
    from tiktok_organic.errors import BadValue

    values = {"TIKTOK_ORGANIC_OIDC_ISSUER": "http://login.example.com/"}
    with pytest.raises(BadValue, match="OIDC_ISSUER"):
        Settings.read(values)
    assert Settings.read({"TIKTOK_ORGANIC_OIDC_ISSUER": "http://localhost:9/"}).oidc_issuer
