"""Signing in: limits that lock nobody out, second factors, sessions, confirming the identity."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from new_store import new_home
from tiktok_organic.actions.people import api_tokens, manage_people, second_factor, sign_in
from tiktok_organic.actions.people.passwords import hash_password
from tiktok_organic.actions.people.record_security_event import Visitor
from tiktok_organic.app import App
from tiktok_organic.clock import SystemClock
from tiktok_organic.errors import BadValue, Refused
from tiktok_organic.settings import Settings
from tiktok_organic.store.people.people import Person
from tiktok_organic.web import create
from waiting import PATIENCE

from .conftest import HOME
from .house import PASSWORD, VISITOR

MALLORY = Visitor("198.51.100.66")


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
def app(tmp_path: Path, watch: Watch) -> App:
    return App(Settings(home=new_home(tmp_path / "home")), clock=watch)


def person(app: App, name: str, role: str, password_hash: str) -> Person:
    made = Person(f"p-{name}", f"{name}@example.com", role, "UTC", app.clock.now(), password_hash)
    with app.database.begin() as connection:
        app.people.add(made, connection)
    return made


@pytest.fixture
def alice(app: App, password_hash: str) -> Person:
    return person(app, "alice", "owner", password_hash)


def browser(app: App, who: Person | None = None) -> TestClient:
    client = TestClient(
        create(app), base_url=HOME, headers={"origin": HOME}, follow_redirects=False
    )
    if who is not None:
        token = sign_in.start_session(app, who, VISITOR)
        client.cookies.set("tiktok_organic_session", token)
    return client


def enroll(app: App, who: Person) -> tuple[pyotp.TOTP, list[str]]:
    """A second factor that is switched on, a while ago."""
    enrollment = second_factor.begin(who.email)
    totp = pyotp.TOTP(enrollment.secret)
    before = app.clock.now() - timedelta(seconds=30)
    return totp, second_factor.switch_on(app, who, enrollment.secret, totp.at(before))


def fails(app: App, visitor: Visitor, times: int, email: str = "alice@example.com") -> int:
    """Wrong attempts; how many were blocked before they were verified."""
    blocked = 0
    for _ in range(times):
        with pytest.raises(Refused) as refused:
            sign_in.log_in(app, email, "not the password", visitor)
        blocked += refused.value.code == "login_slowed"
    return blocked


def test_a_stranger_who_knows_the_address_does_not_lock_its_owner_out(
    app: App, alice: Person
) -> None:
    assert fails(app, MALLORY, 9) == 4
    assert sign_in.log_in(app, alice.email, PASSWORD, VISITOR).id == alice.id


def test_a_browser_that_was_used_before_stays_usable_in_a_flood(app: App, alice: Person) -> None:
    app.sessions.know_device("known", alice.id, app.clock.now())
    for number in range(110):
        fails(app, Visitor(f"198.51.100.{number}"), 1)
    with pytest.raises(Refused, match="too many wrong attempts"):
        sign_in.log_in(app, alice.email, PASSWORD, VISITOR)
    known = Visitor("203.0.113.9", device="known")
    assert sign_in.log_in(app, alice.email, PASSWORD, known).id == alice.id


def test_failures_are_forgotten_after_a_day_and_their_rows_go(
    app: App, alice: Person, watch: Watch
) -> None:
    fails(app, VISITOR, 5)
    watch.moment += timedelta(days=1, seconds=1)
    assert fails(app, VISITOR, 5) == 0
    with app.database.read() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM attempts").scalar()
    assert count == 3


def test_a_success_forgives_the_machine_too(app: App, alice: Person) -> None:
    fails(app, VISITOR, 4)
    sign_in.log_in(app, alice.email, PASSWORD, VISITOR)
    assert fails(app, VISITOR, 5) == 0


def test_a_password_whose_hash_is_too_cheap_is_hashed_again_at_the_next_login(app: App) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    carol = person(app, "carol", "viewer", cheap)
    sign_in.log_in(app, carol.email, PASSWORD, VISITOR)
    stored = app.people.get(carol.id).password_hash
    assert stored.split("$")[3] == hash_password(PASSWORD).split("$")[3] != cheap.split("$")[3]
    sign_in.log_in(app, carol.email, PASSWORD, VISITOR)
    assert app.people.get(carol.id).password_hash == stored


def test_one_machine_that_tries_many_addresses_is_slowed(app: App) -> None:
    attempts = [fails(app, MALLORY, 1, f"person{number}@example.com") for number in range(25)]
    assert attempts == [0] * 20 + [1] * 5


def test_ipv6_addresses_of_one_network_are_one_machine() -> None:
    one, other = "2001:db8:1:2::1", "2001:db8:1:2:ffff::9"
    assert Visitor(one).network == Visitor(other).network
    assert Visitor("2001:db8:1:3::1").network != Visitor(one).network
    assert Visitor("::ffff:192.0.2.1").network == "192.0.2.1"


def test_of_a_burst_of_guesses_only_the_free_ones_are_verified(app: App, alice: Person) -> None:
    together = threading.Barrier(8)
    codes: list[str] = []

    def guess() -> None:
        together.wait(PATIENCE)
        try:
            sign_in.log_in(app, alice.email, "a guess", MALLORY)
        except Refused as error:
            codes.append(error.code)

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["login_failed"] * 5 + ["login_slowed"] * 3


def test_guesses_of_the_present_password_are_slowed(app: App, alice: Person) -> None:
    client = browser(app, alice)
    form = {"former": "a guess", "password": "another long enough one"}
    statuses = [client.post("/settings/password", data=form).status_code for _ in range(6)]
    assert statuses == [400] * 5 + [429]


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaa",
        "1234567890",
        " " * 10,
        "passwordpassword",
        "tiktok-organic",
        "alice@example.com",
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(
    app: App, alice: Person, password: str
) -> None:
    with pytest.raises(BadValue, match="easy to guess"):
        manage_people.change_password(app, alice, PASSWORD, password, VISITOR)
    assert app.people.get(alice.id).password_hash == alice.password_hash


def test_the_present_password_is_no_new_one(app: App, alice: Person) -> None:
    with pytest.raises(BadValue, match="your present password"):
        manage_people.change_password(app, alice, PASSWORD, PASSWORD, VISITOR)


def test_a_second_factor_is_set_up_on_the_page_and_asked_for_at_the_next_login(
    app: App, alice: Person, watch: Watch
) -> None:
    client = browser(app, alice)
    assert client.post("/settings/second-factor/begin", data={"present": "x"}).status_code == 400
    page = client.post("/settings/second-factor/begin", data={"present": PASSWORD}).text
    secret = re.findall(r'name="secret" value="([A-Z2-7]{32})"', page)[0]
    totp = pyotp.TOTP(secret)
    wrong = client.post("/settings/second-factor", data={"secret": secret, "code": "000000"})
    assert wrong.status_code == 400
    code = totp.at(watch.moment)
    done = client.post("/settings/second-factor", data={"secret": secret, "code": code})
    shown = done.text.split('<pre id="codes"')[1].split("</pre>")[0]
    assert len(re.findall(r"\b(?:[a-z2-9]{4}-){5}[a-z2-9]{4}\b", shown)) == 10

    other = browser(app)
    own = {"email": alice.email, "password": PASSWORD, "next": "/runs"}
    assert other.post("/login", data=own).headers["location"] == "/login/code?next=%2Fruns"
    assert other.get("/runs").status_code == 303  # the password alone opens nothing
    replayed = other.post("/login/code", data={"code": code, "next": "/runs"})
    assert replayed.status_code == 400
    watch.moment += timedelta(seconds=30)
    in_time = other.post("/login/code", data={"code": totp.at(watch.moment), "next": "/runs"})
    assert in_time.headers["location"] == "/runs"
    assert other.get("/runs").status_code == 200


def test_a_recovery_code_works_once(app: App, alice: Person) -> None:
    _, codes = enroll(app, alice)
    assert second_factor.verify_code(app, alice.id, codes[0])
    assert not second_factor.verify_code(app, alice.id, codes[0])
    assert second_factor.verify_code(app, alice.id, codes[1].upper())
    assert len(app.people.get(alice.id).recovery_codes) == 8


def test_guesses_of_the_code_are_slowed(app: App, alice: Person) -> None:
    enroll(app, alice)
    client = browser(app)
    client.post("/login", data={"email": alice.email, "password": PASSWORD})
    statuses = [
        client.post("/login/code", data={"code": f"00000{number}"}).status_code
        for number in range(6)
    ]
    assert statuses == [400] * 5 + [429]


def test_the_secret_of_a_second_factor_is_encrypted_in_the_store(app: App, alice: Person) -> None:
    totp, codes = enroll(app, alice)
    stored = (app.settings.home / "store.db").read_bytes()
    log = app.settings.home / "store.db-wal"
    stored += log.read_bytes() if log.exists() else b""
    assert totp.secret.encode() not in stored
    assert all(code.encode() not in stored for code in codes)


def test_an_owner_change_needs_a_fresh_proof_and_keeps_what_was_typed(
    app: App, alice: Person, watch: Watch
) -> None:
    client = browser(app, alice)
    watch.moment += timedelta(minutes=16)
    form = {"email": "dora@example.com", "role": "owner"}
    asked = client.post("/settings/people", data=form)
    assert asked.status_code == 403
    assert 'name="email" value="dora@example.com"' in asked.text
    assert app.invitations.open(watch.moment) == []
    wrong = client.post("/settings/people", data={**form, "confirm_password": "a guess"})
    assert wrong.status_code == 403
    assert 'role="alert"' in wrong.text
    done = client.post("/settings/people", data={**form, "confirm_password": PASSWORD})
    assert "/welcome/" in done.text
    assert [one.email for one in app.invitations.open(watch.moment)] == ["dora@example.com"]
    again = client.post("/settings/people", data={**form, "email": "eve@example.com"})
    assert again.status_code == 200


def test_with_a_second_factor_the_fresh_proof_needs_the_code_too(
    app: App, alice: Person, watch: Watch
) -> None:
    client = browser(app, alice)
    totp, _ = enroll(app, alice)
    watch.moment += timedelta(minutes=16)
    form = {"email": "dora@example.com", "role": "owner", "confirm_password": PASSWORD}
    assert client.post("/settings/people", data=form).status_code == 403
    code = totp.at(watch.moment)
    assert client.post("/settings/people", data={**form, "confirm_code": code}).status_code == 200


def test_a_person_sees_and_ends_their_own_sessions_only(
    app: App, alice: Person, password_hash: str
) -> None:
    bob = person(app, "bob", "viewer", password_hash)
    laptop, phone, other = browser(app, alice), browser(app, alice), browser(app, bob)
    page = laptop.get("/settings/account").text
    (phone_session,) = re.findall(r"/settings/sessions/([0-9a-f]{64})/end", page)
    other.post(f"/settings/sessions/{phone_session}/end")
    assert phone.get("/").status_code == 200
    laptop.post(f"/settings/sessions/{phone_session}/end")
    assert phone.get("/").status_code == 303
    assert laptop.get("/").status_code == 200


@pytest.mark.parametrize("change", ["remove", "demote", "password"])
def test_an_invitation_ends_with_the_rights_of_its_maker(
    app: App, alice: Person, password_hash: str, change: str
) -> None:
    bob = person(app, "bob", "owner", password_hash)
    token = manage_people.invite(app, bob, "eve@example.com", "owner", MALLORY)
    if change == "remove":
        manage_people.remove(app, alice.email, bob.id, VISITOR)
    elif change == "demote":
        manage_people.change_role(app, alice.email, bob.id, "viewer", VISITOR)
    else:
        manage_people.change_password(app, bob, PASSWORD, "another long enough one", VISITOR)
    assert browser(app).get(f"/welcome/{token}").status_code == 404


@pytest.mark.parametrize("how", ["demote", "remove"])
def test_two_owners_at_once_cannot_leave_the_place_without_one(
    app: App, alice: Person, password_hash: str, how: str
) -> None:
    bob = person(app, "bob", "owner", password_hash)
    together = threading.Barrier(2)
    refused: list[str] = []

    def turn_on(by: Person, victim: Person) -> None:
        together.wait(PATIENCE)
        try:
            if how == "demote":
                manage_people.change_role(app, by.email, victim.id, "viewer", VISITOR)
            else:
                manage_people.remove(app, by.email, victim.id, VISITOR)
        except Refused as error:
            refused.append(error.code)

    threads = [threading.Thread(target=turn_on, args=pair) for pair in ((alice, bob), (bob, alice))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["last_owner"]
    assert [one.role for one in app.people.all()].count("owner") == 1


def test_an_api_token_ends_at_its_date(app: App, alice: Person, watch: Watch) -> None:
    token = api_tokens.api_token(app, alice, "dbt", "read", VISITOR, life=timedelta(days=30))
    client = TestClient(create(app), base_url=HOME, headers={"authorization": f"Bearer {token}"})
    assert client.get("/api/v1/connectors").status_code == 200
    watch.moment += timedelta(days=30)
    assert client.get("/api/v1/connectors").status_code == 401


def test_every_event_is_logged_in_one_line_and_shown_to_owners(
    app: App, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tiktok_organic.security")
    client = browser(app)
    client.post("/login", data={"email": "x' from=192.0.2.1\nsecurity", "password": "guess"})
    client.post("/login", data={"email": alice.email, "password": PASSWORD})
    client.post("/settings/people", data={"email": "dora@example.com", "role": "viewer"})
    client.post("/logout")
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        'security login failure from=testclient who="x\' from=192.0.2.1\\nsecurity"',
        "security login success from=testclient who='alice@example.com' what='password'",
        (
            "security invitation success from=testclient who='alice@example.com' "
            "what='dora@example.com as viewer'"
        ),
        "security logout success from=testclient who='alice@example.com'",
    ]
    page = browser(app, alice).get("/settings/activity").text
    assert "dora@example.com as viewer" in page
    assert "Failure" in page
