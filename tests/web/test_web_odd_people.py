"""A person whose stored values this version does not know still sees every page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tiktok_organic.app import App
from tiktok_organic.settings import Settings
from tiktok_organic.web import create

from .conftest import Place


@pytest.fixture
def place(tmp_path: Path, password_hash: str) -> Iterator[Place]:
    app = App(Settings(home=tmp_path / "home"))
    yield Place(app, create(app), None, password_hash)  # type: ignore[arg-type]  # TikTok is not asked
    app.close()


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "a" * 300])
def test_a_person_with_an_unknown_time_zone_sees_every_page(place: Place, zone: str) -> None:
    alice = place.person("alice", "owner")
    place.app.people.change(alice.id, {"timezone": zone})
    browser = place.browser(alice)
    for path in ("/", "/runs", "/settings", "/settings/account", "/settings/people"):
        assert browser.get(path).status_code == 200


def test_addresses_with_odd_characters_are_not_found(place: Place) -> None:
    browser = place.browser(place.person("alice", "owner"))
    for odd in ("%00", "%ED%A0%80", "%FF", "x%00y"):
        for path in (f"/connectors/{odd}", f"/runs/{odd}", f"/welcome/{odd}"):
            assert browser.get(path).status_code == 404, path
