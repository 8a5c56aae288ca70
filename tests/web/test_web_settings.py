"""Changes under Settings: checked, stored encrypted, effective at once, below the environment."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
from tiktok_organic.actions.notifications.send_alerts import send_alerts
from tiktok_organic.actions.operation.doctor import setting_values
from tiktok_organic.app import App
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.settings import PREFIX, Settings
from tiktok_organic.simulator import DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Simulator
from tiktok_organic.web import create
from waiting import end

from .conftest import Place, typed
from .test_web_connect_pages import at_tiktok, come_back

REDIRECT = "https://data.example.com/tiktok/landing/"
TIKTOK_APP = {
    "client_key": DEMO_CLIENT_KEY,
    "client_secret": DEMO_CLIENT_SECRET,
    "redirect_url": REDIRECT,
}
PATHS = ("destination", "timezone", "notifications", "app")


@contextmanager
def opened(home: Path, simulator: Simulator | None = None, **given: str) -> Iterator[Place]:
    """A product with these settings in its environment.

    Its TikTok is the simulator, or an address without a server.
    """
    api = simulator.api_url if simulator else "http://127.0.0.1:9/open_api/v1.3"
    authorize = simulator.authorize_url if simulator else "http://127.0.0.1:9/"
    values = {"HOME": str(home), "API_URL": api, "AUTHORIZE_URL": authorize, **given}
    app = App(Settings.read({PREFIX + name: value for name, value in values.items()}))
    demo = DemoTikTok(app)
    yield Place(app, create(app, demo=demo), demo, "")
    demo.close()
    app.close()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        running.world.settings.update(limits=False)
        yield running


@pytest.fixture
def place(tmp_path: Path, simulator: Simulator) -> Iterator[Place]:
    with opened(tmp_path / "home", simulator) as made:
        yield made


def kept(place: Place) -> dict[str, str]:
    return place.app.chosen_settings.texts()


def words(answer: httpx2.Response) -> str:
    """Return the visible text of the page on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", answer.text)).split())


def test_the_destination_of_new_connectors_is_chosen_after_it_was_tried(
    place: Place, alice: TestClient
) -> None:
    address = f"duckdb:///{place.app.settings.home}/warehouses/chosen.duckdb"
    answer = alice.post("/settings/destination", data=typed(address))
    assert answer.headers["location"].endswith("said=saved")
    assert place.app.effective.warehouse == address
    shown = alice.get("/settings").text
    assert f'value="{place.warehouse()}" checked' in shown
    assert "DuckDB file, the default" in shown
    assert "by alice@example.com" in shown
    assert place.demo.connect().destination == address


def test_the_default_warehouse_is_described_in_fields_or_chosen_among_those_in_use(
    place: Place, alice: TestClient
) -> None:
    built_in = place.warehouse()
    fields = {"place": "other", "kind": "duckdb", "file": "team.duckdb"}
    assert alice.post("/settings/destination", data=fields).status_code == 303
    assert place.app.effective.warehouse.endswith("/warehouses/team.duckdb")
    place.connector()
    alice.post("/settings/destination", data={"forget": "1"})
    team = place.warehouse(1)
    assert place.warehouse() == built_in != team
    assert alice.post("/settings/destination", data={"place": team}).status_code == 303
    assert place.warehouse() == team


@pytest.mark.parametrize(
    ("fields", "said", "field"),
    [
        ({"kind": "duckdb", "file": ""}, "File: it is empty", "file"),
        ({"kind": "bigquery"}, "Project: it is empty", "bq_project"),
        ({"kind": "postgresql", "pg_host": "db", "pg_database": "w", "pg_user": "u",
          "pg_port": "many"}, "Port: 'many' is not a number from 1 to 65,535", "pg_port"),
        ({"place": "charlies"}, "Warehouse: it is not one of the present choices", "place"),
    ],
)  # fmt: skip
def test_a_field_of_the_default_warehouse_that_is_wrong_is_named_and_the_others_stay(
    alice: TestClient, fields: dict[str, str], said: str, field: str
) -> None:
    answer = alice.post("/settings/destination", data={"place": "other", **fields})
    assert answer.status_code == 422
    assert said in words(answer)
    assert f'data-field="{field}"' in answer.text
    assert all(f'value="{text}"' in answer.text for text in fields.values() if text != "charlies")


