"""A complete product under test: store, engine, its own TikTok, and the page on a real port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from tiktok_organic.actions.connectors import connect, connector_choices, consent
from tiktok_organic.actions.operation.engine_setup import make_engine
from tiktok_organic.actions.people import accept_invitation, sign_in
from tiktok_organic.actions.people.record_security_event import Visitor
from tiktok_organic.actions.runs.attempt_dependencies import attempt_dependencies
from tiktok_organic.actions.runs.order_run import order_run, window_for_recovery
from tiktok_organic.actions.runs.perform_attempt import perform
from tiktok_organic.app import App
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.clock import Clock, SystemClock
from tiktok_organic.connector import Connector
from tiktok_organic.settings import Settings
from tiktok_organic.simulator import DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Simulator
from tiktok_organic.store.people.people import Person
from tiktok_organic.sync.progress import silent
from tiktok_organic.sync.run import Run
from tiktok_organic.web import create
from waiting import PATIENCE

VISITOR = Visitor("192.0.2.1", "a test")
PASSWORD = "correct horse battery"


@dataclass
class House:
    """`url`: where the page is. `app`: the product behind it. `simulator`: its TikTok.

    Once `hurry` is set, slow answers of the simulator arrive at once.
    """

    app: App
    simulator: Simulator
    url: str
    hurry: threading.Event = field(default_factory=threading.Event)

    def person(self, name: str, role: str) -> Person:
        """Create a person with the usual password."""
        token, app = f"token-of-{name}", self.app
        app.invitations.add(token, f"{name}@example.com", role, "the test", app.clock.now())
        invitation = app.invitations.find(token, app.clock.now())
        return accept_invitation.accept(app, invitation, "", PASSWORD, "Europe/Berlin", VISITOR)

    def cookie(self, person: Person) -> dict[str, Any]:
        """A session for a browser."""
        token = sign_in.start_session(self.app, person, VISITOR)
        return {
            "name": "tiktok_organic_session",
            "value": token,
            "url": self.url,
            "httpOnly": True,
            "sameSite": "Lax",
        }

    def connect(self, username: str) -> Connector:
        """A connector for that account, without the page."""
        address = consent.begin(self.app, "the test")
        answer = httpx2.get(f"{address}&simulator_decision=allow&simulator_account={username}")
        given = consent.finish(self.app, answer.headers["location"], "the test")
        return connect.create(self.app, given, connector_choices.Choices())

    def sync(self, connector: Connector, days: int | None = None) -> Run:
        """Sync as the schedule would, here and now; or recover so many days."""
        found = self.app.connectors.get(connector.id)
        window = (
            window_for_recovery(found, self.app.clock.now().date(), days=days) if days else None
        )
        by = "person" if days else "schedule"
        # Under the connector's lock: an engine that works leaves the run alone.
        with self.app.locks.hold(found.id, wait=True):
            run = order_run(self.app, found, window=window, requested_by=by)
            return perform(attempt_dependencies(self.app), run, silent)


@contextmanager
def open_house(
    home: Path, *, working: bool = True, lands_here: bool = True, clock: Clock | None = None
) -> Iterator[House]:
    """`working`: whether ordered runs are performed.

    `lands_here`: whether TikTok's redirect comes back to the page; otherwise it leads to an address
    that shows nothing.
    """
    clock = clock or SystemClock()
    listener = socket.socket(
        socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )  # named: see cli/server/server_process.py
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    hurry = threading.Event()

    def wait(seconds: float) -> None:
        hurry.wait(seconds)

    with (
        listener,
        Simulator(clock=clock.now, sleep=wait) as simulator,
    ):
        simulator.world.settings.update(limits=False)
        settings = Settings(
            home=home,
            client_key=DEMO_CLIENT_KEY,
            client_secret=DEMO_CLIENT_SECRET,
            api_url=simulator.api_url,
            authorize_url=simulator.authorize_url,
            redirect_url=f"{url}/connect/return/"
            if lands_here
            else f"{simulator.url}/nothing-here/",
        )
        with closing(App(settings, clock=clock)) as app, _serving(app, listener, working):
            yield House(app, simulator, url, hurry)


@contextmanager
def _serving(app: App, listener: socket.socket, working: bool) -> Iterator[None]:
    engine = make_engine(app, advice_for)
    config = uvicorn.Config(
        create(app, engine),
        log_config=None,
        access_log=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    if working:
        engine.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        if working:
            engine.stop(5)
