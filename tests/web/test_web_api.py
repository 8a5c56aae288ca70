"""The JSON API: tokens and scopes, documents, problems, and that nothing breaks it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings

from tiktok_organic.reports import REPORTS

from .conftest import Place


def test_without_a_token_nothing_is_told(place: Place) -> None:
    connector = place.connector()
    client = TestClient(place.web, base_url="http://localhost/api/v1")
    for method, path in (
        ("GET", "/connectors"),
        ("POST", f"/connectors/{connector.id}/sync"),
        ("GET", "/runs"),
    ):
        answer = client.request(method, path)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] == "unauthorized"


def test_a_browsers_session_is_no_token(place: Place, alice: TestClient) -> None:
    assert alice.get("/api/v1/connectors").status_code == 401


@pytest.mark.parametrize(
    ("role", "scope", "read", "sync", "manage"),
    [
        ("owner", "read", 200, 403, 403),
        ("owner", "sync", 200, 202, 403),
        ("owner", "manage", 200, 202, 200),
        ("editor", "manage", 200, 202, 200),
        ("viewer", "manage", 200, 403, 403),
    ],
)
def test_scope_and_role_decide_together(
    place: Place, role: str, scope: str, read: int, sync: int, manage: int
) -> None:
    connector = place.connector()
    client = place.api(place.person("somebody", role), scope)
    assert client.get("/connectors").status_code == read
    assert client.post(f"/connectors/{connector.id}/sync").status_code == sync
    assert client.post(f"/connectors/{connector.id}/pause").status_code == manage


def test_a_revoked_token_is_refused_at_once_and_only_its_hash_was_kept(
    place: Place, alice: TestClient
) -> None:
    page = alice.post("/settings/tokens", data={"name": "dbt", "scope": "read"}).text
    token = page.split('value="to_')[1].split('"')[0]
    client = TestClient(
        place.web,
        base_url="http://localhost/api/v1",
        headers={"authorization": f"Bearer to_{token}"},
    )
    assert client.get("/connectors").status_code == 200
    assert token not in alice.get("/settings/tokens").text
    assert token.encode() not in place.app.database.path.read_bytes()  # type: ignore[union-attr]  # SQLite has a path
    alice.post(f"/settings/tokens/{place.app.api_tokens.all()[0].id}/revoke")
    assert client.get("/connectors").status_code == 401


def test_the_verbs_answer_with_the_documents_of_the_command_line(place: Place) -> None:
    connector = place.connector()
    run = place.synced(connector)
    client = place.api(place.person("alice", "owner"), "manage")
    assert client.get("/connectors").json()[0]["last_run"]["run_id"] == run.id
    assert client.get(f"/connectors/{connector.id}").json()["username"] == "demo.bakery"
    assert client.get(f"/runs/{run.id}").json()["reports"]["profile"] == {
        "status": "succeeded",
        "rows": 1,
    }
    assert client.get(f"/connectors/{connector.id}/coverage").json()["summary"]["provisional"] > 50
    figures = client.get(f"/connectors/{connector.id}/figures").json()
    assert len(figures["days"]) > 50
    assert figures["account"]["videos_count"] == 54
    changed = client.patch(f"/connectors/{connector.id}", json={"name": "Other", "hour": 7}).json()
    assert (changed["name"], changed["hour"]) == ("Other", 7)
    assert client.post(f"/connectors/{connector.id}/pause").json()["state"] == "paused"
    assert client.post(f"/connectors/{connector.id}/resume").json()["state"] == "active"
    ordered = client.post(f"/connectors/{connector.id}/recover", json={"days": 7})
    assert (ordered.status_code, ordered.json()["kind"]) == (202, "recovery")
    again = client.post(f"/connectors/{connector.id}/sync")
    assert (again.status_code, again.json()["code"]) == (409, "already_running")


def test_removing_over_the_api_keeps_the_tables_unless_asked(place: Place) -> None:
    connector = place.connector()
    client = place.api(place.person("alice", "owner"), "manage")
    gone = client.delete(f"/connectors/{connector.id}").json()
    assert (gone["removed"], gone["data_deleted"]) == (True, False)
    assert gone["removed_at"]
    assert gone["next_due"] is None
    assert client.get(f"/connectors/{connector.id}").json()["code"] == "unknown_connector"


@pytest.mark.parametrize(
    "confirmed", ["", "&confirm=", "&confirm=true", "&confirm=1", "&confirm=another"]
)
def test_deleting_the_data_over_the_api_needs_a_second_word_for_it(
    place: Place, confirmed: str
) -> None:
    connector = place.connector()
    place.synced(connector, 5)
    client = place.api(place.person("alice", "owner"), "manage")
    refused = client.delete(f"/connectors/{connector.id}?delete_data=true{confirmed}")
    assert (refused.status_code, refused.json()["code"]) == (400, "not_confirmed")
    assert connector.id in refused.json()["advice"]
    with place.app.warehouse(connector.destination) as warehouse:
        assert warehouse.rows(connector.dataset, REPORTS["profile"].table)
    assert place.app.connectors.get(connector.id)


@pytest.mark.parametrize("by", ["id", "name"])
def test_the_data_goes_when_the_connector_is_named_once_more(place: Place, by: str) -> None:
    connector = place.connector()
    place.synced(connector, 5)
    client = place.api(place.person("alice", "owner"), "manage")
    answer = client.delete(
        f"/connectors/{connector.id}",
        params={"delete_data": True, "confirm": getattr(connector, by)},
    )
    assert answer.json()["data_deleted"] is True
    with place.app.warehouse(connector.destination) as warehouse:
        assert not warehouse.rows(connector.dataset, REPORTS["profile"].table)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/connectors/{id}/recover", {"days": 61}, 422),
        ("/connectors/{id}/recover", {"days": "many"}, 422),
        ("/connectors/{id}/recover", {"start": "2020-01-01"}, 422),
        ("/connectors/{id}/recover", {"days": 3, "start": "2020-01-01"}, 400),
        ("/connectors/{id}/recover", {"unknown": 1}, 422),
        ("/connectors/nobody/sync", None, 404),
        ("/nothing", None, 404),
    ],
)
def test_errors_are_problems(place: Place, path: str, body: object, status: int) -> None:
    client = place.api(place.person("alice", "owner"), "manage")
    answer = client.post(path.format(id=place.connector().id), json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "code", "detail", "advice"}


def test_schemathesis_finds_no_server_error(place: Place) -> None:
    """Every operation with invented input, and every second time with a real connector's path."""
    import schemathesis  # takes a second, in each process that collects this file
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.result import Ok

    connector = place.connector()
    place.synced(connector, 5)
    token = place.api(place.person("alice", "owner"), "manage").headers["authorization"]
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", place.web)
    statuses: dict[str, list[int]] = {}
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()

        @settings(
            max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy())
        def call(case: schemathesis.Case[Any]) -> None:
            seen = statuses.setdefault(case.operation.label, [])
            if (
                "connector" in (case.path_parameters or {})
                and len(seen) % 2
                and case.method != "DELETE"
            ):
                case.path_parameters["connector"] = connector.id
            answer = case.call(headers={"authorization": token})
            seen.append(answer.status_code)
            case.validate_response(answer, checks=[not_a_server_error])

        call()
    assert len(statuses) == 19
    assert all(status < 500 for seen in statuses.values() for status in seen)
    assert {200, 404, 422} <= {status for seen in statuses.values() for status in seen}