def test_a_destination_that_cannot_be_used_is_refused_and_nothing_is_kept(
    place: Place, alice: TestClient
) -> None:
    for address, status in (
        ("mysql://host/db", 422),
        ("nonsense", 422),
        ("", 422),
        ("duckdb:////dev/null/x.duckdb", 400),
        ("duckdb://", 422),
        ("postgresql://alice:geheim@127.0.0.1:9/db", 503),
        ("postgresql://alice:***@127.0.0.1:9/db", 422),
    ):
        answer = alice.post("/settings/destination", data=typed(address))
        assert answer.status_code == status, address
        assert 'role="alert"' in answer.text
        assert "geheim" not in answer.text
    assert kept(place) == {}
    refused = alice.post("/settings/destination", data=typed("mysql://host/db"))
    assert "Destination: it must begin with duckdb://" in words(refused)
    assert 'value="mysql://host/db"' in refused.text


def test_back_to_the_default_forgets_the_destination(place: Place, alice: TestClient) -> None:
    default = place.app.effective.warehouse
    alice.post("/settings/destination", data=typed("duckdb:///chosen.duckdb"))
    answer = alice.post("/settings/destination", data={"forget": "1"})
    assert answer.headers["location"].endswith("said=forgotten")
    assert place.app.effective.warehouse == default


def test_the_time_zone_of_new_schedules_counts_at_once(place: Place, alice: TestClient) -> None:
    assert alice.post("/settings/timezone", data={"timezone": "Asia/Tokyo"}).status_code == 303
    assert "<option selected>Asia/Tokyo</option>" in alice.get("/settings").text
    assert place.demo.connect().schedule.timezone == "Asia/Tokyo"
    refused = alice.post("/settings/timezone", data={"timezone": "Mars"})
    assert refused.status_code == 422
    assert "Time zone: 'Mars': it is not a time zone of the IANA database" in words(refused)
    assert kept(place) == {"TIMEZONE": "Asia/Tokyo"}


def test_another_process_notices_a_change_without_a_restart(
    place: Place, alice: TestClient
) -> None:
    other = App(place.app.settings)
    assert other.effective.timezone == "UTC"
    alice.post("/settings/timezone", data={"timezone": "Asia/Tokyo"})
    assert other.effective.timezone == "Asia/Tokyo"
    alice.post("/settings/timezone", data={"timezone": "", "forget": "1"})
    assert other.effective.timezone == "UTC"
    other.close()


