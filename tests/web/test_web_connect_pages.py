"""Connecting in five steps, through the pages, against the simulator."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient

from tiktok_organic.actions.connectors.drafts import unfinished_drafts
from tiktok_organic.actions.connectors.pause_resume_remove import remove
from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.actions.runs.sync_now import sync
from tiktok_organic.errors import BadValue
from tiktok_organic.simulator import DEMO_USERNAME, Simulator
from tiktok_organic.sync.progress import silent
from tiktok_organic.web.connect.destination_choice import Place as Warehouse
from tiktok_organic.web.connect.destination_form import entered_address
from tiktok_organic.web.errors.advice_table import PLAIN
from tiktok_organic.web.forms import Form

from .conftest import Place


def at_tiktok(address: str, **choice: str) -> str:
    """Where TikTok's page sends the browser after that choice."""
    query = "".join(f"&simulator_{name}={value}" for name, value in choice.items())
    return httpx2.get(f"{address}{query}", verify=False).headers["location"]


def consent(browser: TestClient, username: str = DEMO_USERNAME, **choice: str) -> str:
    """Ask for consent, and decide; the address that the browser lands on."""
    address = browser.get("/connect/authorize?demo=1").headers["location"]
    return at_tiktok(address, **{"decision": "allow", "account": username, **choice})


def come_back(browser: TestClient, landed: str) -> httpx2.Response:
    parts = urlsplit(landed)
    return browser.get(f"{parts.path}?{parts.query}")


def begin(browser: TestClient, username: str = DEMO_USERNAME, **choice: str) -> str:
    """Consent; the address of the draft that began with it."""
    address = come_back(browser, consent(browser, username, **choice)).headers["location"]
    return address.removesuffix("/account")


def walk_to_the_destination(browser: TestClient, username: str = DEMO_USERNAME) -> str:
    draft = begin(browser, username)
    browser.post(f"{draft}/account")
    browser.post(f"{draft}/reports", data={"report": ["profile", "profile_daily_metric"]})
    return draft


def walk_to_the_end(
    place: Place, browser: TestClient, username: str = DEMO_USERNAME, name: str = "Bakery"
) -> str:
    draft = walk_to_the_destination(browser, username)
    chosen = {"name": name, "dataset": name.lower(), "place": place.warehouse()}
    browser.post(f"{draft}/destination", data=chosen)
    return draft


def sent(browser: TestClient, path: str, **data: object) -> str:
    """Send a form that is refused; the page where the browser is led, by GET."""
    answer = browser.post(path, data=data)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].rpartition("/")[0] == path.rpartition("/")[0]
    page = browser.get(answer.headers["location"])
    assert page.status_code == 200
    assert 'role="alert"' in page.text
    assert "<title>Error: " in page.text
    return page.text


def refused(browser: TestClient, landed: str) -> str:
    """Come back with an address that is refused; the page that says why."""
    answer = come_back(browser, landed)
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/connect/d-")
        answer = browser.get(answer.headers["location"])
    assert 'role="alert"' in answer.text
    return answer.text


def test_five_steps_lead_to_a_connector_and_an_ordered_recovery(
    place: Place, alice: TestClient
) -> None:
    draft = begin(alice)
    shown = alice.get(f"{draft}/account").text
    for words in ("demo.bakery", "Business account", "5,210"):
        assert words in shown
    assert alice.post(f"{draft}/account").headers["location"] == f"{draft}/reports"
    chosen: dict[str, object] = {"report": ["profile", "profile_daily_metric"]}
    assert alice.post(f"{draft}/reports", data=chosen).status_code == 303
    assert 'value="tiktokorganic_demo_bakery"' in alice.get(f"{draft}/destination").text
    chosen = {"name": "Bakery", "dataset": "bakery", "place": place.warehouse()}
    assert alice.post(f"{draft}/destination", data=chosen).headers["location"] == f"{draft}/finish"
    last = {"schedule": "weekly", "timezone": "Asia/Tokyo", "recover": "1", "days": "30"}
    ended = alice.post(f"{draft}/finish", data={**last, "sync": "now"})
    connector = place.app.connectors.get("Bakery")
    assert ended.headers["location"] == f"/connectors/{connector.id}/first"
    assert (connector.dataset, connector.schedule.every) == ("bakery", "weekly")
    assert connector.schedule.timezone == "Asia/Tokyo"
    assert connector.reports == ("profile", "profile_daily_metric")
    run = place.app.runs.newest(connector.id)[0]
    assert (run.kind, run.status, (run.window_end - run.window_start).days) == (
        "recovery",
        "waiting",
        29,
    )
    (kept,) = place.app.drafts.of("p-alice").values()
    assert (kept["finished"], kept["consent"]) == (connector.id, None)


