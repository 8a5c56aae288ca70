"""Stored values that this version does not know, and U+0000 anywhere, end in an answer."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tiktok_organic.app import App
from tiktok_organic.settings import Settings
from tiktok_organic.web import create

from .conftest import Place


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A new store of each kind; "" is the file in HOME."""
    server = os.environ.get("TIKTOK_ORGANIC_TEST_POSTGRES")
    if request.param == "sqlite":
        yield ""
        return
    if not server:
        pytest.skip("TIKTOK_ORGANIC_TEST_POSTGRES is not set")
    address = make_url(server).set(drivername="postgresql+psycopg")
    engine, name = create_engine(address, isolation_level="AUTOCOMMIT"), secrets.token_hex(6)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE odd_{name}"))
    made = address.set(drivername="postgresql", database=f"odd_{name}")
    yield made.render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE odd_{name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def place(tmp_path: Path, password_hash: str, store_url: str) -> Iterator[Place]:
    key = Fernet.generate_key().decode()
    app = App(Settings(home=tmp_path / "home", store_url=store_url, secret_key=key))
    yield Place(app, create(app), None, password_hash)  # type: ignore[arg-type]  # TikTok is not asked
    app.close()


def test_a_person_with_an_unknown_time_zone_sees_every_page(place: Place) -> None:
    alice = place.person("alice", "owner")
    browser = place.browser(alice)
    for zone in ("Mars/Olympus", "", "../etc/passwd", "a" * 300):
        place.app.people.change(alice.id, {"timezone": zone})
        for path in ("/", "/runs", "/settings", "/settings/account", "/settings/people"):
            assert browser.get(path).status_code == 200, (zone, path)


def test_addresses_with_odd_characters_are_not_found(place: Place) -> None:
    alice = place.person("alice", "owner")
    browser, api = place.browser(alice), place.api(alice, "manage")
    for odd in ("%00", "%ED%A0%80", "%FF", "x%00y"):
        for path in ("/connectors/{}", "/runs/{}", "/welcome/{}"):
            assert browser.get(path.format(odd)).status_code == 404, (path, odd)
        blank = browser.get(f"/pictures/video/c-1/{odd}")
        assert (blank.status_code, blank.headers["content-type"]) == (200, "image/svg+xml")
        for path in ("connectors/{}", "runs/{}"):
            assert api.get(path.format(odd)).status_code == 404, (path, odd)
        assert api.delete(f"connectors/{odd}").status_code == 404, odd


@pytest.mark.parametrize("odd", ["\0", "a\0b@example.com", "\ufffe\0"])
def test_a_form_with_a_zero_byte_is_refused_and_breaks_nothing(place: Place, odd: str) -> None:
    alice = place.person("alice", "owner")
    browser, stranger = place.browser(alice), place.browser()
    assert stranger.post("/login", data={"email": odd, "password": odd}).status_code == 400
    assert (
        browser.post("/settings/people", data={"email": odd, "role": "viewer"}).status_code == 422
    )
    for scope in ("read", odd):
        data = {"name": odd, "scope": scope}
        assert browser.post("/settings/tokens", data=data).status_code == 422
    assert browser.get("/settings/tokens").status_code == 200
    assert browser.get("/settings/activity").status_code == 200
