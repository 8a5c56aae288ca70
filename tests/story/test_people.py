"""The accounts of the page from a shell: list, invite, reset, make-owner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cast import Alice, Said
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tiktok_organic.web import create

PASSWORD = "correct horse battery"
OWN = {"password": PASSWORD, "timezone": "UTC"}
HOME = "http://127.0.0.1:8000"


@pytest.fixture
def page(alice: Alice) -> Iterator[FastAPI]:
    with alice.app() as app:
        yield create(app)


def browser(page: FastAPI) -> TestClient:
    return TestClient(page, base_url=HOME, headers={"origin": HOME}, follow_redirects=False)


def path_of(said: Said) -> str:
    assert said.exit == 0
    address: str = said.document["address"]
    return "/welcome/" + address.split("/welcome/")[1]


def test_a_person_is_invited_listed_made_owner_and_reset(alice: Alice, page: FastAPI) -> None:
    assert alice.types("people", "list", "--json").document == []
    invited = alice.types("people", "invite", "dora@example.com", "--role", "editor", "--json")
    listed = alice.types("people", "list", "--json").document
    assert listed == [{"email": "dora@example.com", "role": "editor", "state": "invited"}]
    dora = browser(page)
    assert dora.post(path_of(invited), data=OWN).headers["location"] == "/"
    assert dora.get("/").status_code == 200

    made = alice.types("people", "make-owner", "DORA@example.com", "--json").document
    assert (made["role"], made["state"]) == ("owner", "active")

    reset = alice.types("people", "reset", "dora@example.com", "--json")
    assert dora.get("/").status_code == 303  # every session has ended
    path = path_of(reset)
    again = browser(page)
    assert again.post(path, data={**OWN, "password": PASSWORD}).status_code == 422  # the former one
    assert again.post(path, data={**OWN, "password": "another long one"}).status_code == 303
    assert again.post(path, data={**OWN, "password": "a third long one"}).status_code == 404
    (dora_listed,) = alice.types("people", "list", "--json").document
    assert dora_listed["role"] == "owner"


def test_an_unknown_person_and_a_wrong_role_are_refused(alice: Alice) -> None:
    unknown = alice.types("people", "reset", "nobody@example.com", "--json")
    assert (unknown.exit, unknown.error["code"]) == (1, "unknown_person")
    assert alice.types("people", "make-owner", "nobody@example.com").exit == 1
    wrong = alice.types("people", "invite", "dora@example.com", "--role", "admin", "--json")
    assert (wrong.exit, wrong.error["code"]) == (1, "bad_value")
    assert alice.types("people", "list", "--json").document == []


def test_plain_output_is_a_table_and_an_address(alice: Alice) -> None:
    assert "No account exists yet" in alice.types("people", "list").out
    said = alice.types("people", "invite", "dora@example.com")
    assert said.out.startswith("http")
    assert "dora@example.com" in alice.types("people", "list").out
