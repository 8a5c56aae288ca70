"""A whole product under test: its store, its engine, a TikTok of its own, and the page on a real port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from tiktok_organic.actions import people
from tiktok_organic.actions.working import make_engine
from tiktok_organic.app import App
from tiktok_organic.settings import Settings
from tiktok_organic.simulator import DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Simulator
from tiktok_organic.store.people import Person
from tiktok_organic.web import create

PASSWORD = "correct horse battery"


@dataclass
class House:
    """`url`: where the page is. `app`: the product behind it. `simulator`: its TikTok."""

    app: App
    simulator: Simulator
    url: str

    def person(self, name: str, role: str) -> Person:
        """Somebody with the usual password."""
        token = f"token-of-{name}"
        app = self.app
        app.invitations.add(token, f"{name}@example.com", role, "the test", app.clock.now())
        invitation = app.invitations.find(token, app.clock.now())
        return people.accept(app, invitation, "", PASSWORD, "Europe/Berlin")

    def cookie(self, person: Person) -> dict[str, Any]:
        """A session for a browser."""
        token = people.session_for(self.app, person)
        return {"name": "tiktok_organic_session", "value": token, "url": self.url, "httpOnly": True, "sameSite": "Lax"}


def settings_for(home: Path, simulator: Simulator | None, redirect_url: str) -> Settings:
    if simulator is None:
        return Settings(home=home)
    return Settings(
        home=home,
        client_key=DEMO_CLIENT_KEY,
        client_secret=DEMO_CLIENT_SECRET,
        api_url=simulator.api_url,
        authorize_url=simulator.authorize_url,
        redirect_url=redirect_url,
    )


@contextmanager
def open_house(
    home: Path, *, configured: bool = True, working: bool = True, lands_here: bool = True
) -> Iterator[House]:
    """`working`: whether ordered runs are performed. `lands_here`: whether TikTok's redirect comes back to the page;
    otherwise it leads to an address that shows nothing."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with Simulator() as simulator:
        simulator.world.settings.update(limits=False)
        redirect_url = f"{url}/connect/return/" if lands_here else f"{simulator.url}/nothing-here/"
        app = App(settings_for(home, simulator if configured else None, redirect_url))
        engine = make_engine(app)
        server = uvicorn.Server(
            uvicorn.Config(
                create(app, engine), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        if working:
            engine.start()
        try:
            yield House(app, simulator, url)
        finally:
            server.should_exit = True
            thread.join(10)
            if working:
                engine.stop(5)
            app.close()
            listener.close()
