"""One invented TikTok account: who it is and what the API may say about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from math import exp
from typing import TYPE_CHECKING

from tiktok_organic.simulator.dice import Dice

if TYPE_CHECKING:
    from datetime import date

    from tiktok_organic.simulator.posts import Posts

# Follower insights need this many followers (facts 2.2).
AUDIENCE_THRESHOLD = 100
_VIRAL_BLOCK_DAYS = 40


@dataclass
class Account:
    """Mutable. `followers` holds on the day `anchor`; `key` feeds the dice and survives a change of username."""

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
    likes_per_view: float = field(default=0.06)

    def followers_on(self, day: date) -> int:
        """Followers at the end of the UTC day `day`; exactly `followers` on `anchor`, 0 before the account existed."""
        if day < self.created:
            return 0
        if day == self.anchor or not self.followers:
            return self.followers
        shape = _growth(self.seed, self.key, self.created, self.anchor, day)
        wobble = (
            (Dice(self.seed, self.key, "wobble", day).fraction(0) - 0.5) * 0.0015 * self.followers
        )
        return max(0, round(self.followers * shape + wobble))

    def has_audience(self, day: date) -> bool:
        """Whether follower insights exist on `day`."""
        return self.followers_on(day) >= AUDIENCE_THRESHOLD

    def has_click_fields(self) -> bool:
        """Click counts belong to registered Business accounts (facts 2.2, 3.3)."""
        return self.is_business_account and self.is_registered


def viral_lift(seed: int, key: str, day: date) -> float:
    """0 on an ordinary day, up to about 5 when a post of the account went viral; fades within a week."""
    lift = 0.0
    ordinal = day.toordinal()
    for block in (ordinal // _VIRAL_BLOCK_DAYS, ordinal // _VIRAL_BLOCK_DAYS - 1):
        start, strength = _viral_moment(seed, key, block)
        if start <= ordinal:
            lift += strength * exp((start - ordinal) / 2.2)
    return lift


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
