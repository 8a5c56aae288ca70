"""One invented TikTok account: its profile, and what the API may return about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, timedelta
from functools import lru_cache
from math import exp
from typing import TYPE_CHECKING, Any

from tiktok_organic.simulator.accounts.ledger import Ledger
from tiktok_organic.simulator.accounts.rhythm import part_of_day
from tiktok_organic.simulator.dice import Dice

if TYPE_CHECKING:
    from datetime import date, datetime

    from tiktok_organic.simulator.accounts.posts import Post, Posts

# Follower insights need this many followers (facts 2.2).
AUDIENCE_THRESHOLD = 100
_VIRAL_BLOCK_DAYS = 40


@dataclass(frozen=True)
class Rename:
    """The owner changes the username to `username` at the instant `at`."""

    at: datetime
    former: str
    username: str


@dataclass(frozen=True)
class Restatement:
    """Until `at`, a day's values are returned too high by `share`.

    From then on they are the true ones.
    """

    at: datetime
    share: float


@dataclass
class Account:
    """An account; mutable. `followers` is the number at the beginning and end of the day `anchor`.

    `key` seeds the random values and survives a change of username. `settings` override the
    simulator's.
    """

    username: str
    display_name: str
    seed: int
    key: str
    open_id: str
    anchor: date
    created: date
    analytics_on: date | None
    posts: Posts
    is_business_account: bool = True
    is_registered: bool = True
    is_verified: bool = False
    followers: int = 1240
    following: int = 87
    bio_description: str = ""
    country: str = "DE"
    likes_per_view: float = 0.06
    ad_share: float = 0.025
    settings: dict[str, Any] = field(default_factory=dict)
    renames: list[Rename] = field(default_factory=list)
    coming_renames: list[Rename] = field(default_factory=list)
    restatements: dict[date, Restatement] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # The reach of videos depends on the initial size: changing the size later changes no
        # history.
        self.base_followers = self.followers
        self.ledger = Ledger(self)

    def is_ad(self, post: Post) -> bool:
        """Whether the post only appears in ads; `ad_share` of all posts do."""
        return Dice(self.seed, self.key, "ad", post.serial).fraction(0) < self.ad_share

    def rename(self, username: str, at: datetime, now: datetime) -> None:
        """Change the username at `at`; a future change is applied when its time has come."""
        self.coming_renames.append(Rename(at, "", username))
        self.catch_up(now)

    def catch_up(self, now: datetime) -> None:
        """Apply the changes of username whose time has come."""
        due = sorted((one for one in self.coming_renames if one.at <= now), key=lambda one: one.at)
        for one in due:
            self.coming_renames.remove(one)
            self.renames.append(Rename(one.at, self.username, one.username))
            self.username = one.username

    def followers_on(self, day: date) -> int:
        """Followers at the end of the UTC day `day`, 0 before the account existed.

        Exactly `followers` at the beginning and at the end of `anchor`: as many come as go.
        """
        if day < self.created:
            return 0
        place = day if day >= self.anchor else day + timedelta(days=1)
        if place == self.anchor or not self.followers:
            return self.followers
        shape = _growth(self.seed, self.key, self.created, self.anchor, place)
        wobble = (
            (Dice(self.seed, self.key, "wobble", place).fraction(0) - 0.5) * 0.0015 * self.followers
        )
        return max(0, round(self.followers * shape + wobble))

    def followers_at(self, now: datetime) -> int:
        """Return the counter at one instant: within a day it follows the activity of its hours."""
        day = now.astimezone(UTC)
        before = self.followers_on(day.date() - timedelta(days=1))
        net = self.followers_on(day.date()) - before
        return before + round(net * part_of_day(day.hour * 3600 + day.minute * 60 + day.second))

    def has_audience(self, day: date) -> bool:
        """Whether follower insights exist on `day`."""
        return self.followers_on(day) >= AUDIENCE_THRESHOLD

    def has_click_fields(self) -> bool:
        """Click counts belong to registered Business accounts (facts 2.2, 3.3)."""
        return self.is_business_account and self.is_registered


@lru_cache(maxsize=4096)
def _viral_moment(seed: int, key: str, block: int) -> tuple[int, float]:
    dice = Dice(seed, key, "viral", block)
    return block * _VIRAL_BLOCK_DAYS + int(dice.between(0, 4, 36)), dice.between(1, 1.5, 5.0)


@lru_cache(maxsize=65536)
def _growth(seed: int, key: str, created: date, anchor: date, day: date) -> float:
    return _shape(seed, key, created, day) / _shape(seed, key, created, anchor)


def _shape(seed: int, key: str, created: date, day: date) -> float:
    """A slow climb since `created` and a step after each viral moment."""
    age = max(0, (day - created).days)
    steps = 0.0
    ordinal = day.toordinal()
    first = created.toordinal() // _VIRAL_BLOCK_DAYS
    for block in range(first, ordinal // _VIRAL_BLOCK_DAYS + 1):
        start, strength = _viral_moment(seed, key, block)
        if start <= ordinal:
            steps += 0.008 * strength * (1 - exp((start - ordinal - 1) / 3.0))
    return 0.35 + 0.65 * age / (age + 400) + steps
