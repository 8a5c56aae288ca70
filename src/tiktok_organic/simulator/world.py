"""Everything the simulator knows and remembers, in one object that tests may change at any time."""

from __future__ import annotations

from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any

from tiktok_organic.simulator.accounts.account import Restatement
from tiktok_organic.simulator.accounts.accounts import Accounts
from tiktok_organic.simulator.accounts.text_cache import TextCache
from tiktok_organic.simulator.accounts.truth import Truth
from tiktok_organic.simulator.clock import Clock, utc_now
from tiktok_organic.simulator.endpoints.developer_app import DeveloperApp
from tiktok_organic.simulator.endpoints.fields import SCOPES
from tiktok_organic.simulator.endpoints.grants import Grants
from tiktok_organic.simulator.endpoints.limits import Limits
from tiktok_organic.simulator.faults.ordered_faults import Faults
from tiktok_organic.simulator.server.journal import Journal
from tiktok_organic.simulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from tiktok_organic.simulator.accounts.account import Account

DEMO_USERNAME = "demo.bakery"


class World:
    """TikTok in small.

    The same `seed` and `anchor` give the same accounts, days and posts in every process.
    `anchor` is the day around which accounts are invented (default: the simulated today at the
    time of adding); `random` makes tokens, codes and request ids; `settings` differ from the
    defaults.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = utc_now,
        *,
        seed: int = 1,
        random: Random | None = None,
        anchor: date | None = None,
        demo: bool = True,
        videos: int = 57,
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.clock = Clock(clock)
        self.random = random or SystemRandom()
        self.settings = Settings()
        self._own_settings = settings or {}
        self.settings.update(**self._own_settings)
        self.app = DeveloperApp()
        self.faults = Faults()
        self.journal = Journal()
        self.texts = TextCache()
        self.seed = seed
        self._anchor = anchor
        self._demo = demo
        self._demo_videos = videos
        self._fill()

    def _fill(self) -> None:
        self.accounts = Accounts(
            self.seed, lambda: self._anchor or self.clock.today(), self.clock.now
        )
        self.grants = Grants(self.settings, self.random)
        self.limits = Limits(self.settings)
        self.walks: dict[tuple[str, str], int] = {}
        if self._demo:
            add_demo_accounts(self.accounts, self._demo_videos)

    def reset(self) -> None:
        """Back to the start: accounts, tokens, faults, journal, settings, app and clock."""
        self.clock.offset *= 0
        self.settings.restore()
        self.settings.update(**self._own_settings)
        self.app = DeveloperApp()
        self.faults.clear()
        self.journal.clear()
        self.texts = TextCache()
        self._fill()

    def add_account(self, username: str, **traits: Any) -> Account:
        """Add an account and build it. Traits: see `accounts.invent_account`."""
        self.accounts.add(username, **traits)
        return self.accounts.by_username(username)

    def account(self, username: str = DEMO_USERNAME) -> Account:
        """The account of that name. Raises KeyError."""
        return self.accounts.by_username(username)

    def settings_of(self, account: Account) -> Settings:
        """The settings as they apply to `account`."""
        return self.settings.with_overrides(account.settings)

    def catch_up(self, account: Account | None) -> None:
        """Let what was scheduled for `account` happen, as far as its time has come."""
        if account is not None and account.coming_renames:
            account.catch_up(self.clock.now())

    def token(
        self, username: str = DEMO_USERNAME, scopes: Iterable[str] = SCOPES
    ) -> dict[str, Any]:
        """Return the seven fields of a token answer at once, without the consent pages."""
        return self.grants.grant(self.account(username).open_id, tuple(scopes), self.clock.now())

    def code(
        self, redirect_uri: str, username: str = DEMO_USERNAME, scopes: Iterable[str] = SCOPES
    ) -> str:
        """An authorization code as the redirect would carry it, decoded."""
        return self.grants.issue_code(
            self.account(username).open_id, tuple(scopes), redirect_uri, self.clock.now()
        )

    def revoke(self, username: str = DEMO_USERNAME) -> int:
        """The owner takes every consent back in TikTok's app. Returns how many ended."""
        return self.grants.revoke_account(self.account(username).open_id)

    def expire(self, username: str = DEMO_USERNAME) -> int:
        """Every access token of the account expires now. Returns how many were alive."""
        return self.grants.expire_access(self.account(username).open_id, self.clock.now())

    def rename(self, username: str, new_username: str, at: datetime | None = None) -> None:
        """The owner changes the username at `at` (default: now); open_id and data stay."""
        if new_username in self.accounts.usernames():
            raise ValueError(f"there is an account named {new_username} already")
        now = self.clock.now()
        self.account(username).rename(new_username, at or now, now)

    def restate(self, day: date, at: datetime, share: float, username: str = DEMO_USERNAME) -> None:
        """Return `day` of the account too high by `share` until `at`, and right from then on."""
        self.account(username).restatements[day] = Restatement(at, share)

    def truth(self, username: str = DEMO_USERNAME) -> Truth:
        """Return the true values of one account, whatever the API returns."""
        account = self.account(username)
        return Truth(account, self.settings_of(account))

    def request_id(self, now: datetime) -> str:
        """14 digits of UTC time and 20 hexadecimal ones (facts 4.1)."""
        return f"{now:%Y%m%d%H%M%S}{self.random.getrandbits(80):020X}"


def add_demo_accounts(accounts: Accounts, videos: int) -> None:
    """Add the demo's accounts: a bakery, a personal, a very small and a large account."""
    accounts.add(
        DEMO_USERNAME,
        display_name="Demo Bäckerei 🥨",
        bio_description="Handmade bread & cakes\nBerlin · since 1987",
        followers=5210,
        is_verified=True,
        videos=videos,
        video_days=210.0,
    )
    accounts.add(
        "camille.crée",
        display_name="Camille Crée",
        is_business_account=False,
        is_registered=False,
        followers=860,
        country="FR",
        videos=23,
    )
    accounts.add(
        "tiny.tearoom", display_name="Tiny Tearoom", is_registered=False, followers=42, videos=6
    )
    accounts.add(
        "big.outdoors",
        display_name="Big Outdoors™",
        followers=1_840_000,
        is_verified=True,
        country="US",
        videos=2300,
        video_days=1500.0,
    )
