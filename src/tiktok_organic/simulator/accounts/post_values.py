"""The invented lifetime values of one post, as TikTok would return them at one instant."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from tiktok_organic.simulator.accounts import audience
from tiktok_organic.simulator.accounts.captions import caption
from tiktok_organic.simulator.accounts.counts import NOTHING
from tiktok_organic.simulator.dice import Dice
from tiktok_organic.simulator.endpoints.fields import PERISHABLE, VIDEO_CLICKS

if TYPE_CHECKING:
    from datetime import datetime

    from tiktok_organic.simulator.accounts.account import Account
    from tiktok_organic.simulator.accounts.counts import Counts
    from tiktok_organic.simulator.accounts.posts import Post
    from tiktok_organic.simulator.settings import Settings

_DAY = 86_400
_IDLE_SECONDS = 7 * _DAY
_IMAGE_SECONDS = 2 * _DAY
_CURVES = frozenset(("video_view_retention", "engagement_likes"))
_SHARES = frozenset(
    (
        "impression_sources",
        "audience_types",
        "audience_genders",
        "audience_countries",
        "audience_cities",
    )
)


def data_time(settings: Settings, now: datetime) -> int:
    """Return the time up to which counters include all events, in unix seconds."""
    instant = int(now.timestamp() - settings.post_latency_hours * 3600)
    return instant - instant % _DAY if settings.post_counting == "stepwise" else instant


class PostTeller:
    """Returns the posts of one account as known at `now`.

    `version` identifies what depends on time.
    """

    def __init__(self, account: Account, settings: Settings, base_url: str, now: datetime) -> None:
        self._account = account
        self._settings = settings
        self._base_url = base_url
        self._now = int(now.timestamp())
        self._has_audience = account.has_audience(now.date())
        self._data_time = data_time(settings, now)
        seen = int(self._now - settings.insight_latency_hours * 3600)
        self._seen = seen - seen % _DAY
        # Young counters end within the day, so their text holds for no longer than that second.
        young = self._now if settings.young_hours else 0
        self.version = (self._data_time, self._seen, self._now // _DAY, self._has_audience, young)

    def values(self, post: Post, fields: tuple[str, ...]) -> dict[str, object]:
        """Return the requested fields that TikTok would return for this post now."""
        account = self._account
        dice = Dice(account.seed, account.key, "post", post.serial)
        is_photo = dice.fraction(15) < 0.08
        everything = self._identity(post, is_photo) | self._metrics(post, dice, is_photo, fields)
        return {name: everything[name] for name in fields if name in everything}

    def _identity(self, post: Post, is_photo: bool) -> dict[str, object]:
        number = self._settings.create_time_as_number
        expires = self._now // _DAY * _DAY + _IMAGE_SECONDS
        user, item = self._account.username, post.item_id
        signature = Dice(self._account.seed, "signature", item, expires).hex(24)
        query = f"x-expires={expires}&x-signature={signature}"
        campaign = "utm_campaign=tt4d_open_api&utm_source=simulator"
        return {
            "item_id": item,
            "media_type": "PHOTO" if is_photo else "VIDEO",
            "is_ad": self._account.is_ad(post),
            "thumbnail_url": f"{self._base_url}/pictures/{item}.svg?{query}",
            "share_url": f"https://www.tiktok.com/@{user}/video/{item}?{campaign}",
            "embed_url": f"https://www.tiktok.com/player/v1/{item}?{campaign}",
            "caption": caption(Dice(self._account.seed, self._account.key, "caption", post.serial)),
            "create_time": post.create_time if number else str(post.create_time),
        }

    def _is_young(self, post: Post) -> bool:
        young = self._now - post.create_time < self._settings.young_hours * 3600
        return young or self._data_time <= post.create_time

    def _metrics(
        self, post: Post, dice: Dice, is_photo: bool, fields: tuple[str, ...]
    ) -> dict[str, object]:
        is_young = self._is_young(post)
        if is_young and self._settings.young_posts == "absent":
            return {}
        counts = NOTHING if is_young else self._account.ledger.at(post, self._data_time)
        values = _counts(counts, dice, is_photo)
        # Lists cost more than all counts together: built only when one of them is asked for.
        if not _CURVES.isdisjoint(fields):
            values |= _curves(dice, values["video_duration"])
        if not _SHARES.isdisjoint(fields):
            values |= self._shares(post)
        if not self._account.is_business_account:
            del values["profile_views"]
        if not self._account.has_click_fields():
            values = {name: value for name, value in values.items() if name not in VIDEO_CLICKS}
        if self.is_idle(post):
            values = {name: value for name, value in values.items() if name not in PERISHABLE}
        return values

    def is_idle(self, post: Post) -> bool:
        """Whether the post had no views for a week, as far as TikTok has counted (facts 3.2)."""
        if self._settings.idle_posts != "natural":
            return self._settings.idle_posts == "all"
        if self._seen - post.create_time < _IDLE_SECONDS:
            return False
        ledger = self._account.ledger
        latest = ledger.at(post, self._seen)
        return latest.views == ledger.at(post, self._seen - _IDLE_SECONDS).views

    def _shares(self, post: Post) -> dict[str, object]:
        lots = Dice(self._account.seed, self._account.key, "shares", post.serial)
        age = max(0, self._data_time - post.create_time) / _DAY
        values: dict[str, object] = {
            "impression_sources": audience.sources(lots, age),
            "audience_types": audience.viewer_types(lots),
            "audience_genders": [],
            "audience_countries": [],
            "audience_cities": [],
        }
        if self._has_audience:
            values["audience_genders"] = audience.genders(lots)
            values["audience_countries"] = audience.countries(lots, self._account.country)
            values["audience_cities"] = audience.cities(lots, self._account.country, prefixed=True)
        return values


def _counts(counts: Counts, dice: Dice, is_photo: bool) -> dict[str, object]:
    views = counts.views
    duration = 0.0 if is_photo else round(dice.between(0, 6.0, 58.0), 3)
    watched = round(duration * dice.between(1, 0.25, 0.7), 3) if views else 0.0
    values: dict[str, object] = {
        "video_duration": duration,
        "video_views": views,
        "reach": round(views * dice.between(2, 0.78, 0.93)),
        "likes": counts.likes,
        "comments": counts.comments,
        "shares": counts.shares,
        "favorites": round(views * dice.between(6, 0.004, 0.02)),
        "total_time_watched": round(views * watched, 3),
        "average_time_watched": watched,
        "full_video_watched_rate": round(dice.between(7, 0.04, 0.35), 4) if views else 0.0,
        "new_followers": round(views * dice.between(8, 0.0005, 0.006)),
        "profile_views": round(views * dice.between(9, 0.005, 0.03)),
    }
    for name in VIDEO_CLICKS:
        values[name] = round(views * dice.between(10, 0.0001, 0.002))
    return values


def _curves(dice: Dice, duration: object) -> dict[str, object]:
    seconds = int(float(str(duration)))
    return {
        "video_view_retention": _curve(seconds, 1.0, dice.between(11, 0.05, 0.2)),
        "engagement_likes": _curve(seconds, dice.between(12, 0.05, 0.3), 0.02),
    }


def _curve(seconds: int, start: float, floor: float) -> list[dict[str, object]]:
    return [
        {
            "second": str(second),
            "percentage": round(floor + (start - floor) * exp(-second / 9.0), 4),
        }
        for second in range(seconds + 1)
    ]