def test_two_tabs_connect_two_accounts_each_under_its_own_name(
    place: Place, alice: TestClient
) -> None:
    one, two = begin(alice), begin(alice, "tiny.tearoom")
    assert "@<bdi>demo.bakery</bdi>" in alice.get(f"{one}/account").text
    assert "@<bdi>tiny.tearoom</bdi>" in alice.get(f"{two}/account").text
    for draft, name in ((one, "one"), (two, "two")):
        alice.post(f"{draft}/account")
        alice.post(f"{draft}/reports", data={"report": ["profile"]})
        chosen = {"name": name, "dataset": name, "place": place.warehouse()}
        alice.post(f"{draft}/destination", data=chosen)
    for draft in (two, one):
        assert alice.post(f"{draft}/finish", data={"schedule": "off"}).status_code == 303
    names = {c.name: (c.username, c.dataset) for c in place.app.connectors.all()}
    assert names == {"one": ("demo.bakery", "one"), "two": ("tiny.tearoom", "two")}


def test_a_reconnect_in_one_tab_and_a_connection_in_another_do_not_mix(
    place: Place, alice: TestClient
) -> None:
    held = place.connector()
    place.app.connectors.change(held.id, {"state": "reconnect_needed", "next_due": None})
    again = alice.get(f"/connect/authorize?connector={held.id}").headers["location"]
    new = alice.get("/connect/authorize?demo=1").headers["location"]
    landed = at_tiktok(again, decision="allow", account=DEMO_USERNAME)
    assert come_back(alice, landed).headers["location"].startswith("/runs/")
    assert place.app.connectors.get(held.id).state == "active"
    landed = at_tiktok(new, decision="allow", account="tiny.tearoom")
    assert come_back(alice, landed).headers["location"].endswith("/account")


def test_a_reconnect_orders_a_sync_at_once_and_shows_its_progress(
    place: Place, alice: TestClient
) -> None:
    held = place.connector()
    place.synced(held, None)
    address = alice.get(f"/connect/authorize?connector={held.id}").headers["location"]
    landed = at_tiktok(address, decision="allow", account=DEMO_USERNAME)
    answer = come_back(alice, landed)
    run = place.app.runs.newest(held.id)[0]
    assert run.unfinished
    assert answer.headers["location"] == f"/runs/{run.id}?said=reconnected"
    assert "Connected again" in alice.get(answer.headers["location"]).text


@pytest.mark.parametrize("step", ["", "/account", "/reports", "/destination", "/finish"])
def test_a_draft_that_is_gone_or_anothers_is_answered_plainly(
    place: Place, alice: TestClient, emil: TestClient, step: str
) -> None:
    draft = walk_to_the_end(place, alice)
    for browser, address in ((emil, draft), (alice, "/connect/d-nowhere")):
        assert browser.get(f"{address}{step}").status_code == 404
        answer = browser.post(f"{address}{step or '/discard'}", data={"report": ["profile"]})
        assert answer.status_code == 404
        assert "does not exist any more" in answer.text
    assert place.app.connectors.all() == []
    assert alice.get(f"{draft}{step}").status_code == 200


def test_a_last_step_that_is_sent_twice_connects_once(place: Place, alice: TestClient) -> None:
    draft = walk_to_the_end(place, alice)
    first, second = (
        alice.post(f"{draft}/finish", data={"schedule": "daily", "sync": "now"}) for _ in range(2)
    )
    assert first.headers["location"] == second.headers["location"]
    assert len(place.app.runs.newest()) == 1


