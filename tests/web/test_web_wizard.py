"""Connecting in five steps, through the pages, against the simulator."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient

from tiktok_organic.actions.lifecycle import remove
from tiktok_organic.actions.sync import sync
from tiktok_organic.simulator import DEMO_USERNAME
from tiktok_organic.sync.progress import silent

from .conftest import Place


def at_tiktok(address: str, **choice: str) -> str:
    """Where TikTok's page sends the browser after that choice."""
    query = "".join(f"&simulator_{name}={value}" for name, value in choice.items())
    return httpx2.get(f"{address}{query}").headers["location"]


def consent(browser: TestClient, username: str = DEMO_USERNAME, **choice: str) -> str:
    """Ask for consent, and decide; the address that the browser lands on."""
    address = browser.get("/connect/authorize?demo=1").headers["location"]
    return at_tiktok(address, **{"decision": "allow", "account": username, **choice})


def come_back(browser: TestClient, landed: str) -> httpx2.Response:
    parts = urlsplit(landed)
    return browser.get(f"{parts.path}?{parts.query}")


def walk_to_the_end(place: Place, browser: TestClient) -> None:
    come_back(browser, consent(browser))
    browser.post("/connect/account")
    browser.post("/connect/reports", data={"report": ["profile", "profile_daily_metric"]})
    browser.post(
        "/connect/destination",
        data={"name": "Bakery", "dataset": "bakery", "place": place.warehouse()},
    )


def test_five_steps_lead_to_a_connector_and_an_ordered_recovery(
    place: Place, alice: TestClient
) -> None:
    assert come_back(alice, consent(alice)).headers["location"] == "/connect/account"
    shown = alice.get("/connect/account").text
    assert "@demo.bakery" in shown
    assert "Business account" in shown
    assert "5,210" in shown
    assert alice.post("/connect/account").headers["location"] == "/connect/reports"
    assert (
        alice.post(
            "/connect/reports", data={"report": ["profile", "profile_daily_metric"]}
        ).status_code
        == 303
    )
    assert 'value="tiktokorganic_demo_bakery"' in alice.get("/connect/destination").text
    chosen = {"name": "Bakery", "dataset": "bakery", "place": place.warehouse()}
    assert alice.post("/connect/destination", data=chosen).headers["location"] == "/connect/finish"
    ended = alice.post(
        "/connect/finish", data={"schedule": "weekly", "recover": "1", "days": "30", "sync": "now"}
    )
    connector = place.app.connectors.get("Bakery")
    assert ended.headers["location"] == f"/connectors/{connector.id}/first"
    assert (connector.dataset, connector.schedule.every) == ("bakery", "weekly")
    assert connector.reports == ("profile", "profile_daily_metric")
    run = place.app.runs.newest(connector.id)[0]
    assert (run.kind, run.status, (run.window_end - run.window_start).days) == (
        "recovery",
        "waiting",
        29,
    )
    assert place.app.drafts.of("p-alice") == {}


def test_leaving_and_coming_back_goes_on_where_it_stopped(place: Place, alice: TestClient) -> None:
    come_back(alice, consent(alice))
    alice.post("/connect/account")
    later = place.browser(place.app.people.get("p-alice"))
    assert "step 3 of 5" in later.get("/").text
    assert later.get("/connect/finish").headers["location"] == "/connect/reports"
    assert later.get("/connect/reports").status_code == 200


def test_steps_cannot_be_jumped(place: Place, alice: TestClient) -> None:
    for path in ("/connect/account", "/connect/reports", "/connect/destination", "/connect/finish"):
        assert alice.get(path).headers["location"] == "/connect"
        assert alice.post(path).headers["location"] == "/connect"
    assert place.app.connectors.all() == []


def test_a_denial_says_what_to_do(place: Place, alice: TestClient) -> None:
    answer = come_back(alice, consent(alice, decision="deny"))
    assert answer.status_code == 400
    assert "denied" in answer.text
    assert "choose to allow" in answer.text
    assert "tiktok-organic connect" not in answer.text


def test_a_personal_account_is_refused_with_the_way_to_convert_it(
    place: Place, alice: TestClient
) -> None:
    answer = come_back(alice, consent(alice, "camille.crée"))
    assert answer.status_code == 400
    assert "Personal account" in answer.text
    assert "Switch to Professional account" in answer.text
    assert alice.get("/connect/account").headers["location"] == "/connect"


def test_an_account_that_is_connected_already_is_refused_by_name(
    place: Place, alice: TestClient
) -> None:
    held = place.connector()
    answer = come_back(alice, consent(alice))
    assert answer.status_code == 409
    assert held.name in answer.text


def test_a_needed_permission_that_was_withheld_is_named(place: Place, alice: TestClient) -> None:
    answer = come_back(alice, consent(alice, scopes="user.info.basic,video.list"))
    assert answer.status_code == 400
    assert "user.info.username" in answer.text


def test_an_optional_permission_may_be_withheld_and_is_shown(
    place: Place, alice: TestClient
) -> None:
    come_back(alice, consent(alice, scopes="user.info.username,user.account.type"))
    assert "withheld: its columns stay empty" in alice.get("/connect/account").text


