"""One poisoned element ends no loop: over connectors, runs, people and addresses."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from work_hook import Hook
from work_office import Office

from tiktok_organic.actions.connectors import connect, connector_choices, consent
from tiktok_organic.actions.connectors.save_unsaved_tokens import store_unsaved_pairs
from tiktok_organic.actions.notifications.send_alerts import send_alerts
from tiktok_organic.actions.operation.doctor import checks
from tiktok_organic.actions.operation.engine_setup import ProductCallbacks, make_engine
from tiktok_organic.actions.people import api_tokens, sign_in
from tiktok_organic.actions.people.record_security_event import Visitor
from tiktok_organic.actions.runs.attempt_dependencies import attempt_dependencies
from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.actions.runs.perform_attempt import perform
from tiktok_organic.actions.runs.sync_all import sync_all
from tiktok_organic.actions.runs.sync_now import sync
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.connector import UNREADABLE, Connector
from tiktok_organic.connector_rules import check_timezone
from tiktok_organic.errors import BadValue, TikTokOrganicError
from tiktok_organic.simulator import Simulator
from tiktok_organic.store.encryption.cipher import Cipher
from tiktok_organic.store.encryption.key_rotation import rotate_key
from tiktok_organic.store.people.people import Person
from tiktok_organic.store.prometheus_metrics import exposition
from tiktok_organic.store.schema import connectors as table
from tiktok_organic.sync.loading.loading_pool import LoadingSlot
from tiktok_organic.sync.progress import silent
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.stop import Stop
from tiktok_organic.web import create

NOBODYS_KEY = "bm9ib2R5IGhhcyB0aGlzIGtleSwgbm90IGV2ZW4gdXM="


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Simulator() as simulator:
        made = Office(tmp_path, simulator)
        yield made
        made.close()


@pytest.fixture(params=["zone", "destination", "tokens"])
def poisoned(office: Office, request: pytest.FixtureRequest) -> tuple[Connector, Connector]:
    """Two connectors that are due; the first one is poisoned."""
    bad, good = (office.connect(name, due=timedelta(minutes=5)) for name in ("bad", "good"))
    poison = Cipher(NOBODYS_KEY).encrypt("duckdb:///x.duckdb")
    with office.app.database.begin() as connection:
        if request.param == "zone":
            values = {"timezone": "Atlantis/Capital"}
            connection.execute(update(table).where(table.c.id == bad.id).values(values))
        elif request.param == "destination":
            values_ = {"destination": poison}
            connection.execute(update(table).where(table.c.id == bad.id).values(values_))
        else:
            connection.exec_driver_sql(
                "UPDATE tokens SET access_token = ? WHERE connector_id = ?", (poison, bad.id)
            )
    return bad, good


def test_the_scheduler_the_engine_and_housekeeping_treat_the_others(
    office: Office, poisoned: tuple[Connector, Connector], caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = poisoned
    caplog.set_level(logging.ERROR, "tiktok_organic")
    callbacks = ProductCallbacks(office.app, advice_for)
    engine = make_engine(office.app, advice_for)
    callbacks.order_due(8)
    for connector in (bad, good):
        for run in office.runs(connector):
            callbacks.attempt(run.id, engine)
    assert office.runs(good)[0].succeeded
    assert engine.state()["retired"] is None
    wrong = office.runs(bad)
    if wrong:
        assert (wrong[0].status, wrong[0].attempt) == ("failed", 1)
    else:
        assert any(bad.id in message for message in caplog.messages)
    office.app.connectors.change(good.id, {"next_due": None})
    callbacks.housekeeping()
    assert office.app.connectors.get(good.id).next_due is not None


def test_lists_notifications_and_sync_all_have_the_others(
    office: Office, poisoned: tuple[Connector, Connector]
) -> None:
    bad, good = poisoned
    assert {each.id for each in office.app.connectors.all()} == {bad.id, good.id}
    assert office.app.connectors.get(bad.id).destination in (UNREADABLE, bad.destination)

    def one(connector: Connector, stop: Stop, loading_slot: LoadingSlot) -> Run:
        return sync(office.app, connector, silent, stop=stop)

    ended = {c.id: r for c, r in sync_all(office.app, [bad, good], one, at_once=1)}
    result = ended[good.id]
    assert isinstance(result, Run)
    assert result.succeeded
    assert isinstance(ended[bad.id], Run | TikTokOrganicError)
    send_alerts(office.app, lambda title, text: None, advice_for)


def test_an_attempt_whose_client_cannot_be_made_is_counted_and_fails_with_its_reason(
    office: Office,
) -> None:
    connector = office.connect("alice")
    office.app.connectors.change(connector.id, {"api_url": "nonsense://nowhere"})
    run = order_run(office.app, office.app.connectors.get(connector.id), window=None)
    ended = perform(attempt_dependencies(office.app), run, silent)
    assert (ended.status, ended.attempt) == ("failed", 1)
    assert ended.cause is not None
    assert ended.cause["message"]


@pytest.mark.parametrize(
    "name", ["localtime", "posix/Europe/Berlin", "right/Europe/Berlin", "posixrules", "\x00", "."]
)
def test_only_zones_that_every_machine_has_are_accepted(name: str) -> None:
    with pytest.raises(BadValue):
        check_timezone(name)
    with suppress(BadValue):
        assert check_timezone("Europe/Berlin") == "Europe/Berlin"


@pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")  # a plug-in of apprise's own
def test_one_notification_address_that_may_not_be_used_costs_the_others_nothing(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("apprise")
    hook = Hook()
    bad = f"file://{office.home}/store.db"
    office.app.chosen_settings.change(
        {"NOTIFY": f"{bad},{hook.address},nonsense://"}, "the test", office.app.clock.now()
    )
    connector = office.connect("alice")
    office.app.connectors.change(connector.id, {"state": "reconnect_needed"})
    ProductCallbacks(office.app, advice_for).housekeeping()
    hook.close()
    assert [("alice" in letter["message"]) for letter in hook.taken] == [True]
    warned = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len([text for text in warned if "store.db" in text or "its own" in text]) == 1
    assert any("does not understand address number 3" in text for text in warned)


def test_one_unsaved_token_pair_that_cannot_be_stored_stops_no_other(office: Office) -> None:
    bad, good = (office.connect(name) for name in ("bad", "good"))
    for connector in (bad, good):
        stored = office.app.tokens.stored(connector.id)
        office.app.unsaved_tokens.reserve(connector.id)
        renewed = replace(stored.tokens, access_token=f"renewed-{connector.id}")
        office.app.unsaved_tokens.keep(connector.id, replace(stored, tokens=renewed))
    file = office.home / "renewals" / f"{bad.id}.pair"
    file.write_bytes(Cipher(NOBODYS_KEY).encrypt("{}") + b"\n")
    store_unsaved_pairs(office.app)
    assert office.app.tokens.read(good.id).access_token == f"renewed-{good.id}"
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_lists_for_people_and_programs_show_the_others(
    office: Office, poisoned: tuple[Connector, Connector]
) -> None:
    """The page, the API, health and figures, doctor, and a new connection beside the poisoned."""
    bad, good = poisoned
    run = order_run(office.app, office.app.connectors.get(good.id), window=None)
    assert perform(attempt_dependencies(office.app), run, silent).succeeded
    with suppress(TikTokOrganicError):
        order_run(office.app, office.app.connectors.get(bad.id), window=None)
    now = office.app.clock.now()
    person = Person("p-1", "alice@example.com", "owner", "Mars/Olympus", now)
    odd = Person("p-2", "bob\u202e@example.com", "janitor", "", now)
    with office.app.database.begin() as connection:
        office.app.people.add(person, connection)
        office.app.people.add(odd, connection)
    office.app.people.change("p-2", {"totp": b"not encrypted with any key", "totp_step": -1})
    visitor = Visitor("192.0.2.1", "a test")
    headers = {"origin": "http://localhost"}
    with TestClient(create(office.app), base_url="http://localhost", headers=headers) as browser:
        browser.cookies.set(
            "tiktok_organic_session", sign_in.start_session(office.app, person, visitor)
        )
        for path in ("/", "/runs", "/connect", "/settings", "/settings/people",
                     f"/connectors/{good.id}", f"/connectors/{good.id}/settings",
                     f"/connectors/{bad.id}/settings", f"/connectors/{bad.id}"):  # fmt: skip
            answer = browser.get(path)
            assert answer.status_code == 200, path
        assert "bob" in browser.get("/settings/people").text
        token = api_tokens.api_token(office.app, person, "test", "read", visitor)
        for path in ("/api/v1/connectors", "/api/v1/runs"):
            answer = browser.get(path, headers={"authorization": f"Bearer {token}"})
            assert good.id in answer.text
    assert b'connectors{state="active"} 2' in exposition(office.app.database, now)
    found = {check.name: check.status for check in checks(office.app, {})}
    assert (found[f"tokens of {bad.name}"], found[f"tokens of {good.name}"]) == ("failed", "ok")
    rotate_key(office.app.database, office.app.cipher)
    address = consent.begin(office.app, "the test")
    landed = httpx2.get(f"{address}&simulator_decision=allow&simulator_account=tiny.tearoom")
    given = consent.finish(office.app, landed.headers["location"], "the test")
    assert connect.create(office.app, given, connector_choices.Choices()).username == "tiny.tearoom"