def test_leaving_and_coming_back_goes_on_where_it_stopped(place: Place, alice: TestClient) -> None:
    draft, other = begin(alice), begin(alice, "tiny.tearoom")
    alice.post(f"{draft}/account")
    later = place.browser(place.app.people.get("p-alice"))
    start = later.get("/").text
    assert "step 3 of 5" in start
    assert "step 2 of 5" in start
    assert later.get(f"{draft}/finish").headers["location"] == f"{draft}/reports"
    assert later.get(f"{draft}/reports").status_code == 200
    later.post("/connect/hide")
    assert "of 5" not in later.get("/").text
    assert "step 3 of 5" in later.get("/connect").text
    assert "Discard" in later.get(f"{other}/cancel").text
    later.post(f"{other}/discard")
    assert "step 2 of 5" not in later.get("/connect").text


def test_another_site_cannot_begin_a_connection(place: Place, alice: TestClient) -> None:
    held = place.connector()
    for site in ("cross-site", "same-site"):
        for query in ("demo=1", f"connector={held.id}"):
            answer = alice.get(
                f"/connect/authorize?{query}", headers={"sec-fetch-site": site, "origin": ""}
            )
            assert answer.headers["location"].startswith("/connect")
    elsewhere = alice.get(
        "/connect/authorize?demo=1", headers={"origin": "", "referer": "https://evil.test/"}
    )
    assert elsewhere.headers["location"] == "/connect"
    landed = alice.get("/connect/return/?code=abc&state=forged", headers={"origin": ""})
    assert "another attempt" in landed.text
    assert place.app.drafts.of("p-alice") == {}


def test_a_code_goes_only_to_the_tiktok_that_the_consent_was_begun_at(
    place: Place, alice: TestClient
) -> None:
    with Simulator() as other:
        place.app.chosen_settings.change(
            {
                "CLIENT_KEY": other.world.app.client_key,
                "CLIENT_SECRET": other.world.app.client_secret,
                "REDIRECT_URL": "https://alice.example/landed/",
            },
            "alice",
            place.app.clock.now(),
        )
        settings = replace(
            place.app.settings, api_url=other.api_url, authorize_url=other.authorize_url
        )
        place.app.settings = settings
        real = alice.get("/connect/authorize").headers["location"]
        demo = alice.get("/connect/authorize?demo=1").headers["location"]
        landed = at_tiktok(real, decision="allow", account=DEMO_USERNAME)
        assert come_back(alice, at_tiktok(demo, decision="allow")).status_code == 303
        first = alice.post("/connect/paste", data={"address": landed})
        assert first.headers["location"].endswith("/account")
        assert other.world.journal.count("/tt_user/oauth2/token/") == 1
        assert place.demo.simulator is not None
        assert place.demo.simulator.world.journal.count("/tt_user/oauth2/token/") == 1


def test_a_denial_says_what_to_do(alice: TestClient) -> None:
    text = refused(alice, consent(alice, decision="deny"))
    assert "denied" in text
    assert "choose to allow" in text
    assert "tiktok-organic connect" not in text


def test_a_personal_account_is_refused_with_the_way_to_convert_it(alice: TestClient) -> None:
    text = refused(alice, consent(alice, "camille.crée"))
    assert "Personal account" in text
    assert "Switch to Professional account" in text


def test_an_account_that_is_connected_already_is_refused_by_name(
    place: Place, alice: TestClient
) -> None:
    held = place.connector()
    assert held.name in refused(alice, consent(alice))


def test_a_needed_permission_that_was_withheld_is_named(alice: TestClient) -> None:
    assert "user.info.username" in refused(
        alice, consent(alice, scopes="user.info.basic,video.list")
    )


def test_an_optional_permission_may_be_withheld_and_is_shown(alice: TestClient) -> None:
    draft = begin(alice, scopes="user.info.username,user.account.type")
    assert "withheld: its columns stay empty" in alice.get(f"{draft}/account").text