def test_the_address_works_once(place: Place, alice: TestClient) -> None:
    landed = consent(alice)
    assert come_back(alice, landed).status_code == 303
    again = come_back(alice, landed)
    assert again.status_code == 400
    assert "used already" in again.text


def test_the_address_works_only_in_the_browser_that_asked(
    place: Place, alice: TestClient, emil: TestClient
) -> None:
    landed = consent(alice)
    emil.get("/connect/authorize?demo=1")
    answer = come_back(emil, landed)
    assert answer.status_code == 400
    assert "another attempt" in answer.text
    assert come_back(alice, landed).status_code == 303


def test_the_pasted_address_does_the_same(place: Place, alice: TestClient) -> None:
    answer = alice.post("/connect/paste", data={"address": f"  {consent(alice)}  "})
    assert answer.headers["location"] == "/connect/account"


@pytest.mark.parametrize(
    "pasted", ["", "hello", "https://example.com/", "https://example.com/?code=1"]
)
def test_a_wrong_paste_says_what_is_missing(alice: TestClient, pasted: str) -> None:
    alice.get("/connect/authorize?demo=1")
    answer = alice.post("/connect/paste", data={"address": pasted})
    assert answer.status_code in (400, 422)
    assert 'role="alert"' in answer.text


def test_a_landing_on_the_start_page_is_taken_along(place: Place, alice: TestClient) -> None:
    query = urlsplit(consent(alice)).query
    assert alice.get(f"/?{query}").headers["location"] == f"/connect/return/?{query}"


def test_at_least_one_report_must_stay(alice: TestClient) -> None:
    come_back(alice, consent(alice))
    alice.post("/connect/account")
    answer = alice.post("/connect/reports", data={})
    assert answer.status_code == 422
    assert "at least one" in answer.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("dataset", "Demo Bakery", "must be lowercase"),
        ("dataset", "taken", "belongs to the connector"),
        ("dataset", "free_one", "This dataset is free"),
        ("name", "taken", "already"),
        ("name", "", "it is empty"),
        ("name", "A free one", "This name is free"),
    ],
)
def test_name_and_dataset_are_checked_as_they_are_typed(
    place: Place, alice: TestClient, field: str, value: str, words: str
) -> None:
    from dataclasses import replace

    held = place.connector()
    place.app.connectors.save(replace(held, name="taken", dataset="taken"), held)
    form = {"name": "x", "dataset": "x", "place": place.warehouse(), field: value}
    assert words in alice.post("/connect/check", data=form, headers={"hx-trigger-name": field}).text


def test_a_dataset_with_another_accounts_data_is_told_at_once(
    place: Place, alice: TestClient
) -> None:
    held = place.connector()
    sync(place.app, held, silent)
    remove(place.app, held, delete_data=False)
    come_back(alice, consent(alice, "tiny.tearoom"))
    form = {"name": "x", "dataset": held.dataset, "place": place.warehouse()}
    answer = alice.post("/connect/check", data=form, headers={"hx-trigger-name": "dataset"}).text
    assert "holds rows of the account" in answer


def test_a_destination_that_cannot_be_used_is_told_at_once(place: Place, alice: TestClient) -> None:
    form = {"place": "other", "address": "mysql://user:geheim@host/db", "dataset": "x"}
    answer = alice.post("/connect/check", data=form, headers={"hx-trigger-name": "address"}).text
    assert "✗" in answer
    assert "geheim" not in answer


def walk_to_the_destination(browser: TestClient) -> None:
    come_back(browser, consent(browser))
    browser.post("/connect/account")
    browser.post("/connect/reports", data={"report": ["profile", "profile_daily_metric"]})


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:hunter2@127.0.0.1:1/d",
        "postgresql://hunter2@127.0.0.1:1/d",
        "postgresql://127.0.0.1:1/d?user=u&password=hunter2",
        "mysql://u:hunter2@host/d",
    ],
)
def test_a_password_in_an_address_that_is_refused_is_not_shown_again(
    place: Place, alice: TestClient, address: str
) -> None:
    walk_to_the_destination(alice)
    form = {"name": "Bakery", "dataset": "bakery", "place": "other", "address": address}
    answer = alice.post("/connect/destination", data=form)
    assert answer.status_code in (409, 422, 503)
    assert "hunter2" not in answer.text
    assert 'value="Bakery"' in answer.text


def test_an_address_without_a_password_stays_to_be_corrected(alice: TestClient) -> None:
    walk_to_the_destination(alice)
    form = {"name": "Bakery", "dataset": "bakery", "place": "other", "address": "mysql://host/d"}
    assert 'value="mysql://host/d"' in alice.post("/connect/destination", data=form).text


