"""Refused forms keep what was typed, lost sessions say so, and what cannot be undone is asked."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from tiktok_organic.sync.run_status import RunStatus

from .conftest import HOME, Place

SETTINGS = {
    "name": "Typed name", "report": ["profile"], "schedule": "weekly", "hour": "7",
    "weekday": "friday", "timezone": "Europe/Paris", "lookback": "9",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"timezone": "Berlin"}, "timezone"),
        ({"report": []}, "report"),
        ({"lookback": "99"}, "lookback"),
        ({"name": ""}, "name"),
        ({"lookback": "x"}, "lookback"),
    ],
)
def test_a_refused_change_keeps_everything_that_was_typed(
    place: Place, emil: TestClient, changed: dict[str, object], field: str
) -> None:
    connector = place.connector()
    typed = {**SETTINGS, **changed}
    answer = emil.post(f"/connectors/{connector.id}/settings", data=typed)
    assert answer.status_code == 422
    assert f'data-field="{field}"' in answer.text
    assert "<title>Error: " in answer.text
    assert f'value="{typed["name"]}"' in answer.text
    assert '<option value="weekly" selected>' in answer.text
    assert '<option value="7" selected>' in answer.text
    assert f"<option selected>{typed['timezone']}</option>" in answer.text
    assert f'value="{typed["lookback"]}"' in answer.text
    ticked = answer.text.count(" checked>")
    assert ticked == len(typed["report"])  # type: ignore[arg-type]  # a list
    assert place.app.connectors.get(connector.id) == connector


def test_a_form_sent_after_the_session_ended_says_that_nothing_was_saved(
    place: Place, charlie: TestClient
) -> None:
    page = f"{HOME}/connectors/c-1/settings"
    answer = charlie.post("/connectors/c-1/settings", data=SETTINGS, headers={"referer": page})
    to = urlsplit(answer.headers["location"])
    assert (to.path, parse_qs(to.query)["next"]) == ("/login", ["/connectors/c-1/settings"])
    assert "nothing was saved" in charlie.get(answer.headers["location"]).text
    away = charlie.post("/demo", headers={"referer": "https://evil.example/x"})
    assert "next" not in away.headers["location"]
    assert "said" not in charlie.get("/runs").headers["location"]


def test_removing_a_person_and_revoking_a_token_are_asked_first(
    place: Place, alice: TestClient
) -> None:
    emil = place.person("emil", "editor")
    alice.post("/settings/tokens", data={"name": "dbt", "scope": "read"})
    token = place.app.api_tokens.all()[0]
    for listed, path, question in (
        ("/settings/people", f"/settings/people/{emil.id}/remove", "Remove emil@example.com?"),
        ("/settings/tokens", f"/settings/tokens/{token.id}/revoke", "Revoke the token “dbt”?"),
    ):
        text = alice.get(listed).text
        assert f'href="{path}"' in text
        assert f'action="{path}"' not in text
        assert question in alice.get(path).text
        assert alice.post(path).status_code == 303
    assert place.app.api_tokens.all() == []
    assert alice.get(f"/settings/tokens/{token.id}/revoke").status_code == 303


def test_a_young_account_is_explained_and_not_alarmed(place: Place, bob: TestClient) -> None:
    simulator = place.demo.simulator
    assert simulator is not None
    connector = place.connector()
    place.synced(connector)
    known = place.app.days.known(connector.id)
    today = place.app.clock.now().date()
    text = bob.get(f"/connectors/{connector.id}/coverage").text
    assert "not counted yet" in text or today - timedelta(days=1) in known
    gone = today - timedelta(days=20)
    with place.app.database.begin() as connection:
        from tiktok_organic.sync.day_states import DayRecord

        place.app.days.save(connector.id, [(gone, DayRecord())], connection)
    text = bob.get(f"/connectors/{connector.id}/coverage").text
    assert "TikTok has none" in text
    assert "Why TikTok has none" in text
    assert "Nothing is missing" in text
    place.app.connectors.change(connector.id, {"scopes": ["user.info.basic"]})
    assert "withheld the permission" in bob.get(f"/connectors/{connector.id}/coverage").text


def test_the_list_of_runs_is_filtered_and_paged_by_the_server(
    place: Place, bob: TestClient
) -> None:
    first, second = place.connector(), place.connector("big.outdoors")
    now = place.app.clock.now()
    with place.app.database.begin() as connection:
        for number in range(250):
            owner = first if number % 2 else second
            place.app.runs.add(
                {
                    "id": f"r-{number:03d}",
                    "connector_id": owner.id,
                    "kind": "recovery" if number % 5 == 0 else "sync",
                    "requested_by": "schedule",
                    "sync_date": now,
                    "reports": ["profile"],
                    "window_start": now.date(),
                    "window_end": now.date(),
                    "created_at": now,
                    "status": RunStatus.FAILED if number % 10 == 0 else RunStatus.SUCCEEDED,
                },
                connection,
            )

    def walked(query: str) -> list[list[str]]:
        pages, address = [], f"/runs?{query}"
        while address:
            text = bob.get(address).text
            pages.append(re.findall(r'href="/runs/(r-\d+)"', text))
            older = re.search(r'href="([^"]+)">Older<', text)
            address = unescape(older.group(1)) if older else ""
        return pages

    pages = walked("")
    assert [len(page) for page in pages] == [100, 100, 50]
    assert len({run for page in pages for run in page}) == 250
    assert [len(page) for page in walked("status=failed")] == [25]
    assert [len(page) for page in walked(f"connector={first.id}")] == [100, 25]
    assert [len(page) for page in walked(f"kind=recovery&connector={second.id}")] == [25]
    assert "No run fits these filters" in bob.get("/runs?status=running").text
    assert f'href="/connectors/{first.id}"' in bob.get("/runs").text
