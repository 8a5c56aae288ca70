"""The application: all concrete classes, created from the settings when they are first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from tiktok_organic.app_store_parts import StoreParts
from tiktok_organic.archive import Archive
from tiktok_organic.clock import Clock
from tiktok_organic.errors import Refused
from tiktok_organic.own_files import OwnFiles
from tiktok_organic.settings import PREFIX, Settings
from tiktok_organic.settings.tiktok_rate_limits import Limits
from tiktok_organic.warehouse.contract import Warehouse
from tiktok_organic.warehouse.destinations import files_of, is_local, open_warehouse

if TYPE_CHECKING:
    import httpx2

    from tiktok_organic.engine.engine import Engine
    from tiktok_organic.tiktok.consent_address import App as TikTokApp
    from tiktok_organic.tiktok.oauth import OAuth
    from tiktok_organic.tiktok.transport import Transport, Usage

__all__ = ["App", "Portal"]


@dataclass(frozen=True)
class Portal:
    """One TikTok: the real one, or the included simulator.

    `tiktok_app` is the developer app that it knows.
    """

    api_url: str
    authorize_url: str
    tiktok_app: TikTokApp


class App(StoreParts):
    """The parts of the product. Tests set `transport` (the network) and `clock` (the time)."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        super().__init__(settings, clock=clock)
        self._transport = transport
        self._http: dict[str, httpx2.Client] = {}
        self._making = Lock()
        self.engine: Engine | None = None
        """The engine that is notified of new orders; None in a process that runs its own orders."""

    @property
    def own_files(self) -> OwnFiles:
        """The files that no typed path may name."""
        return OwnFiles(self.settings.home)

    @cached_property
    def archive(self) -> Archive:
        return Archive(self.settings.archive, self.settings.home / "spool")

    @cached_property
    def limits(self) -> Limits:
        return self.settings.limits

    def http(self, api_url: str) -> httpx2.Client:
        """Return the HTTP client for an API address.

        Raises BadValue if the environment's proxy or certificates cannot be used.
        """
        from tiktok_organic.tiktok.http_client import http_client
        from tiktok_organic.tiktok.transport import host

        server = api_url.partition("://")[0] + "://" + host(api_url)
        with self._making:
            if server not in self._http:
                self._http[server] = http_client(server, self._transport, clock=self.clock)
            return self._http[server]

    def share(self) -> None:
        """Create shared parts before threads run in parallel.

        Otherwise each thread could create its own (from Python 3.12 on), and only one of them would
        be closed.
        """
        _ = self.database, self.locks, self.rate_limiter

    @property
    def tiktok_app(self) -> TikTokApp:
        """Return the developer app of the settings. Raises Refused if it is not configured."""
        from tiktok_organic.tiktok.consent_address import App as TikTokApp

        settings = self.settings_for("CLIENT_KEY", "CLIENT_SECRET", "REDIRECT_URL")
        needed = {
            "CLIENT_KEY": settings.client_key,
            "CLIENT_SECRET": settings.client_secret,
            "REDIRECT_URL": settings.redirect_url,
        }
        missing = [PREFIX + name for name, value in needed.items() if not value]
        if missing:
            raise Refused(
                f"no TikTok developer app is configured: {', '.join(missing)} not set",
                code="app_not_configured",
            )
        return TikTokApp(settings.client_key, settings.client_secret, settings.redirect_url)

    def portal(self, api_url: str | None = None, redirect_url: str = "") -> Portal:
        """Return the TikTok of accounts with that API address (None: that of the settings).

        Raises Refused if no developer app is configured. `redirect_url` is used for the demo only:
        a real one is registered with TikTok.
        """
        api_url = api_url or self.settings.api_url
        if api_url == self.demo_home.api_url:
            from tiktok_organic.simulator import DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET
            from tiktok_organic.tiktok.consent_address import App as TikTokApp

            invented = TikTokApp(
                DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, redirect_url or "https://localhost/"
            )
            return Portal(api_url, self.demo_home.authorize_url, invented)
        return Portal(api_url, self.settings.authorize_url, self.tiktok_app)

    def transport(
        self,
        api_url: str,
        *,
        on_wait: Callable[[float, str], None] = lambda seconds, reason: None,
        on_send: Callable[[], None] = lambda: None,
        usage: Usage | None = None,
    ) -> Transport:
        """Return the transport for the TikTok at that address.

        Its requests are counted in `usage`.
        """
        from tiktok_organic.tiktok.transport import Transport, Usage

        # Requests to the simulator do not count against the limits of the real app.
        key = (
            "demo"
            if api_url == self.demo_home.api_url
            else self.settings_for("CLIENT_KEY").client_key
        )
        return Transport(
            self.http(api_url),
            api_url,
            app=key,
            clock=self.clock,
            rate_limiter=self.rate_limiter,
            limits=self.limits,
            on_wait=on_wait,
            on_send=on_send,
            usage=usage or Usage(),
        )

    def oauth(self, transport: Transport) -> OAuth:
        from tiktok_organic.tiktok.oauth import OAuth

        return OAuth(transport, self.portal(transport.api_url).tiktok_app)

    @contextmanager
    def warehouse(self, url: str) -> Iterator[Warehouse]:
        """Open a destination, and close it afterwards.

        Raises Refused for one that other machines could not reach, and for one whose driver would
        open a file of ours.
        """
        self.refuse_local(url)
        for path in files_of(url):
            self.own_files.refuse(path)
        warehouse = open_warehouse(url, clock=self.clock, spool=self.settings.home / "spool")
        try:
            yield warehouse
        finally:
            warehouse.close()

    def refuse_local(self, url: str) -> None:
        """Raise Refused for a destination on one machine if several share the store."""
        if self.settings.store_url and is_local(url):
            raise Refused(
                "a DuckDB file cannot be the destination when several machines work together "
                "(STORE_URL is set)",
                code="destination_refused",
                remedy=(
                    "Use bigquery:// or postgresql:// as the destination, or leave "
                    "TIKTOK_ORGANIC_STORE_URL unset."
                ),
            )

    def close(self) -> None:
        """Close connections and files."""
        while self._http:
            self._http.popitem()[1].close()
        for name in ("locks", "database"):
            part = self.__dict__.pop(name, None)
            if part is not None:
                part.close()

    @property
    def folder(self) -> Path:
        """The folder of relative destinations."""
        return Path.cwd()
