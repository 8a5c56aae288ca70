"""The application: all concrete classes, created from the settings when they are first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from tiktok_organic.archive import Archive
from tiktok_organic.clock import Clock, SystemClock
from tiktok_organic.errors import Refused
from tiktok_organic.own_files import OwnFiles
from tiktok_organic.settings import CHANGEABLE, PREFIX, Settings
from tiktok_organic.store.api_tokens import ApiTokens
from tiktok_organic.store.begun_consents import Authorizations
from tiktok_organic.store.chart_data import ChartData
from tiktok_organic.store.chosen_settings import ChosenSettings
from tiktok_organic.store.cipher import Cipher, read_or_make_key
from tiktok_organic.store.connection_drafts import Drafts
from tiktok_organic.store.connector_locks import FileLocks, Locks
from tiktok_organic.store.connectors import Connectors
from tiktok_organic.store.database import Database
from tiktok_organic.store.demo_home import DemoHome
from tiktok_organic.store.due_work import DueWork
from tiktok_organic.store.event_limit import EventLimit
from tiktok_organic.store.invitations import Invitations
from tiktok_organic.store.key_check import check_key, holds_encrypted
from tiktok_organic.store.key_rotation import rotate_key
from tiktok_organic.store.known_days import Days
from tiktok_organic.store.metric_counters import Counters
from tiktok_organic.store.people import People
from tiktok_organic.store.rate_limiter import StoreRateLimiter
from tiktok_organic.store.runs import Runs
from tiktok_organic.store.security_events import Events
from tiktok_organic.store.sent_notifications import Notices
from tiktok_organic.store.sessions import Sessions
from tiktok_organic.store.sign_in_attempts import SignInAttempts
from tiktok_organic.store.tiktok_tokens import TokenStore
from tiktok_organic.store.unsaved_tokens import UnsavedTokens
from tiktok_organic.store.video_lists import VideoLists
from tiktok_organic.tiktok.rate_limit import Limits
from tiktok_organic.warehouse.base import Warehouse
from tiktok_organic.warehouse.destinations import files_of, is_local, open_warehouse

if TYPE_CHECKING:
    import httpx2

    from tiktok_organic.tiktok.oauth import App as TikTokApp
    from tiktok_organic.tiktok.oauth import OAuth
    from tiktok_organic.tiktok.transport import Transport, Usage
    from tiktok_organic.work.engine import Engine

__all__ = ["App", "Portal"]


@dataclass(frozen=True)
class Portal:
    """One TikTok: the real one, or the included simulator.

    `tiktok_app` is the developer app that it knows.
    """

    api_url: str
    authorize_url: str
    tiktok_app: TikTokApp


class App:
    """The parts of the product. Tests set `transport` (the network) and `clock` (the time)."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self._transport = transport
        self._http: dict[str, httpx2.Client] = {}
        self._making = Lock()
        self.engine: Engine | None = None
        """The engine that is notified of new orders; None in a process that runs its own orders."""

    @property
    def effective(self) -> Settings:
        """Return the effective settings: the environment's, and for others those set on the page.

        Raises what the store raises.
        """
        return self.settings_for(*CHANGEABLE)

    def settings_for(self, *names: str) -> Settings:
        """Return the effective settings if only these are needed.

        The store is read if the environment does not set one of them, each time again, because
        another process may have changed it.
        """
        if all(self.settings.decides(name) for name in names):
            return self.settings
        return self.settings.completed(self.chosen_settings.texts())

    @cached_property
    def database(self) -> Database:
        return Database(self.settings.store)

    @cached_property
    def cipher(self) -> Cipher:
        """Return the cipher.

        Raises WrongKey if this store's secrets were encrypted with another key. With a new key,
        values of older keys are encrypted again, unless a server of this home is running, which may
        have only the old one.
        """
        cipher = Cipher(self.encryption_key)
        if not check_key(self.database, cipher) and self.database.path is not None:
            with self.locks.hold("server") as acquired:
                if acquired:
                    rotate_key(self.database, cipher)
        return cipher

    @property
    def encryption_key(self) -> str:
        """Return the key, which is created at the first start.

        Raises Refused if it is missing later: a new one could not decrypt the stored values.
        """
        return self.settings.secret_key or read_or_make_key(
            self.settings.home, lambda: holds_encrypted(self.database)
        )

    @cached_property
    def connectors(self) -> Connectors:
        return Connectors(self.database, self.cipher)

    @cached_property
    def runs(self) -> Runs:
        return Runs(self.database)

    @cached_property
    def due_work(self) -> DueWork:
        return DueWork(self.database)

    @cached_property
    def notices(self) -> Notices:
        return Notices(self.database)

    @cached_property
    def counters(self) -> Counters:
        return Counters(self.database)

    @cached_property
    def days(self) -> Days:
        return Days(self.database)

    @cached_property
    def chart_data(self) -> ChartData:
        return ChartData(self.database)

    @cached_property
    def people(self) -> People:
        return People(self.database)

    @cached_property
    def sign_in_attempts(self) -> SignInAttempts:
        return SignInAttempts(self.database)

    @cached_property
    def events(self) -> Events:
        return Events(self.database)

    @cached_property
    def event_limit(self) -> EventLimit:
        return EventLimit()

    @cached_property
    def chosen_settings(self) -> ChosenSettings:
        return ChosenSettings(self.database, self.cipher)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.database)

    @cached_property
    def invitations(self) -> Invitations:
        return Invitations(self.database)

    @cached_property
    def api_tokens(self) -> ApiTokens:
        return ApiTokens(self.database)

    @cached_property
    def drafts(self) -> Drafts:
        return Drafts(self.database, self.cipher)

    @cached_property
    def demo_home(self) -> DemoHome:
        return DemoHome(self.database)

    @cached_property
    def tokens(self) -> TokenStore:
        return TokenStore(self.database, self.cipher)

    @cached_property
    def unsaved_tokens(self) -> UnsavedTokens:
        return UnsavedTokens(self.settings.home / "renewals", self.cipher)

    @cached_property
    def video_lists(self) -> VideoLists:
        return VideoLists(self.database)

    @cached_property
    def authorizations(self) -> Authorizations:
        return Authorizations(self.database)

    @cached_property
    def locks(self) -> Locks:
        if self.database.path is not None:
            return FileLocks(self.settings.home / "locks")
        from tiktok_organic.store.advisory_locks import AdvisoryLocks

        return AdvisoryLocks(self.database, self.clock)

    @property
    def own_files(self) -> OwnFiles:
        """The files that no typed path may name."""
        return OwnFiles(self.settings.home)

    @cached_property
    def archive(self) -> Archive:
        return Archive(self.settings.archive, self.settings.home / "spool")

    @cached_property
    def rate_limiter(self) -> StoreRateLimiter:
        return StoreRateLimiter(self.database, self.clock)

    @cached_property
    def limits(self) -> Limits:
        return Limits(*self.settings.limits)

    def http(self, api_url: str) -> httpx2.Client:
        """Return the HTTP client for an API address.

        Raises BadValue if the environment's proxy or certificates cannot be used.
        """
        from tiktok_organic.tiktok.network import http_client
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
        from tiktok_organic.tiktok.oauth import App as TikTokApp

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
            from tiktok_organic.tiktok.oauth import App as TikTokApp

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
