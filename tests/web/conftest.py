"""The cast: Alice owns the place, Emil edits, Bob may look, Charlie must not.

And a demo connector that has synced.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread
from fastapi import FastAPI
from fastapi.testclient import TestClient

from new_store import new_home
from tiktok_organic.actions.demo.built_in_simulator import DemoTikTok
from tiktok_organic.actions.people import api_tokens, sign_in
from tiktok_organic.actions.people.passwords import hash_password
from tiktok_organic.actions.runs.attempt_dependencies import attempt_dependencies
from tiktok_organic.actions.runs.order_run import order_run, window_for_recovery
from tiktok_organic.actions.runs.perform_attempt import perform
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.settings import Settings
from tiktok_organic.simulator import DEMO_USERNAME
from tiktok_organic.store.people.people import Person
from tiktok_organic.sync.progress import silent
from tiktok_organic.sync.run import Run
from tiktok_organic.web import create
from tiktok_organic.web.connect.destination_choice import places

from .house import PASSWORD, VISITOR
from .same_thread import SameThread, route_in_same_thread

HOME = "http://localhost"
MANY: dict[str, Any] = {"qps": 1_000_000, "qpm": 1_000_000, "account_qpm": 1_000_000}
"""Our own limits of requests, which would make tests wait; TikTok's are off in them."""


@dataclass
class Place:
    """One product, its page, and who may come in."""

    app: App
    web: FastAPI
    demo: DemoTikTok
    password_hash: str

    def person(self, name: str, role: str) -> Person:
        """Create a person with the usual password."""
        email, now = f"{name}@example.com", self.app.clock.now()
        made = Person(f"p-{name}", email, role, "Europe/Berlin", now, self.password_hash)
        with self.app.database.begin() as connection:
            self.app.people.add(made, connection)
        return made

    def browser(self, person: Person | None = None) -> TestClient:
        """A browser on our own pages, logged in as that person."""
        client = TestClient(
            self.web, base_url=HOME, headers={"origin": HOME}, follow_redirects=False
        )
        if person is not None:
            client.cookies.set(
                "tiktok_organic_session", sign_in.start_session(self.app, person, VISITOR)
            )
        return client

    def api(self, person: Person, scope: str) -> TestClient:
        token = api_tokens.api_token(self.app, person, "test", scope, VISITOR)
        return TestClient(
            self.web, base_url=f"{HOME}/api/v1", headers={"authorization": f"Bearer {token}"}
        )

    def warehouse(self, number: int = 0) -> str:
        """How forms call that warehouse of those that can be chosen; the first is the default."""
        return places(self.app)[number].key

    def connector(self, username: str = DEMO_USERNAME) -> Connector:
        return self.demo.connect(username)

    def synced(self, connector: Connector, days: int | None = 60) -> Run:
        window = (
            window_for_recovery(connector, self.app.clock.now().date(), days=days) if days else None
        )
        return perform(
            attempt_dependencies(self.app), order_run(self.app, connector, window=window), silent
        )


def typed(address: str) -> dict[str, str]:
    """The fields of a form in which a warehouse is entered as an address."""
    return {"place": "other", "kind": "address", "address": address}


@pytest.fixture(scope="session", autouse=True)
def event_loop() -> Iterator[None]:
    """Starting a loop for each request takes longer than most requests."""
    portal = SameThread()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestClient, "portal", portal)
        patch.setattr(to_thread, "run_sync", route_in_same_thread)
        yield
    portal.close()


@pytest.fixture(scope="session")
def password_hash() -> str:
    """The stored form of the usual password."""
    return hash_password(PASSWORD)


@contextmanager
def opened(folder: Path, password_hash: str) -> Iterator[Place]:
    """A place whose home is in the folder."""
    home = new_home(folder / "home")
    app = App(Settings(home=home, allowed_hosts="testserver", **MANY))
    demo = DemoTikTok(app)
    demo.start()
    assert demo.simulator is not None
    demo.simulator.world.settings.update(latency=0.0, limits=False)
    yield Place(app, create(app, demo=demo), demo, password_hash)
    demo.close()
    app.close()


@pytest.fixture
def place(tmp_path: Path, password_hash: str) -> Iterator[Place]:
    with opened(tmp_path, password_hash) as made:
        yield made


@pytest.fixture
def alice(place: Place) -> TestClient:
    return place.browser(place.person("alice", "owner"))


@pytest.fixture
def emil(place: Place) -> TestClient:
    return place.browser(place.person("emil", "editor"))


@pytest.fixture
def bob(place: Place) -> TestClient:
    return place.browser(place.person("bob", "viewer"))


@pytest.fixture
def charlie(place: Place) -> TestClient:
    return place.browser()