class Hook:
    """Takes what is posted to `address`."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.taken.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *said: object) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"json://user:hidden-word@127.0.0.1:{self._server.server_port}/secret-path"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        end(self._server)
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def hooks() -> Iterator[tuple[Hook, Hook]]:
    pytest.importorskip("apprise")
    both = (Hook(), Hook())
    yield both
    for hook in both:
        hook.close()


@pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")  # a plug-in of apprise's own
def test_a_test_message_goes_to_the_addresses_that_were_chosen_last(
    place: Place, alice: TestClient, hooks: tuple[Hook, Hook]
) -> None:
    former, later = hooks
    page = "/settings/notifications"
    for address in (former.address, f"{later.address}2"):
        assert alice.post(page, data={"kind": "other", "address": address}).status_code == 303
    first, second = keys(alice)
    changed = {"kind": "webhook", "address": later.address.replace("json://", "http://")}
    assert alice.post(f"{page}/{first}", data=changed).status_code == 303
    assert kept(place)["NOTIFY"] == f"{later.address},{later.address}2"
    assert alice.post("/settings/notify").headers["location"].endswith("said=notified")
    assert (len(former.taken), len(later.taken)) == (0, 2)
    first, second = keys(alice)
    assert alice.post(f"{page}/{second}/test").headers["location"].endswith("said=notified")
    assert len(later.taken) == 3
    for path in (page, f"{page}/{first}", f"{page}/{first}/remove"):
        shown = alice.get(path)
        assert "hidden-word" not in shown.text
        assert "secret-path" not in shown.text
    for key in (first, second):
        assert "Remove Webhook" in alice.get(f"{page}/{key}/remove").text
        assert alice.post(f"{page}/{key}/remove").status_code == 303
    assert alice.post(f"{page}/{first}/test").status_code == 404
    assert "No message is sent" in alice.get(page).text
    assert alice.post("/settings/notify").status_code == 400


def keys(alice: TestClient) -> list[str]:
    """How the page calls the addresses that it lists."""
    text = alice.get("/settings/notifications").text
    return re.findall(r"/settings/notifications/([0-9a-f]{16})/test", text)


MAIL = {
    "kind": "email", "host": "smtp.example.com", "port": "587", "security": "starttls",
    "user": "mia@example.com", "password": "p,w d&", "sender": "mia@example.com",
    "to": "tom@example.com, ann@example.com",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")
def test_mail_is_set_up_with_the_fields_of_a_mail_account(place: Place, alice: TestClient) -> None:
    apprise = pytest.importorskip("apprise")
    page = "/settings/notifications"
    for wrong, field in (
        ({"host": "a b"}, "host"), ({"port": "x"}, "port"), ({"port": "0"}, "port"),
        ({"security": "magic"}, "security"), ({"sender": "mia"}, "sender"), ({"to": ""}, "to"),
    ):  # fmt: skip
        refused = alice.post(page, data={**MAIL, **wrong})
        assert refused.status_code == 422, wrong
        assert f'data-field="{field}"' in refused.text
        assert 'value="mia@example.com"' in refused.text
        assert "p,w d" not in refused.text
    assert kept(place) == {}
    assert alice.post(page, data=MAIL).status_code == 303
    (mailer,) = apprise.Apprise(kept(place)["NOTIFY"])
    assert (mailer.smtp_host, mailer.port, mailer.secure_mode) == (
        "smtp.example.com",
        587,
        "starttls",
    )
    assert (mailer.user, mailer.password) == ("mia@example.com", "p,w d&")
    assert [to for _, to in mailer.targets] == ["tom@example.com", "ann@example.com"]
    (key,) = keys(alice)
    form = alice.get(f"{page}/{key}").text
    assert 'value="tom@example.com,ann@example.com"' in form
    assert "p,w d" not in form
    changed = {**MAIL, "password": "", "to": "only@example.com"}
    assert alice.post(f"{page}/{key}", data=changed).status_code == 303
    (mailer,) = apprise.Apprise(kept(place)["NOTIFY"])
    assert (mailer.password, mailer.targets) == ("p,w d&", [(False, "only@example.com")])
    (key,) = keys(alice)
    elsewhere = {**MAIL, "password": "", "host": "smtp.evil.example"}
    alice.post(f"{page}/{key}", data=elsewhere)
    assert "w%20d" not in kept(place)["NOTIFY"]


@pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")
def test_chat_addresses_are_pasted_as_their_services_show_them(
    place: Place, alice: TestClient
) -> None:
    pytest.importorskip("apprise")
    slack = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    teams = (
        "https://prod-11.westeurope.logic.azure.com:443/workflows/7bd4a06ca1b24d3c8f2e1234567890ab"
        "/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0"
        "&sig=abcdefg"
    )
    page = "/settings/notifications"
    for kind, address in (
        ("slack", "https://evil.example/x"), ("slack", slack.replace("https", "http")),
        ("teams", slack), ("webhook", "ftp://x"), ("webhook", ""), ("slack", "https://hooks.slack.com/"),
    ):  # fmt: skip
        assert alice.post(page, data={"kind": kind, "address": address}).status_code == 422, address
    assert kept(place) == {}
    for kind, address in (("slack", slack), ("teams", teams), ("webhook", "https://a.example/b,c")):
        assert alice.post(page, data={"kind": kind, "address": address}).status_code == 303
    text = words(alice.get(page))
    for name in ("Slack", "Microsoft Teams", "Webhook", "a.example"):
        assert name in text
    assert len(kept(place)["NOTIFY"].split(",")) == 3


def test_an_owner_chooses_what_is_told(place: Place, alice: TestClient) -> None:
    page = "/settings/notifications/events"
    assert alice.post(page, data={}).status_code == 422
    assert alice.post(page, data={"event": ["nonsense"]}).status_code == 422
    assert alice.post(page, data={"event": ["consent", "failed"]}).status_code == 303
    assert kept(place)["NOTIFY_EVENTS"] == "failed,consent"
    connector = place.demo.connect()
    place.app.connectors.change(connector.id, {"state": "reconnect_needed"})
    sent: list[str] = []
    assert send_alerts(place.app, lambda _title, body: sent.append(body), advice_for) == 0
    alice.post(page, data={"event": ["reconnect"]})
    assert send_alerts(place.app, lambda _title, body: sent.append(body), advice_for) == 1
    assert f"tiktok-organic reconnect {connector.id}" in sent[0]


def test_a_notification_links_to_the_page_where_it_can_be_reached(
    tmp_path: Path, simulator: Simulator
) -> None:
    public = "https://data.example.com/tiktok"
    with opened(tmp_path / "home", simulator, PUBLIC_URL=public) as place:
        connector = place.demo.connect()
        place.app.connectors.change(connector.id, {"state": "reconnect_needed"})
        sent: list[str] = []
        send_alerts(place.app, lambda _title, body: sent.append(body), advice_for)
        assert f"{public}/connectors/{connector.id}/reconnect" in sent[0]
        assert "`" not in sent[0]


@pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")
def test_an_address_that_nobody_understands_is_refused_and_repeated_nowhere(
    place: Place, alice: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("apprise")
    for addresses in (
        "nonsense://user:hidden-word@nowhere",
        "json://localhost, nonsense://hidden-word",
        "slack://hidden-word",
        "",
        " ,\n ",
    ):
        form = {"kind": "other", "address": addresses}
        answer = alice.post("/settings/notifications", data=form)
        assert answer.status_code == 422
        assert "<title>Error: " in answer.text
        assert "hidden-word" not in answer.text + caplog.text
    assert kept(place) == {}


def test_an_account_is_connected_with_the_app_from_the_page(
    place: Place, alice: TestClient
) -> None:
    asked = alice.get("/connect").text
    assert 'href="/settings#app"' in asked
    assert alice.get("/connect/authorize").status_code == 400
    assert alice.get("/tiktok/landing/").headers["location"] == "/tiktok/landing"
    assert alice.get("/tiktok/landing").status_code == 404
    assert alice.post("/settings/app", data=TIKTOK_APP).headers["location"].endswith("said=saved")
    assert REDIRECT in alice.get("/connect").text
    address = alice.get("/connect/authorize").headers["location"]
    landed = at_tiktok(address, decision="allow", account="big.outdoors")
    assert landed.startswith(REDIRECT)
    back = come_back(alice, landed)
    assert back.headers["location"].startswith("/connect/return/?")
    account = alice.get(back.headers["location"]).headers["location"]
    draft = account.removesuffix("/account")
    alice.post(f"{draft}/account")
    alice.post(f"{draft}/reports", data={"report": ["profile"]})
    alice.post(
        f"{draft}/destination",
        data={"name": "Outdoors", "dataset": "outdoors", "place": place.warehouse()},
    )
    alice.post(f"{draft}/finish", data={"schedule": "off"})
    connector = place.app.connectors.get("Outdoors")
    assert place.synced(connector, None).status == "succeeded"
    assert place.app.transport(connector.api_url).app == DEMO_CLIENT_KEY


def test_an_address_that_is_pasted_will_do_as_well(place: Place, alice: TestClient) -> None:
    alice.post("/settings/app", data=TIKTOK_APP)
    landed = at_tiktok(
        alice.get("/connect/authorize").headers["location"],
        decision="allow",
        account="big.outdoors",
    )
    answer = alice.post("/connect/paste", data={"address": landed})
    assert answer.headers["location"].endswith("/account")


def test_the_secret_never_comes_back_and_an_empty_field_keeps_it(
    place: Place, alice: TestClient
) -> None:
    alice.post("/settings/app", data=TIKTOK_APP)
    for path in ("/settings", "/connect", "/"):
        assert DEMO_CLIENT_SECRET not in alice.get(path).text
    other = "https://other.example.com/landing/"
    assert (
        alice.post(
            "/settings/app", data={**TIKTOK_APP, "client_secret": "", "redirect_url": other}
        ).status_code
        == 303
    )
    assert kept(place) == {
        "CLIENT_KEY": DEMO_CLIENT_KEY,
        "CLIENT_SECRET": DEMO_CLIENT_SECRET,
        "REDIRECT_URL": other,
    }
    assert alice.get("/tiktok/landing/").headers["location"] == "/tiktok/landing"
    assert alice.get("/tiktok/landing").status_code == 404
    assert alice.get("/landing/?state=x").headers["location"] == "/connect/return/?state=x"
    alice.post("/settings/app", data={"forget": "1"})
    assert kept(place) == {}
    assert "None is configured" in alice.get("/settings").text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"client_key": ""}, "App ID: it is empty"),
        ({"client_secret": " "}, "Secret: it is empty"),
        ({"redirect_url": ""}, "Redirect address: it is empty"),
        ({"redirect_url": "http://data.example.com/tiktok/"}, "it must begin with https://"),
        ({"redirect_url": "https://data.example.com:8443/tiktok"}, ("it must have no port; it "
                                                                   "must end in /")),
        ({"client_secret": "wrong-wrong-wrong"}, "secret"),
        ({"client_key": "7500000000000000009"}, "app"),
    ],
)  # fmt: skip
def test_an_app_that_tiktok_would_refuse_is_refused_whole(
    place: Place, alice: TestClient, changed: dict[str, str], said: str
) -> None:
    answer = alice.post("/settings/app", data={**TIKTOK_APP, **changed})
    assert answer.status_code == (400 if said in ("secret", "app") else 422)
    assert said in words(answer)
    assert DEMO_CLIENT_SECRET not in answer.text
    assert "wrong-wrong-wrong" not in answer.text
    assert kept(place) == {}


def test_a_tiktok_that_is_away_is_no_reason_to_refuse_the_app(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as place:
        alice = place.browser(place.person("alice", "owner"))
        assert alice.post("/settings/app", data=TIKTOK_APP).status_code == 303
        assert set(kept(place)) == {"CLIENT_KEY", "CLIENT_SECRET", "REDIRECT_URL"}


def test_the_environment_wins_and_its_settings_have_no_form(
    tmp_path: Path, simulator: Simulator
) -> None:
    given = {
        "CLIENT_KEY": DEMO_CLIENT_KEY, "CLIENT_SECRET": DEMO_CLIENT_SECRET,
        "REDIRECT_URL": REDIRECT,
        "DESTINATION": f"duckdb:///{tmp_path}/given.duckdb", "TIMEZONE": "UTC", "NOTIFY": "json://a:hidden-word@host",
    }  # fmt: skip
    with opened(tmp_path / "home", simulator, **given) as place:
        alice = place.browser(place.person("alice", "owner"))
        place.app.chosen_settings.change(
            dict.fromkeys(given, "chosen before"), "alice@example.com", place.app.clock.now()
        )
        assert place.app.effective == place.app.settings
        shown = alice.get("/settings")
        assert re.findall(r'action="/settings/([a-z]+)"', shown.text) == []
        told = alice.get("/settings/notifications")
        assert f"{PREFIX}NOTIFY in the environment sets this" in words(told)
        assert "Add an address" not in told.text
        assert "hidden-word" not in told.text
        for name in given:
            assert f"{PREFIX}{name}" in words(shown)
        assert f"{PREFIX}TIMEZONE in the environment sets this" in words(shown)
        assert "hidden-word" not in shown.text
        assert DEMO_CLIENT_SECRET not in shown.text
        for path in PATHS:
            refused = alice.post(
                f"/settings/{path}",
                data={**TIKTOK_APP, "timezone": "Asia/Tokyo", "kind": "other", "address": "x://"},
            )
            assert refused.status_code == 400
            assert "is set in the environment, which decides" in words(refused)
        assert set(kept(place).values()) == {"chosen before"}


def test_a_part_of_the_app_may_stand_in_the_environment(
    tmp_path: Path, simulator: Simulator
) -> None:
    with opened(tmp_path / "home", simulator, CLIENT_SECRET=DEMO_CLIENT_SECRET) as place:
        alice = place.browser(place.person("alice", "owner"))
        assert 'name="client_secret"' not in alice.get("/settings").text
        assert alice.post("/settings/app", data=TIKTOK_APP).status_code == 303
        assert set(kept(place)) == {"CLIENT_KEY", "REDIRECT_URL"}
        assert place.app.tiktok_app.client_secret == DEMO_CLIENT_SECRET


def test_only_an_owner_sees_forms_and_only_an_owner_changes_anything(
    place: Place, emil: TestClient, bob: TestClient
) -> None:
    for browser in (emil, bob):
        assert "/settings/" not in "".join(
            re.findall(r'<form[^>]*action="([^"]*)"', browser.get("/settings").text)
        )
        for path in PATHS:
            data = {
                **TIKTOK_APP,
                "timezone": "Asia/Tokyo",
                "addresses": "json://localhost",
                "forget": "1",
            }
            assert browser.post(f"/settings/{path}", data=data).status_code == 403
    assert "entered by an owner" in words(emil.get("/connect"))
    assert kept(place) == {}


def test_another_site_cannot_change_a_setting(place: Place, alice: TestClient) -> None:
    for path in PATHS:
        data = {**TIKTOK_APP, "timezone": "Asia/Tokyo"}
        assert (
            alice.post(
                f"/settings/{path}", data=data, headers={"origin": "https://evil.example"}
            ).status_code
            == 403
        )
    assert kept(place) == {}


def test_doctor_tells_where_each_setting_comes_from(tmp_path: Path, simulator: Simulator) -> None:
    with opened(tmp_path / "home", simulator, QPS="5", TIMEZONE="UTC") as place:
        alice = place.browser(place.person("alice", "owner"))
        alice.post("/settings/app", data=TIKTOK_APP)
        found = {each["name"].removeprefix(PREFIX): each for each in setting_values(place.app)}
        assert {
            name: each["source"] for name, each in found.items() if each["source"] != "default"
        } == {
            "HOME": "environment",
            "API_URL": "environment",
            "AUTHORIZE_URL": "environment",
            "QPS": "environment",
            "TIMEZONE": "environment",
            "CLIENT_KEY": "page",
            "CLIENT_SECRET": "page",
            "REDIRECT_URL": "page",
        }
        assert found["CLIENT_KEY"]["value"] == DEMO_CLIENT_KEY
        assert found["CLIENT_SECRET"]["value"] == "(set)"


def test_a_sync_whose_app_the_environment_gives_never_asks_for_what_was_chosen(
    tmp_path: Path, simulator: Simulator
) -> None:
    from sqlalchemy import event

    given = {name.upper(): value for name, value in TIKTOK_APP.items()}
    with opened(tmp_path / "home", simulator, **given) as place:
        alice = place.browser(place.person("alice", "owner"))
        landed = at_tiktok(
            alice.get("/connect/authorize").headers["location"],
            decision="allow",
            account="big.outdoors",
        )
        account = alice.post("/connect/paste", data={"address": landed}).headers["location"]
        draft = account.removesuffix("/account")
        alice.post(f"{draft}/account")
        alice.post(f"{draft}/reports", data={"report": ["profile"]})
        alice.post(
            f"{draft}/destination",
            data={"name": "Outdoors", "dataset": "outdoors", "place": place.warehouse()},
        )
        alice.post(f"{draft}/finish", data={"schedule": "off"})
        asked: list[str] = []
        event.listen(
            place.app.database.engine(),
            "before_cursor_execute",
            lambda *said: asked.append(said[2]),
        )
        assert place.synced(place.app.connectors.get("Outdoors"), None).status == "succeeded"
        assert asked
        assert not [statement for statement in asked if "preferences" in statement]
