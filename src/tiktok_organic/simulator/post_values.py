"""The invented lifetime values of one post, as TikTok would tell them at one instant."""

from __future__ import annotations

from math import exp, log1p
from typing import TYPE_CHECKING

from tiktok_organic.simulator import audience
from tiktok_organic.simulator.captions import caption
from tiktok_organic.simulator.dice import Dice
from tiktok_organic.simulator.fields import PERISHABLE, VIDEO_CLICKS

if TYPE_CHECKING:
    from tiktok_organic.simulator.account import Account
    from tiktok_organic.simulator.posts import Post
    from tiktok_organic.simulator.settings import Settings

# Lifetime counters stop moving this long after publishing (facts 3.2).
FROZEN_AFTER_DAYS = 365
_DAY = 86_400
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


class PostTeller:
    """Tells posts of one account as known on `data_day` (unix days; the latency is already taken off)."""

    def __init__(
        self, account: Account, settings: Settings, base_url: str, data_day: int, has_audience: bool
    ) -> None:
        self._account = account
        self._settings = settings
        self._base_url = base_url
        self._data_day = data_day
        self._has_audience = has_audience

    def values(self, post: Post, fields: tuple[str, ...]) -> dict[str, object]:
        """The asked fields that TikTok would give for this post now."""
        account = self._account
        dice = Dice(account.seed, account.key, "post", post.serial)
        is_photo = dice.fraction(15) < 0.08
        everything = self._identity(post, is_photo) | self._metrics(post, dice, is_photo, fields)
        return {name: everything[name] for name in fields if name in everything}

    def _identity(self, post: Post, is_photo: bool) -> dict[str, object]:
        number = self._settings.create_time_as_number
        expires = (self._data_day * _DAY) + 2 * _DAY + _IMAGE_SECONDS
        user, item = self._account.username, post.item_id
        signature = Dice(self._account.seed, "signature", item, expires).hex(24)
        return {
            "item_id": item,
            "media_type": "PHOTO" if is_photo else "VIDEO",
            "is_ad": self.is_ad(post),
            "thumbnail_url": f"{self._base_url}/pictures/{item}.svg?x-expires={expires}&x-signature={signature}",
            "share_url": f"https://www.tiktok.com/@{user}/video/{item}?utm_campaign=tt4d_open_api&utm_source=simulator",
            "embed_url": f"https://www.tiktok.com/player/v1/{item}?utm_campaign=tt4d_open_api&utm_source=simulator",
            "caption": caption(Dice(self._account.seed, self._account.key, "caption", post.serial)),
            "create_time": post.create_time if number else str(post.create_time),
        }

    def is_ad(self, post: Post) -> bool:
        """Whether the post only shows in ads: about one in forty."""
        return Dice(self._account.seed, self._account.key, "ad", post.serial).fraction(0) < 0.025

    def _metrics(
        self, post: Post, dice: Dice, is_photo: bool, fields: tuple[str, ...]
    ) -> dict[str, object]:
        age = self._data_day - post.create_time // _DAY
        if age < 0 and self._settings.young_posts == "absent":
            return {}
        age = min(max(age, 0), FROZEN_AFTER_DAYS)
        values = self._counts(dice, age, is_photo)
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
        """Whether nobody touched the post for a week: never when young, mostly when old."""
        if self._settings.idle_posts != "natural":
            return self._settings.idle_posts == "all"
        age = self._data_day - post.create_time // _DAY
        if age < 30:
            return False
        throw = Dice(
            self._account.seed, self._account.key, "idle", post.serial, self._data_day // 7
        ).fraction(0)
        return throw < min(0.85, age / 365)

    def _counts(self, dice: Dice, age: int, is_photo: bool) -> dict[str, object]:
        views = self._views(dice, age)
        duration = 0.0 if is_photo else round(dice.between(0, 6.0, 58.0), 3)
        watched = round(duration * dice.between(1, 0.25, 0.7), 3)
        values: dict[str, object] = {
            "video_duration": duration,
            "video_views": views,
            "reach": round(views * dice.between(2, 0.78, 0.93)),
            "likes": round(views * self._account.likes_per_view * dice.between(3, 0.6, 1.7)),
            "comments": round(views * dice.between(4, 0.002, 0.011)),
            "shares": round(views * dice.between(5, 0.003, 0.015)),
            "favorites": round(views * dice.between(6, 0.004, 0.02)),
            "total_time_watched": round(views * watched, 3),
            "average_time_watched": watched,
            "full_video_watched_rate": round(dice.between(7, 0.04, 0.35), 4),
            "new_followers": round(views * dice.between(8, 0.0005, 0.006)),
            "profile_views": round(views * dice.between(9, 0.005, 0.03)),
        }
        for name in VIDEO_CLICKS:
            values[name] = round(views * dice.between(10, 0.0001, 0.002))
        return values

    def _views(self, dice: Dice, age: int) -> int:
        """Grows fast for a week, then slowly, never shrinks."""
        luck = exp(dice.between(13, -1.3, 1.6)) * (9.0 if dice.fraction(14) > 0.96 else 1.0)
        final = (60 + 0.9 * self._account.followers) * luck
        return int(final * (1 - exp(-(age + 0.6) / 4.5)) * (1 + 0.03 * log1p(age)))

    def _shares(self, post: Post) -> dict[str, object]:
        lots = Dice(self._account.seed, self._account.key, "shares", post.serial)
        values: dict[str, object] = {
            "impression_sources": audience.sources(lots),
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
