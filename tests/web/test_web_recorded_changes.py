"""Every route that changes something leaves a security event, or is listed here with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx2
import pyotp
import pytest
from fastapi.testclient import TestClient

from tiktok_organic.actions.connectors.consent import Consent
from tiktok_organic.actions.connectors.drafts import begin_draft, save_draft
from tiktok_organic.actions.people import api_tokens, manage_people
from tiktok_organic.reports import REPORTS
from tiktok_organic.store.people.people import Person
from tiktok_organic.tiktok.record_types import Account
from tiktok_organic.web.api.application import _PARTS
from waiting import end

from .conftest import Place
from .house import PASSWORD, VISITOR
from .test_web_permissions import routes

OWN_DRAFT = "it changes a draft of the person, which no other person sees"
A_RUN = "the run that it orders is the record"
NOTHING = "it stores nothing"
EXEMPT = {
    "POST /settings/account": "how times are shown to the person",
    "POST /connect/paste/check": NOTHING,
    "POST /connect/{draft_id}/check": NOTHING,
    "POST /connect/hide": OWN_DRAFT,
    "POST /connect/{draft_id}/discard": OWN_DRAFT,
    "POST /connect/{draft_id}/account": OWN_DRAFT,
    "POST /connect/{draft_id}/reports": OWN_DRAFT,
    "POST /connect/{draft_id}/destination": OWN_DRAFT,
    "POST /connectors/{connector_id}/sync": A_RUN,
    "POST /connectors/{connector_id}/recover": A_RUN,
    "POST /api/v1/connectors/{connector}/sync": A_RUN,
    "POST /api/v1/connectors/{connector}/recover": A_RUN,
}
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass
class Scene:
    """A place with an owner and her browser."""

    place: Place
    owner: Person
    browser: TestClient

    def connector(self) -> dict[str, str]:
        connector = self.place.connector()
        return {"connector_id": connector.id, "connector": connector.id}

    def other(self) -> dict[str, str]:
        known = self.place.app.people.by_email("dora@example.com")
        return {"person_id": (known or self.place.person("dora", "viewer")).id}

    def notification(self) -> dict[str, str]:
        address = {"kind": "other", "address": "json://192.0.2.1:9/nowhere"}
        self.browser.post("/settings/notifications", data=address)
        page = self.browser.get("/settings/notifications").text
        return {"key": page.split('href="/settings/notifications/')[1].split('"')[0].split("/")[0]}

    def draft(self) -> dict[str, str]:
        """As far as the last step."""
        app, connector = self.place.app, self.place.connector()
        tokens = replace(app.tokens.read(connector.id), account_id="another")
        draft = replace(
            begin_draft(app.drafts, app.clock.now(), self.owner.id),
            consent=Consent(tokens, Account(username="another"), connector.api_url),
            confirmed=True,
            reports=tuple(REPORTS),
            name="Another",
            dataset="another",
            destination=connector.destination,
        )
        return {"draft_id": save_draft(app.drafts, app.clock.now(), draft).id}

    def invitation(self) -> dict[str, str]:
        app = self.place.app
        token = manage_people.invite(app, self.owner, "eve@example.com", "viewer", VISITOR)
        return {"invitation_id": app.invitations.find(token, app.clock.now()).id, "token": token}

    def api_token(self) -> dict[str, str]:
        api_tokens.api_token(self.place.app, self.owner, "dbt", "read", VISITOR)
        return {"token_id": self.place.app.api_tokens.all()[0].id}

    def session(self) -> dict[str, str]:
        return {"session_id": "0" * 64}

    def enrolled(self) -> dict[str, str]:
        """A person with a second factor has sent the password."""
        dora = self.place.person("dora", "viewer")
        secret = {"secret": SECRET, "code": self.code()}
        self.place.browser(dora).post("/settings/second-factor", data=secret)
        form = {"email": dora.email, "password": PASSWORD}
        self.browser.cookies.clear()
        self.browser.post("/login", data=form)
        return {}

    def code(self, seconds: int = 0) -> str:
        """Return the code of that time, which is also valid 30 seconds earlier and later."""
        return str(pyotp.TOTP(SECRET).at(self.place.app.clock.now() + timedelta(seconds=seconds)))

    def returned(self) -> dict[str, str]:
        """The owner of the account has given a new consent at TikTok."""
        connector = self.place.connector()
        begun = self.browser.get("/connect/authorize", params={"connector": connector.id})
        wish = f"&simulator_decision=allow&simulator_account={connector.username}"
        self.landed = httpx2.get(begun.headers["location"] + wish, verify=False).headers["location"]
        return {}


Form = dict[str, str] | Callable[[Scene], dict[str, str]]
Prepare = Callable[[Scene], dict[str, str]]
OTHER = {"place": "other", "kind": "duckdb", "file": "other.duckdb"}
RECORDED: dict[str, tuple[str, Prepare | None, Form]] = {
    "POST /login": ("login", None, {"email": "alice@example.com", "password": PASSWORD}),
    "POST /login/code": ("login", Scene.enrolled, lambda scene: {"code": scene.code(30)}),
    "POST /logout": ("logout", None, {}),
    "POST /welcome/{token}": ("account", Scene.invitation, {"password": PASSWORD}),
    "POST /demo": ("connector", None, {}),
    "POST /connect/paste": ("connector", Scene.returned, lambda scene: {"address": scene.landed}),
    "POST /connect/{draft_id}/finish": ("connector", Scene.draft, {"schedule": "daily"}),
    "POST /connectors/{connector_id}/settings": (
        "connector", Scene.connector,
        {"name": "Other", "report": "profile", "schedule": "daily", "hour": "4", "lookback": "5",
         "timezone": "UTC"}),
    "POST /connectors/{connector_id}/pause": ("connector", Scene.connector, {}),
    "POST /connectors/{connector_id}/resume": ("connector", Scene.connector, {}),
    "POST /connectors/{connector_id}/remove": ("connector_removed", Scene.connector, {}),
    "POST /settings/destination": ("setting", None, OTHER),
    "POST /settings/timezone": ("setting", None, {"timezone": "Europe/Berlin"}),
    "POST /settings/sign-in": ("setting", None, {"second_factor": "optional"}),
    "POST /settings/app": ("setting", None, {"forget": "1"}),
    "POST /settings/notifications": (
        "setting", None, {"kind": "other", "address": "json://192.0.2.1:9/nowhere"}),
    "POST /settings/notifications/events": ("setting", None, {"event": "failed"}),
    "POST /settings/notifications/{key}": (
        "setting", Scene.notification, {"kind": "other", "address": "json://192.0.2.2:9/x"}),
    "POST /settings/notifications/{key}/remove": ("setting", Scene.notification, {}),
    "POST /settings/password": (
        "password", None, {"former": PASSWORD, "password": "another horse battery"}),
    "POST /settings/second-factor/begin": ("confirm", None, {"present": PASSWORD}),
    "POST /settings/second-factor": (
        "second_factor", None, lambda scene: {"secret": SECRET, "code": scene.code()}),
    "POST /settings/sessions/{session_id}/end": ("logout", Scene.session, {}),
    "POST /settings/people": (
        "invitation", None, {"email": "eve@example.com", "role": "viewer"}),
    "POST /settings/people/{person_id}/role": ("role", Scene.other, {"role": "editor"}),
    "POST /settings/people/{person_id}/end-sessions": ("logout", Scene.other, {}),
    "POST /settings/people/{person_id}/remove": ("removal", Scene.other, {}),
    "POST /settings/invitations/{invitation_id}/withdraw": ("invitation", Scene.invitation, {}),
    "POST /settings/tokens": ("token", None, {"name": "x", "scope": "read", "life": "30"}),
    "POST /settings/tokens/{token_id}/revoke": ("token", Scene.api_token, {}),
    "PATCH /api/v1/connectors/{connector}": ("connector", Scene.connector, {"name": "Other"}),
    "POST /api/v1/connectors/{connector}/pause": ("connector", Scene.connector, {}),
    "POST /api/v1/connectors/{connector}/resume": ("connector", Scene.connector, {}),
    "DELETE /api/v1/connectors/{connector}": ("connector_removed", Scene.connector, {}),
}  # fmt: skip
"""The kind of the event, what has to be there first, and the form of a request that succeeds."""
ELSEWHERE = {
    "POST /settings/second-factor/remove": "test_the_second_factor_is_switched_off_with_a_record",
    "POST /settings/notify": "test_a_test_message_is_recorded",
    "POST /settings/notifications/{key}/test": "test_a_test_message_is_recorded",
}


def changing(place: Place) -> set[str]:
    """Every route of the page and the API that is not only for reading."""
    api = {
        name.replace(" ", " /api/v1", 1) for part in _PARTS for name in routes(part.router.routes)
    }
    return {name for name in routes(place.web.routes) | api if not name.startswith("GET ")}


def test_every_route_that_changes_something_is_recorded_or_has_a_reason(place: Place) -> None:
    assert changing(place) == RECORDED.keys() | EXEMPT.keys() | ELSEWHERE.keys()
    assert set(ELSEWHERE.values()) <= globals().keys()


@pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")  # a plug-in of apprise's own
@pytest.mark.parametrize("route", RECORDED)
def test_a_change_leaves_a_security_event(route: str, place: Place) -> None:
    owner = place.person("alice", "owner")
    scene = Scene(place, owner, place.browser(owner))
    kind, prepare, form = RECORDED[route]
    method, path = route.split(" ")
    for name, value in (prepare(scene) if prepare else {}).items():
        path = path.replace("{" + name + "}", value)
    before = place.app.events.count()
    sent: dict[str, Any] = form(scene) if callable(form) else form
    if path.startswith("/api/"):
        api = place.api(owner, "manage")
        before = place.app.events.count()
        answer = api.request(method, path.removeprefix("/api/v1"), json=sent or None)
    else:
        answer = scene.browser.request(method, path, data=sent)
    assert answer.status_code in (200, 303), answer.text
    new = place.app.events.newest(place.app.events.count() - before)
    assert [(event.kind, event.outcome) for event in new] == [(kind, "success")]
    assert new[0].who in ("alice@example.com", "dora@example.com", "eve@example.com")
    assert new[0].address == "testclient"


def test_what_stays_as_it_was_leaves_no_event(place: Place) -> None:
    connector = place.connector()
    api = place.api(place.person("alice", "owner"), "manage")
    before = place.app.events.count()
    assert api.patch(f"/connectors/{connector.id}", json={"name": connector.name}).is_success
    assert place.app.events.count() == before


def test_a_password_in_an_address_is_in_no_event(place: Place) -> None:
    from tiktok_organic.actions.connectors.connector_events import connected_what

    connector = replace(place.connector(), destination="postgresql://u:s3cret@host/db")
    assert "s3cret" not in connected_what(connector)
    assert "at postgresql://u:***@host/db" in connected_what(connector)


def test_the_second_factor_is_switched_off_with_a_record(place: Place) -> None:
    alice = place.person("alice", "owner")
    scene = Scene(place, alice, place.browser(alice))
    scene.browser.post("/settings/second-factor", data={"secret": SECRET, "code": scene.code()})
    form = {"present": PASSWORD, "code": scene.code(30)}
    assert scene.browser.post("/settings/second-factor/remove", data=form).status_code == 303
    kinds = [(event.kind, event.what) for event in place.app.events.newest(2)]
    assert kinds == [("second_factor", "switched off"), ("confirm", "")]


@pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")
def test_a_test_message_is_recorded(place: Place, tmp_path: Any) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    class Accepts(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    alice = place.browser(place.person("alice", "owner"))
    with HTTPServer(("127.0.0.1", 0), Accepts) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        address = f"json://127.0.0.1:{server.server_port}/"
        place.app.chosen_settings.change({"NOTIFY": address}, "alice", place.app.clock.now())
        page = alice.get("/settings/notifications").text
        key = page.split('href="/settings/notifications/')[1].split('"')[0].split("/")[0]
        for path in ("/settings/notify", f"/settings/notifications/{key}/test"):
            before = place.app.events.count()
            answer = alice.post(path)
            assert answer.headers.get("location") == "/settings/notifications?said=notified"
            assert place.app.events.count() == before + 1
            assert place.app.events.newest(1)[0].what == "test message sent"
        end(server)


def test_what_a_role_does_not_reach_is_recorded(place: Place) -> None:
    bob = place.person("bob", "viewer")
    assert place.browser(bob).get("/settings/people").status_code == 403
    event = place.app.events.newest(1)[0]
    assert (event.kind, event.outcome, event.who) == ("access", "blocked", bob.email)
    assert event.what == "GET /settings/people needs the role owner"
    program = place.api(bob, "read")
    assert program.post("/connectors/x/pause").status_code == 403
    event = place.app.events.newest(1)[0]
    assert (event.kind, event.what) == (
        "access",
        "POST /api/v1/connectors/x/pause needs manage: test",
    )