@pytest.mark.parametrize("choice", [{"place": "nowhere"}, {"place": "known-0"}, {"place": ""}, {}])
def test_a_warehouse_that_is_not_on_the_list_is_refused(
    place: Place, alice: TestClient, choice: dict[str, str]
) -> None:
    walk_to_the_destination(alice)
    answer = alice.post(
        "/connect/destination", data={"name": "Bakery", "dataset": "bakery", **choice}
    )
    assert answer.status_code == 422
    assert "none of those that can be chosen" in answer.text
    checked = {"hx-trigger-name": "dataset"}
    assert (
        "none of those"
        in alice.post("/connect/check", data={"dataset": "x", **choice}, headers=checked).text
    )
    assert alice.get("/connect/finish").headers["location"] == "/connect/destination"


def test_the_same_warehouse_is_chosen_when_the_list_changes_meanwhile(
    place: Place, alice: TestClient
) -> None:
    """Another owner changes the default between the page and its button."""
    walk_to_the_destination(alice)
    before, meant = place.app.settings_for("DESTINATION").warehouse, place.warehouse()
    held = place.connector("big.outdoors")
    place.app.preferences.change(
        {"DESTINATION": "duckdb:////elsewhere/other.duckdb"}, "emil", place.app.clock.now()
    )
    assert [place.warehouse(), place.warehouse(1)] != [meant, meant]
    chosen = {"name": "Bakery", "dataset": "bakery", "place": meant}
    assert alice.post("/connect/destination", data=chosen).headers["location"] == "/connect/finish"
    alice.post("/connect/finish", data={"schedule": "off"})
    assert place.app.connectors.get("Bakery").destination == before == held.destination


@pytest.mark.parametrize("days", ["61", "abc", "0", "-1", "1.5"])
@pytest.mark.parametrize("sync", ["now", ""])
def test_days_that_cannot_be_recovered_are_refused_before_anything_is_connected(
    place: Place, alice: TestClient, days: str, sync: str
) -> None:
    walk_to_the_end(place, alice)
    form = {"schedule": "daily", "recover": "1", "days": days, "sync": sync}
    assert alice.post("/connect/finish", data=form).status_code == 422
    assert place.app.connectors.all() == []
    assert alice.post("/connect/finish", data={**form, "days": "60"}).status_code == 303
    assert len(place.app.connectors.all()) == 1


def test_a_name_that_was_taken_meanwhile_stops_the_last_step(
    place: Place, alice: TestClient
) -> None:
    walk_to_the_end(place, alice)
    other = place.connector("big.outdoors")
    place.app.connectors.change(other.id, {"name": "Bakery", "name_key": "bakery"})
    answer = alice.post("/connect/finish", data={"schedule": "daily", "sync": "now"})
    assert answer.status_code == 409
    assert len(place.app.connectors.all()) == 1
    assert alice.get("/connect/destination").status_code == 200


def test_one_click_connects_the_demo_and_marks_it_as_invented(
    place: Place, alice: TestClient
) -> None:
    answer = alice.post("/demo")
    connector = place.app.connectors.all()[0]
    assert answer.headers["location"] == f"/connectors/{connector.id}/first"
    assert "Demo data" in alice.get("/").text
    assert "Demo data" in alice.get(f"/connectors/{connector.id}").text
    assert alice.post("/demo").headers["location"] == answer.headers["location"]
    assert len(place.app.connectors.all()) == 1


def test_the_demo_lives_on_after_a_restart(place: Place) -> None:
    from tiktok_organic.actions.demo_tiktok import DemoTikTok
    from tiktok_organic.app import App

    connector = place.connector()
    assert place.synced(connector).status == "succeeded"
    place.demo.close()
    again = App(place.app.settings)
    demo = DemoTikTok(again)
    demo.resume()
    second = Place(again, place.web, demo, "")
    assert second.synced(again.connectors.get(connector.id), None).status == "succeeded"
    demo.close()
    again.close()


def test_the_page_says_what_a_real_app_needs_when_there_is_none(alice: TestClient) -> None:
    text = alice.get("/connect").text
    for words in (
        "video.insights",
        "/connect/return/",
        "TIKTOK_ORGANIC_CLIENT_KEY",
        "allow some days",
        "demo=1",
    ):
        assert words in text


def test_a_revoked_consent_asks_for_reconnecting_and_goes_on(
    place: Place, alice: TestClient
) -> None:
    connector, simulator = place.connector(), place.demo.simulator
    assert simulator is not None
    simulator.world.revoke()
    assert place.synced(connector, None).status == "failed"
    assert "must approve again" in alice.get(f"/connectors/{connector.id}").text
    assert "Reconnect needed" in alice.get("/").text
    address = alice.get(f"/connect/authorize?connector={connector.id}").headers["location"]
    wrong = come_back(alice, at_tiktok(address, decision="allow", account="big.outdoors"))
    assert wrong.status_code == 400
    assert "another account" in wrong.text
    address = alice.get(f"/connect/authorize?connector={connector.id}").headers["location"]
    right = come_back(alice, at_tiktok(address, decision="allow", account=DEMO_USERNAME))
    assert right.headers["location"] == f"/connectors/{connector.id}?said=reconnected"
    assert place.app.connectors.get(connector.id).state == "active"
    assert place.synced(place.app.connectors.get(connector.id), None).status == "succeeded"