def test_the_address_works_once_and_loading_it_again_leads_to_its_draft(
    place: Place, alice: TestClient
) -> None:
    landed = consent(alice)
    first = come_back(alice, landed).headers["location"]
    assert come_back(alice, landed).headers["location"] == first
    assert place.demo.simulator is not None
    assert place.demo.simulator.world.journal.count("/tt_user/oauth2/token/") == 1


def test_the_address_works_only_in_the_browser_that_asked(
    place: Place, alice: TestClient, emil: TestClient
) -> None:
    landed = consent(alice)
    emil.get("/connect/authorize?demo=1")
    assert "another attempt" in refused(emil, landed)
    assert come_back(alice, landed).headers["location"].endswith("/account")


def test_the_pasted_address_does_the_same(alice: TestClient) -> None:
    answer = alice.post("/connect/paste", data={"address": f"  {consent(alice)}  "})
    assert answer.headers["location"].endswith("/account")


@pytest.mark.parametrize(
    "pasted", ["", "hello", "https://example.com/", "https://example.com/?code=1"]
)
def test_a_wrong_paste_says_what_is_missing(alice: TestClient, pasted: str) -> None:
    alice.get("/connect/authorize?demo=1")
    answer = alice.post("/connect/paste", data={"address": pasted})
    assert answer.status_code == 303
    assert 'role="alert"' in alice.get(answer.headers["location"]).text
    assert "✗" in alice.post("/connect/paste/check", data={"address": pasted}).text


def test_an_address_is_checked_as_soon_as_it_is_pasted(alice: TestClient, emil: TestClient) -> None:
    landed = consent(alice)
    assert "can be used" in alice.post("/connect/paste/check", data={"address": landed}).text
    assert "another attempt" in emil.post("/connect/paste/check", data={"address": landed}).text
    assert come_back(alice, landed).status_code == 303, "the check does not use it"


def test_pasting_comes_first_where_tiktok_cannot_redirect_to_this_page(alice: TestClient) -> None:
    app = {"client_key": "k", "client_secret": "s", "redirect_url": "https://alice.example/x/"}
    alice.post("/settings/app", data=app)
    text = alice.get("/connect").text
    assert "https://alice.example/x/" in text
    assert 'target="_blank"' in text
    assert "brings you back" not in text


def test_a_landing_on_the_start_page_is_taken_along(place: Place, alice: TestClient) -> None:
    query = urlsplit(consent(alice)).query
    assert alice.get(f"/?{query}").headers["location"] == f"/connect/return/?{query}"


def test_at_least_one_report_must_stay(alice: TestClient) -> None:
    draft = begin(alice)
    alice.post(f"{draft}/account")
    text = sent(alice, f"{draft}/reports")
    assert "at least one" in text.lower()
    assert "profile_snapshot_metric,profile" not in text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("dataset", "Demo Bakery", "must be lowercase"),
        ("dataset", "taken", "belongs to the connector"),
        ("dataset", "free_one", "This dataset is free"),
        ("dataset", "information_schema", "✗"),
        ("dataset", "pg_catalog", "✗"),
        ("dataset", "temp", "✗"),
        ("name", "taken", "already"),
        ("name", "", "it is empty"),
        ("name", "A free one", "This name is free"),
    ],
)
def test_name_and_dataset_are_checked_as_they_are_typed(
    place: Place, alice: TestClient, field: str, value: str, words: str
) -> None:
    held = place.connector("big.outdoors")
    place.app.connectors.save(replace(held, name="taken", dataset="taken"), held)
    draft = walk_to_the_destination(alice)
    form = {"name": "x", "dataset": "x", "place": place.warehouse(), field: value}
    assert words in alice.post(f"{draft}/check", data=form, headers={"hx-trigger-name": field}).text


def test_a_dataset_with_another_accounts_data_is_told_at_once(
    place: Place, alice: TestClient
) -> None:
    held = place.connector()
    sync(place.app, held, silent)
    remove(place.app, held, delete_data=False)
    draft = walk_to_the_destination(alice, "tiny.tearoom")
    form = {"name": "x", "dataset": held.dataset, "place": place.warehouse()}
    answer = alice.post(f"{draft}/check", data=form, headers={"hx-trigger-name": "dataset"}).text
    assert "holds rows of the account" in answer


