"""The built-in simulator: started on demand, and found again after a restart."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tiktok_organic.actions.connectors import connect as connecting
from tiktok_organic.actions.connectors import connector_choices
from tiktok_organic.actions.connectors import consent as consenting
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.loopback import LOOPBACK
from tiktok_organic.simulator.world import DEMO_USERNAME
from tiktok_organic.tiktok.http_client import http_client

if TYPE_CHECKING:
    from tiktok_organic.simulator import Simulator

__all__ = ["DemoTikTok"]

# Seconds per answer, similar to the real TikTok, so that progress is visible.
_LATENCY = 0.12


class DemoTikTok:
    """The simulator of this process.

    Its accounts are the same after a restart, but its consents are not: they are given again
    automatically, because no owner has to approve.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._simulator: Simulator | None = None

    def start(self) -> str:
        """Start the simulator if necessary, and return its API address."""
        if self._simulator is None:
            anchor = self._app.demo_home.anchor or self._app.clock.now().date()
            self._simulator = self._begin(anchor)
            self._app.demo_home.move(self._simulator.api_url, anchor)
        return self._simulator.api_url

    def resume(self) -> None:
        """Serve the demo connectors of this store, if it has any, after a restart."""
        demo_connectors = [
            c
            for c in self._app.connectors.all()
            if c.api_url and c.api_url == self._app.demo_home.api_url
        ]
        if not demo_connectors:
            return
        api_url = self.start()
        for connector in self._app.connectors.all():
            if connector.api_url == api_url:
                with contextlib.suppress(TikTokOrganicError):
                    self._consent_again(connector)

    def close(self) -> None:
        if self._simulator is not None:
            self._simulator.close()
            self._simulator = None

    @contextlib.contextmanager
    def beside(self, connector: Connector) -> Iterator[None]:
        """Make sure that the connector's API can be reached.

        For an invented account, the simulator is started, unless `serve` or another command of this
        home runs it.
        """
        where = urlsplit(connector.api_url)
        if (
            not connector.api_url
            or connector.api_url != self._app.demo_home.api_url
            or _answers(where.port or 0)
        ):
            yield
            return
        self.resume()
        try:
            yield
        finally:
            self.close()

    @property
    def simulator(self) -> Simulator | None:
        return self._simulator

    def _begin(self, anchor: date) -> Simulator:
        from tiktok_organic.simulator import Simulator, World

        world = World(self._app.clock.now, anchor=anchor)
        world.settings.update(latency=_LATENCY)
        if self._app.demo_home.has_history:
            from tiktok_organic.actions.demo.invented_events import happen

            happen(world, anchor)
        former = urlsplit(self._app.demo_home.api_url).port or 0
        try:
            return Simulator(former, world=world)
        except OSError:  # another program uses the port now
            return Simulator(0, world=world)

    def connect(self, username: str = DEMO_USERNAME) -> Connector:
        """Return the connector of an invented account; create it with all defaults if needed."""
        api_url = self.start()
        for known in self._app.connectors.all():
            if (known.api_url, known.username) == (api_url, username):
                self._consent_again(known)
                return self._app.connectors.get(known.id)
        return connecting.create(
            self._app, self._consent(username, None), connector_choices.Choices()
        )

    def _consent_again(self, connector: Connector) -> None:
        connecting.reconnect(self._app, connector, self._consent(connector.username, connector))

    def _consent(self, username: str, connector: Connector | None) -> consenting.Consent:
        """Complete the simulator's consent page as the owner of `username`."""
        portal = self._app.portal(self._app.demo_home.api_url)
        address = consenting.begin(self._app, "demo", connector, portal)
        with http_client(portal.api_url, clock=self._app.clock) as http:  # never through a proxy
            answer = http.get(f"{address}&simulator_decision=allow&simulator_account={username}")
        return consenting.finish(self._app, answer.headers["location"], "demo")


def _answers(port: int) -> bool:
    """Whether a server listens on that port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
        return True
    return False
