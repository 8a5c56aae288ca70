"""A second factor that an owner requires of everybody with a password, and what setting one up
needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from fastapi.testclient import TestClient

from new_store import new_home
from tiktok_organic.actions.people import api_tokens, manage_people, second_factor
from tiktok_organic.app import App
from tiktok_organic.clock import SystemClock
from tiktok_organic.settings import Settings
from tiktok_organic.store.connectors.consent_states import Purpose
from tiktok_organic.store.people.people import Person
from tiktok_organic.store.people.sessions import bound_to_session, hashed
from tiktok_organic.web import create

from .conftest import HOME, Place
from .house import PASSWORD, VISITOR


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
def place(tmp_path: Path, password_hash: str, watch: Watch) -> Iterator[Place]:
    app = App(Settings(home=new_home(tmp_path / "home")), clock=watch)
    yield Place(app, create(app), None, password_hash)  # type: ignore[arg-type]  # TikTok is not asked
    app.close()


def require(place: Place) -> TestClient:
    """An owner requires it on the page; her browser."""
    owner = place.browser(place.person("alice", "owner"))
    answer = owner.post("/settings/sign-in", data={"second_factor": "required"})
    assert answer.headers["location"] == "/settings?said=saved"
    return owner


def set_up(client: TestClient, now: datetime) -> str:
    """Follow the page; the secret of the authenticator app."""
    page = client.get("/settings/second-factor").text
    secret = str(re.findall(r'name="secret" value="([A-Z2-7]{32})"', page)[0])
    form = {"secret": secret, "code": pyotp.TOTP(secret).at(now)}
    assert "recovery codes" in client.post("/settings/second-factor", data=form).text
    return secret


@pytest.mark.parametrize("role", ["owner", "editor", "viewer"])
def test_a_person_without_a_second_factor_can_do_nothing_but_set_one_up(
    place: Place, watch: Watch, role: str
) -> None:
    require(place)
    dora = place.browser(place.person("dora", role))
    for method, path in (
        ("GET", "/"), ("GET", "/settings/account"), ("GET", "/settings/people"),
        ("POST", "/settings/account"), ("POST", "/settings/password"), ("POST", "/demo"),
        ("GET", "/runs/none/events"), ("POST", "/settings/second-factor/remove"),
        ("POST", "/settings/sign-in"),
    ):  # fmt: skip
        answer = dora.request(method, path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/settings/second-factor")
    partly = dora.get("/runs", headers={"hx-request": "true"})
    assert (partly.status_code, partly.text) == (403, "")
    assert partly.headers["hx-redirect"] == "/settings/second-factor"
    set_up(dora, watch.moment)
    assert dora.get("/").status_code == 200
    assert dora.post("/logout").status_code == 303


def test_an_owner_who_requires_it_sets_up_hers_at_once(place: Place, watch: Watch) -> None:
    alice = require(place)
    assert alice.get("/settings").headers["location"] == "/settings/second-factor"
    set_up(alice, watch.moment)
    assert "needs a code of an authenticator app" in alice.get("/settings").text
    assert place.app.events.newest(2)[1].what == "SECOND_FACTOR changed"


def test_people_who_sign_on_elsewhere_and_programs_are_not_asked(place: Place) -> None:
    alice = place.person("alice", "owner")
    token = api_tokens.api_token(place.app, alice, "dbt", "read", VISITOR)
    require_by_environment = App(
        Settings(home=place.app.settings.home, second_factor="required"), clock=place.app.clock
    )
    elsewhere = Person("p-sso", "sso@example.com", "editor", "UTC", place.app.clock.now(), "")
    with place.app.database.begin() as connection:
        place.app.people.add(elsewhere, connection)
    web = create(require_by_environment)
    there = Place(require_by_environment, web, place.demo, place.password_hash)
    assert there.browser(elsewhere).get("/").status_code == 200
    assert there.browser(alice).get("/").status_code == 303
    bearer = {"authorization": f"Bearer {token}"}
    program = TestClient(web, base_url=HOME, headers=bearer)
    assert program.get("/api/v1/connectors").status_code == 200
    require_by_environment.close()


def test_an_open_browser_is_not_enough_to_set_up_a_second_factor(
    place: Place, watch: Watch
) -> None:
    alice = place.person("alice", "owner")
    client = place.browser(alice)
    watch.moment += timedelta(minutes=16)
    secret = pyotp.random_base32()
    form = {"secret": secret, "code": pyotp.TOTP(secret).at(watch.moment)}
    answer = client.post("/settings/second-factor", data=form)
    assert answer.headers["location"] == "/settings/second-factor"
    assert "Current password" in client.get("/settings/second-factor").text
    assert not place.app.people.get(alice.id).has_second_factor
    client.post("/settings/second-factor/begin", data={"present": PASSWORD})
    assert "recovery codes" in client.post("/settings/second-factor", data=form).text


def test_setting_up_a_second_factor_ends_the_other_sessions(place: Place, watch: Watch) -> None:
    alice = place.person("alice", "owner")
    here, other = place.browser(alice), place.browser(alice)
    set_up(here, watch.moment)
    assert here.get("/").status_code == 200
    assert other.get("/").status_code == 303


def test_a_fresh_proof_gives_the_session_a_new_token(place: Place, watch: Watch) -> None:
    client = place.browser(place.person("alice", "owner"))
    former = client.cookies["tiktok_organic_session"]
    watch.moment += timedelta(minutes=16)
    form = {"second_factor": "optional", "confirm_password": PASSWORD}
    assert client.post("/settings/sign-in", data=form).status_code == 303
    now = [one.value for one in client.cookies.jar if one.value != former]
    assert len(now) == 1
    assert place.app.sessions.find(former, watch.moment) is None
    assert place.app.sessions.find(str(now[0]), watch.moment) is not None


def test_a_consent_that_was_begun_survives_the_new_token(place: Place, watch: Watch) -> None:
    alice = place.person("alice", "owner")
    place.app.sessions.begin("old", alice.id, watch.moment)
    purpose = Purpose("http://127.0.0.1:9", "https://data.example.com/")
    begun = place.app.authorizations
    begun.begin("state", bound_to_session(hashed("old")), watch.moment, purpose)
    place.app.sessions.renew("old", "new", watch.moment)
    assert begun.find("state", bound_to_session(hashed("new"))) is not None
    assert begun.find("state", bound_to_session(hashed("old"))) is None


def test_a_login_ends_the_session_that_the_browser_had(place: Place, watch: Watch) -> None:
    alice = place.person("alice", "owner")
    client = place.browser(alice)
    former = client.cookies["tiktok_organic_session"]
    client.post("/login", data={"email": alice.email, "password": PASSWORD})
    assert place.app.sessions.find(former, watch.moment) is None


def test_a_recovery_code_cannot_be_found_from_its_hash(place: Place, watch: Watch) -> None:
    alice = place.person("alice", "owner")
    enrollment = second_factor.begin(alice.email)
    code = pyotp.TOTP(enrollment.secret).at(watch.moment)
    codes = second_factor.switch_on(place.app, alice, enrollment.secret, code)
    letters = {len(code.replace("-", "")) for code in codes}
    assert letters == {24}  # of 31: 118 bits
    assert len(set(codes)) == 10


def test_ending_a_session_needs_a_fresh_proof(place: Place, watch: Watch) -> None:
    alice = place.person("alice", "viewer")
    here, other = place.browser(alice), place.browser(alice)
    watch.moment += timedelta(minutes=16)
    session = hashed(other.cookies["tiktok_organic_session"])
    path = f"/settings/sessions/{session}/end"
    assert here.post(path).status_code == 403
    assert other.get("/").status_code == 200
    assert here.post(path, data={"confirm_password": PASSWORD}).status_code == 303
    assert other.get("/").status_code == 303


def test_an_owner_logs_a_person_out_everywhere(place: Place) -> None:
    owner = place.browser(place.person("alice", "owner"))
    bob = place.person("bob", "viewer")
    here, other = place.browser(bob), place.browser(bob)
    assert owner.post(f"/settings/people/{bob.id}/end-sessions").status_code == 303
    assert [here.get("/").status_code, other.get("/").status_code] == [303, 303]
    assert place.app.people.get(bob.id).role == "viewer"
    assert owner.post("/settings/people/none/end-sessions").status_code == 404


def test_a_long_password_is_accepted_and_verified_whole(place: Place) -> None:
    alice = place.person("alice", "owner")
    long = "correct horse battery staple, and so on: " * 10
    manage_people.change_password(place.app, alice, PASSWORD, long, VISITOR)
    client = place.browser()
    for typed, status in ((long[:-1], 400), (long.upper(), 400), (long, 303)):
        form = {"email": alice.email, "password": typed}
        assert client.post("/login", data=form).status_code == status