def test_a_destination_that_cannot_be_used_is_told_at_once(place: Place, alice: TestClient) -> None:
    draft = walk_to_the_destination(alice)
    form = {"place": "other", "address": "mysql://user:geheim@host/db", "dataset": "x"}
    answer = alice.post(f"{draft}/check", data=form, headers={"hx-trigger-name": "address"}).text
    assert "✗" in answer
    assert "geheim" not in answer


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
    draft = walk_to_the_destination(alice)
    form = {"name": "Bakery", "dataset": "bakery", "place": "other", "address": address}
    text = sent(alice, f"{draft}/destination", **form)
    assert 'value="Bakery"' in text
    assert "hunter2" not in text


def test_an_address_without_a_password_stays_to_be_corrected(alice: TestClient) -> None:
    draft = walk_to_the_destination(alice)
    form = {"name": "Bakery", "dataset": "bakery", "place": "other", "address": "mysql://host/d"}
    assert 'value="mysql://host/d"' in sent(alice, f"{draft}/destination", **form)


@pytest.mark.parametrize("choice", [{"place": "nowhere"}, {"place": "known-0"}, {"place": ""}, {}])
def test_a_warehouse_that_is_not_on_the_list_is_refused(
    place: Place, alice: TestClient, choice: dict[str, str]
) -> None:
    draft = walk_to_the_destination(alice)
    text = sent(alice, f"{draft}/destination", name="Bakery", dataset="bakery", **choice)
    assert "not one of the present choices" in text
    checked = {"hx-trigger-name": "dataset"}
    assert (
        "not one of the present choices"
        in alice.post(f"{draft}/check", data={"dataset": "x", **choice}, headers=checked).text
    )
    assert alice.get(f"{draft}/finish").headers["location"] == f"{draft}/destination"


def test_the_same_warehouse_is_chosen_when_the_list_changes_meanwhile(
    place: Place, alice: TestClient
) -> None:
    """Another owner changes the default between the page and its button."""
    draft = walk_to_the_destination(alice)
    before, meant = place.app.settings_for("DESTINATION").warehouse, place.warehouse()
    held = place.connector("big.outdoors")
    place.app.chosen_settings.change(
        {"DESTINATION": "duckdb:////elsewhere/other.duckdb"}, "emil", place.app.clock.now()
    )
    assert [place.warehouse(), place.warehouse(1)] != [meant, meant]
    chosen = {"name": "Bakery", "dataset": "bakery", "place": meant}
    assert alice.post(f"{draft}/destination", data=chosen).headers["location"] == f"{draft}/finish"
    alice.post(f"{draft}/finish", data={"schedule": "off"})
    assert place.app.connectors.get("Bakery").destination == before == held.destination


@pytest.mark.parametrize("days", ["61", "abc", "0", "-1", "1.5"])
@pytest.mark.parametrize("sync", ["now", ""])
def test_days_that_cannot_be_recovered_are_refused_before_anything_is_connected(
    place: Place, alice: TestClient, days: str, sync: str
) -> None:
    draft = walk_to_the_end(place, alice)
    form = {"schedule": "daily", "recover": "1", "days": days, "sync": sync}
    assert "days" in sent(alice, f"{draft}/finish", **form)
    assert place.app.connectors.all() == []
    assert alice.post(f"{draft}/finish", data={**form, "days": "60"}).status_code == 303
    assert len(place.app.connectors.all()) == 1


def test_a_name_that_was_taken_meanwhile_stops_the_last_step(
    place: Place, alice: TestClient
) -> None:
    draft = walk_to_the_end(place, alice)
    other = place.connector("big.outdoors")
    place.app.connectors.change(other.id, {"name": "Bakery", "name_key": "bakery"})
    assert "Bakery" in sent(alice, f"{draft}/finish", schedule="daily", sync="now")
    assert len(place.app.connectors.all()) == 1
    assert alice.get(f"{draft}/destination").status_code == 200


