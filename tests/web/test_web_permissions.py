"""Each page and action by role: Alice is owner, Emil editor, Bob viewer, Charlie a stranger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from starlette.routing import BaseRoute, Route

from tiktok_organic.actions.connectors.drafts import read_draft
from tiktok_organic.store.schema import figure_videos

from .conftest import Place, opened

PUBLIC = {
    "/login",
    "/login/code",
    "/login/sso",
    "/login/sso/return",
    "/welcome/{token}",
    "/healthz",
    "/readyz",
    "/metrics",
}
EDITORS = {
    "GET /connect", "GET /connect/authorize", "GET /connect/return/", "POST /connect/paste",
    "POST /connect/hide",
    "POST /connect/paste/check", "GET /connect/{draft_id}", "GET /connect/{draft_id}/cancel",
    "POST /connect/{draft_id}/discard",
    "GET /connect/{draft_id}/account", "POST /connect/{draft_id}/account",
    "GET /connect/{draft_id}/reports",
    "POST /connect/{draft_id}/reports",
    "GET /connect/{draft_id}/destination", "POST /connect/{draft_id}/destination",
    "POST /connect/{draft_id}/check",
    "GET /connect/{draft_id}/finish",
    "POST /connect/{draft_id}/finish", "POST /demo", "POST /connectors/{connector_id}/settings",
    "POST /connectors/{connector_id}/sync", "POST /connectors/{connector_id}/recover",
    "POST /connectors/{connector_id}/pause", "POST /connectors/{connector_id}/resume",
    "GET /connectors/{connector_id}/reconnect", "GET /connectors/{connector_id}/remove",
    "POST /connectors/{connector_id}/remove", "GET /pictures/draft/{draft_id}",
}  # fmt: skip
OWNERS = {
    "POST /settings/notify", "GET /settings/people", "POST /settings/people",
    "POST /settings/people/{person_id}/role",
    "POST /settings/people/{person_id}/end-sessions",
    "POST /settings/people/{person_id}/remove", ("POST "
                                                "/settings/invitations/{invitation_id}/withdraw"),
    "GET /settings/tokens", "POST /settings/tokens", "POST /settings/tokens/{token_id}/revoke",
    "GET /settings/people/{person_id}/remove", "GET /settings/tokens/{token_id}/revoke",
    "GET /settings/activity",
    "POST /settings/destination", "POST /settings/timezone", "POST /settings/notifications",
    "POST /settings/app", "POST /settings/sign-in",
    "POST /settings/notifications/events", "GET /settings/notifications/{key}",
    "POST /settings/notifications/{key}", "POST /settings/notifications/{key}/test",
    "GET /settings/notifications/{key}/remove", "POST /settings/notifications/{key}/remove",
}  # fmt: skip
VIEWERS = {
    "GET /", "GET /connectors/{connector_id}", "GET /connectors/{connector_id}/coverage",
    "GET /connectors/{connector_id}/runs", "GET /connectors/{connector_id}/first",
    "GET /connectors/{connector_id}/settings", "GET /connectors/{connector_id}/days.csv",
    "GET /connectors/{connector_id}/videos.csv", "GET /connectors/{connector_id}/videos",
    "GET /connectors/{connector_id}/videos/list.csv",
    "GET /connectors/{connector_id}/videos/{item_id}",
    "GET /connectors/{connector_id}/videos/{item_id}/days.csv",
    "GET /connectors/{connector_id}/winners.csv", "GET /connectors/{connector_id}/taking-off.csv",
    "GET /connectors/{connector_id}/hashtags.csv",
    "GET /connectors/{connector_id}/posting-hours.csv",
    "GET /runs", "GET /runs/{run_id}", "GET /runs/{run_id}/progress",
    "GET /runs/{run_id}/events", "GET /pictures/connector/{connector_id}",
    "GET /pictures/video/{connector_id}/{item_id}", "GET /settings", "GET /settings/account",
    "GET /settings/notifications",
    "POST /settings/account", "POST /settings/password", "POST /logout",
    "POST /settings/second-factor", "GET /settings/second-factor",
    "POST /settings/second-factor/begin", "POST /settings/second-factor/remove",
    "POST /settings/sessions/{session_id}/end",
}  # fmt: skip


def routes(found: list[BaseRoute], prefix: str = "") -> set[str]:
    """Every verb and path, those of included routers too."""
    names: set[str] = set()
    for route in found:
        if isinstance(route, Route):
            names |= {
                f"{method} {route.path}"
                for method in (route.methods or set()) - {"HEAD", "OPTIONS"}
            }
        else:
            inner = getattr(route, "original_router", None) or getattr(route, "router", None)
            names |= routes(getattr(inner, "routes", []))
    return names


BEGUN: dict[str, Any] = {"consent": None, "problem": None, "reports": []}
"""A draft as far as the first step."""


def address(name: str, place: Place) -> tuple[str, str]:
    """The verb and a real path for a route."""
    method, path = name.split(" ")
    connector = next(iter(place.app.connectors.all()), None) or place.connector()
    run = next(iter(place.app.runs.newest(connector.id)), None)
    with place.app.database.read() as connection:
        video = connection.execute(select(func.min(figure_videos.c.item_id))).scalar()
    draft = read_draft(place.app.drafts, "d-emil", "p-emil")
    if draft is None and place.app.people.by_email("emil@example.com"):
        place.app.drafts.add("d-emil", "p-emil", BEGUN, place.app.clock.now())
    real = {
        "draft_id": "d-emil",
        "connector_id": connector.id,
        "run_id": run.id if run else "none",
        "item_id": str(video or 1),
    }
    for part, value in {
        **real,
        "person_id": "p-none",
        "invitation_id": "none",
        "token_id": "none",
        "session_id": "none",
    }.items():
        path = path.replace("{" + part + "}", value)
    return method, path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> Iterator[Place]:
    """A place with a synced connector, for those who may not change it."""
    with opened(tmp_path_factory.mktemp("kept"), password_hash) as made:
        made.synced(made.connector())
        yield made


@pytest.fixture(scope="module")
def visitors(kept: Place) -> dict[str, TestClient]:
    """The browsers of a viewer and of an editor."""
    roles = {"bob": "viewer", "emil": "editor"}
    return {name: kept.browser(kept.person(name, role)) for name, role in roles.items()}


def test_every_route_is_in_one_of_the_lists(place: Place) -> None:
    known = {name for name in routes(place.web.routes) if name.split(" ")[1] not in PUBLIC}
    assert known == VIEWERS | EDITORS | OWNERS


@pytest.mark.parametrize("name", sorted(VIEWERS | EDITORS | OWNERS))
def test_charlie_sees_and_changes_nothing(name: str, kept: Place) -> None:
    method, path = address(name, kept)
    before = kept.app.connectors.all()
    answer = kept.browser().request(method, path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")
    assert kept.app.connectors.all() == before


@pytest.mark.parametrize("name", sorted(EDITORS | OWNERS))
def test_bob_may_not_change_anything(
    name: str, kept: Place, visitors: dict[str, TestClient]
) -> None:
    method, path = address(name, kept)
    before = (kept.app.connectors.all(), [run.id for run in kept.app.runs.newest()])
    answer = visitors["bob"].request(method, path)
    assert answer.status_code == 403
    assert "This needs the role" in answer.text
    assert (kept.app.connectors.all(), [run.id for run in kept.app.runs.newest()]) == before


@pytest.mark.parametrize("name", sorted(OWNERS))
def test_emil_has_no_say_about_people_and_tokens(
    name: str, kept: Place, visitors: dict[str, TestClient]
) -> None:
    assert visitors["emil"].request(*address(name, kept)).status_code == 403


@pytest.mark.parametrize("name", sorted(name for name in VIEWERS if name.startswith("GET ")))
def test_bob_sees_every_page(name: str, kept: Place, visitors: dict[str, TestClient]) -> None:
    answer = visitors["bob"].request(*address(name, kept))
    assert answer.status_code == 200


def test_bobs_pages_offer_no_button_that_he_may_not_press(place: Place, bob: TestClient) -> None:
    connector = place.connector()
    place.synced(connector)
    for path in (
        "/",
        f"/connectors/{connector.id}",
        f"/connectors/{connector.id}/settings",
        "/settings",
    ):
        text = bob.get(path).text
        for verb in (
            "/sync",
            "/pause",
            "/remove",
            "/reconnect",
            "/demo",
            "/recover",
            "/settings/people",
        ):
            assert f'action="/connectors/{connector.id}{verb}"' not in text
            assert f'href="/connectors/{connector.id}{verb}"' not in text
        assert "Sync now" not in text
        assert "Connect an account" not in text


@pytest.mark.parametrize("name", sorted(EDITORS))
def test_emil_may_do_what_editors_do(name: str, place: Place, emil: TestClient) -> None:
    assert emil.request(*address(name, place)).status_code in (200, 303, 400, 422)


@pytest.mark.parametrize("name", sorted(OWNERS))
def test_alice_may_do_everything(name: str, place: Place, alice: TestClient) -> None:
    answer = alice.request(*address(name, place))
    assert answer.status_code != 403
    assert not answer.headers.get("location", "").startswith("/login")


def test_a_removed_person_is_out_at_once(place: Place, alice: TestClient, bob: TestClient) -> None:
    person = place.app.people.by_email("bob@example.com")
    assert person is not None
    assert bob.get("/").status_code == 200
    alice.post(f"/settings/people/{person.id}/remove")
    assert bob.get("/").headers["location"] == "/login"


def test_the_last_owner_cannot_go(place: Place, alice: TestClient) -> None:
    owner = place.app.people.by_email("alice@example.com")
    assert owner is not None
    assert alice.post(f"/settings/people/{owner.id}/remove").status_code == 400
    assert (
        alice.post(f"/settings/people/{owner.id}/role", data={"role": "viewer"}).status_code == 400
    )
    assert [person.role for person in place.app.people.all()] == ["owner"]
