"""The parts of the store, created when they are first needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tiktok_organic.clock import Clock, SystemClock
from tiktok_organic.settings import CHANGEABLE, Settings
from tiktok_organic.store.chosen_settings import ChosenSettings
from tiktok_organic.store.connectors.chart_data import ChartData
from tiktok_organic.store.connectors.connectors import Connectors
from tiktok_organic.store.connectors.known_days import Days
from tiktok_organic.store.connectors.tiktok_tokens import TokenStore
from tiktok_organic.store.connectors.unsaved_tokens import UnsavedTokens
from tiktok_organic.store.connectors.video_lists import VideoLists
from tiktok_organic.store.database import Database
from tiktok_organic.store.demo_home import DemoHome
from tiktok_organic.store.encryption.cipher import Cipher, read_or_make_key
from tiktok_organic.store.encryption.key_check import check_key, holds_encrypted
from tiktok_organic.store.locks.file_locks import FileLocks
from tiktok_organic.store.locks.locks import Locks
from tiktok_organic.store.runs.due_work import DueWork
from tiktok_organic.store.runs.metric_counters import Counters
from tiktok_organic.store.runs.runs import Runs
from tiktok_organic.store.shared_rate_limiter import StoreRateLimiter

if TYPE_CHECKING:
    from tiktok_organic.store.connectors.connection_drafts import Drafts
    from tiktok_organic.store.connectors.consent_states import Authorizations
    from tiktok_organic.store.people.api_tokens import ApiTokens
    from tiktok_organic.store.people.event_limit import EventLimit
    from tiktok_organic.store.people.invitations import Invitations
    from tiktok_organic.store.people.people import People
    from tiktok_organic.store.people.security_events import Events
    from tiktok_organic.store.people.sessions import Sessions
    from tiktok_organic.store.people.sign_in_attempts import SignInAttempts
    from tiktok_organic.store.runs.sent_notifications import Notices

__all__ = ["StoreParts"]


class StoreParts:
    """The parts of the store that the settings name, and the settings that are stored in it.

    What only the page needs is imported late: a command starts 10 ms earlier.
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()

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
                    from tiktok_organic.store.encryption.key_rotation import rotate_key

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
        from tiktok_organic.store.runs.sent_notifications import Notices

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
        from tiktok_organic.store.people.people import People

        return People(self.database)

    @cached_property
    def sign_in_attempts(self) -> SignInAttempts:
        from tiktok_organic.store.people.sign_in_attempts import SignInAttempts

        return SignInAttempts(self.database)

    @cached_property
    def events(self) -> Events:
        from tiktok_organic.store.people.security_events import Events

        return Events(self.database)

    @cached_property
    def event_limit(self) -> EventLimit:
        from tiktok_organic.store.people.event_limit import EventLimit

        return EventLimit()

    @cached_property
    def chosen_settings(self) -> ChosenSettings:
        return ChosenSettings(self.database, self.cipher)

    @cached_property
    def sessions(self) -> Sessions:
        from tiktok_organic.store.people.sessions import Sessions

        return Sessions(self.database)

    @cached_property
    def invitations(self) -> Invitations:
        from tiktok_organic.store.people.invitations import Invitations

        return Invitations(self.database)

    @cached_property
    def api_tokens(self) -> ApiTokens:
        from tiktok_organic.store.people.api_tokens import ApiTokens

        return ApiTokens(self.database)

    @cached_property
    def drafts(self) -> Drafts:
        from tiktok_organic.store.connectors.connection_drafts import Drafts

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
        from tiktok_organic.store.connectors.consent_states import Authorizations

        return Authorizations(self.database)

    @cached_property
    def locks(self) -> Locks:
        if self.database.path is not None:
            return FileLocks(self.settings.home / "locks")
        from tiktok_organic.store.locks.postgres_locks import AdvisoryLocks

        return AdvisoryLocks(self.database, self.clock)

    @cached_property
    def rate_limiter(self) -> StoreRateLimiter:
        return StoreRateLimiter(self.database, self.clock)