@pytest.mark.parametrize("days", [60, 30])
def test_a_recovery_that_was_chosen_is_the_window_of_the_first_sync(
    place: Place, alice: TestClient, days: int
) -> None:
    draft = walk_to_the_end(place, alice)
    form = {"schedule": "daily", "recover": "1", "days": str(days), "sync": ""}
    alice.post(f"{draft}/finish", data=form)
    connector = place.app.connectors.get("Bakery")
    assert place.app.runs.newest() == []
    run = order_run(place.app, connector, window=None, requested_by="schedule")
    assert (run.window_end - run.window_start).days == days - 1


def test_another_warehouse_is_remembered_and_described_without_its_password(
    place: Place, alice: TestClient
) -> None:
    draft = walk_to_the_destination(alice)
    other = {"place": "other", "kind": "duckdb", "file": "other.duckdb"}
    text = sent(alice, f"{draft}/destination", name="Bakery", dataset="Bad", **other)
    assert text.count("other.duckdb") >= 1
    (kept,) = unfinished_drafts(place.app.drafts, "p-alice")
    key = Warehouse(kept.destination).key
    again = {"name": "Bakery", "dataset": "bakery", "place": key}
    assert alice.post(f"{draft}/destination", data=again).headers["location"] == f"{draft}/finish"
    assert "other.duckdb" in alice.get(f"{draft}/finish").text
    back = alice.get(f"{draft}/destination").text
    assert f'value="{key}" checked' in back


def test_the_fields_of_a_warehouse_make_its_address() -> None:
    fields = {
        "kind": "postgresql", "pg_host": "db.example.com", "pg_port": "5433",
        "pg_database": "ware house", "pg_user": "tik@tok", "pg_password": "p:/@ss",
    }  # fmt: skip
    made = entered_address(Form(list(fields.items())))
    assert made == "postgresql://tik%40tok:p%3A%2F%40ss@db.example.com:5433/ware%20house"
    fields = {"kind": "bigquery", "bq_project": "my-project", "bq_location": "EU"}
    assert entered_address(Form(list(fields.items()))) == "bigquery://my-project?location=EU"
    with pytest.raises(BadValue, match="port"):
        entered_address(
            Form(list({"kind": "postgresql", "pg_host": "h", "pg_database": "d", "pg_user": "u",
                       "pg_port": "0"}.items()))
        )  # fmt: skip


def test_a_password_that_was_typed_is_on_no_page(place: Place, alice: TestClient) -> None:
    draft = walk_to_the_destination(alice)
    fields = {
        "place": "other", "kind": "postgresql", "pg_host": "127.0.0.1", "pg_port": "1",
        "pg_database": "d", "pg_user": "u", "pg_password": "hunter2",
    }  # fmt: skip
    text = sent(alice, f"{draft}/destination", name="Bakery", dataset="bakery", **fields)
    assert "hunter2" not in text
    assert "fetched" not in text
    assert "127.0.0.1" in text


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
    from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
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
        "an address that TikTok would refuse (it must begin with https://)",
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
    assert PLAIN["reconnect_needed"] in unescape(alice.get(f"/connectors/{connector.id}").text)
    assert "Reconnect needed" in alice.get("/").text
    address = alice.get(f"/connect/authorize?connector={connector.id}").headers["location"]
    wrong = refused(alice, at_tiktok(address, decision="allow", account="big.outdoors"))
    assert "another account" in wrong
    assert f"Reconnect @<bdi>{DEMO_USERNAME}" in wrong
    address = alice.get(f"/connect/authorize?connector={connector.id}").headers["location"]
    right = come_back(alice, at_tiktok(address, decision="allow", account=DEMO_USERNAME))
    assert right.headers["location"].startswith("/runs/")
    assert place.app.connectors.get(connector.id).state == "active"
    assert PLAIN["reconnect_needed"] not in unescape(alice.get(f"/connectors/{connector.id}").text)
    run = sync(place.app, place.app.connectors.get(connector.id), silent)
    assert run.status == "succeeded"
