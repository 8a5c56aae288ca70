"""GET business/get/: profile attributes, follower distributions and daily metrics (facts 2)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from tiktok_organic.simulator.accounts import audience
from tiktok_organic.simulator.accounts.days import correction_stage, day_values
from tiktok_organic.simulator.dice import Dice, drifting
from tiktok_organic.simulator.endpoints.fields import (
    ACTIVITY,
    BUSINESS_METRICS,
    CLICK_METRICS,
    METRICS,
    PROFILE_SCOPES,
    scopes_of_profile_field,
)
from tiktok_organic.simulator.endpoints.parameters import field_list, refuse, window
from tiktok_organic.simulator.endpoints.refusal import RefusalError
from tiktok_organic.simulator.server.answer import compact

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiktok_organic.simulator.accounts.account import Account
    from tiktok_organic.simulator.endpoints.grants import Grant
    from tiktok_organic.simulator.server.request import Request
    from tiktok_organic.simulator.settings import Settings
    from tiktok_organic.simulator.world import World

_DEFAULT_FIELDS = ("display_name", "profile_image")
_IMAGE_SECONDS = 172_800
# Follower distributions change slowly, to independent ones within so many days.
_DRIFT_DAYS = 45


def answer_profile(
    world: World, account: Account, grant: Grant, request: Request, now: datetime
) -> str:
    """The `data` of one answer as JSON text. Raises RefusalError."""
    settings = world.settings_of(account)
    asked = field_list(request.query, _DEFAULT_FIELDS)
    days = window(request.query, now.date(), settings.look_back_days, settings.refuse_future_end)
    allowed = _allowed(world, grant, asked)
    attributes = {name for name in allowed if PROFILE_SCOPES.get(name) in grant.scopes}
    telling = _Attributes(account, request.base_url, now, settings)
    data = {name: telling.value(name) for name in allowed if name in attributes}
    data = {name: value for name, value in data.items() if value is not _ABSENT}
    parts = [f"{compact(name)}:{compact(value)}" for name, value in data.items()]
    metrics = tuple(name for name in allowed if name in METRICS)
    if metrics and "user.insights" in grant.scopes:
        rows = _rows(world, account, settings, metrics, days, now)
        parts.append(f'"metrics":[{",".join(rows)}]')
    return "{" + ",".join(parts) + "}"


def _allowed(world: World, grant: Grant, asked: tuple[str, ...]) -> tuple[str, ...]:
    """The asked fields that exist and whose scope is held.

    A withheld scope is refused or omitted, as set.
    """
    allowed = []
    for name in asked:
        scopes = scopes_of_profile_field(name)
        if not scopes:
            raise refuse(f"fields: {name} is not a valid field")
        if any(scope in grant.scopes for scope in scopes):
            allowed.append(name)
        elif world.settings.withheld_scope != "omit":
            raise RefusalError(
                int(world.settings.withheld_scope),
                f"No permission: {name} needs scope {scopes[0]}.",
            )
    return tuple(allowed)


_ABSENT = object()


class _Attributes:
    """Profile attributes and distributions by name, each in real time."""

    def __init__(self, account: Account, base_url: str, now: datetime, settings: Settings) -> None:
        self._account = account
        self._base_url = base_url
        self._now = now
        self._settings = settings
        self._small = {"empty": [], "absent": _ABSENT, "null": None}[settings.small_audience]
        self._makers: dict[str, Callable[[], object]] = {
            "is_business_account": lambda: account.is_business_account,
            "username": lambda: account.username,
            "display_name": lambda: account.display_name,
            "profile_image": self._image,
            "profile_deep_link": lambda: (
                f"https://vm.tiktok.com/{Dice(account.seed, account.key, 'link').hex(9)}/"
            ),
            "bio_description": lambda: account.bio_description,
            "is_verified": lambda: account.is_verified,
            "following_count": lambda: account.following,
            "followers_count": lambda: account.followers_at(now),
            "total_likes": self._total_likes,
            "videos_count": self._videos_count,
            "audience_ages": lambda: self._shares(audience.ages),
            "audience_genders": lambda: self._shares(audience.genders),
            "audience_countries": lambda: self._shares(
                lambda dice: audience.countries(dice, account.country)
            ),
            "audience_cities": lambda: self._shares(
                lambda dice: audience.cities(dice, account.country)
            ),
        }

    def value(self, name: str) -> object:
        """The value of one attribute, or `_ABSENT`. Names that are metrics only are absent here."""
        maker = self._makers.get(name)
        return maker() if maker else _ABSENT

    def _shares(self, make: Callable[[audience.Lots], audience.Shares]) -> object:
        if not self._account.has_audience(self._now.date()):
            return self._small
        day = self._now.toordinal()
        return make(drifting(self._account.seed, self._account.key, "audience", day, _DRIFT_DAYS))

    def _image(self) -> str:
        expires = int(self._now.timestamp()) // 86_400 * 86_400 + _IMAGE_SECONDS
        signature = Dice(self._account.seed, "signature", self._account.open_id, expires).hex(24)
        query = f"x-expires={expires}&x-signature={signature}"
        return f"{self._base_url}/pictures/{self._account.open_id}.svg?{query}"

    def _videos_count(self) -> int:
        posts = self._account.posts.listed(int(self._now.timestamp() * 1000))
        if self._settings.ads_counted:
            return len(posts)
        return sum(not self._account.is_ad(post) for post in posts)

    def _total_likes(self) -> int:
        """Net likes of all posts, counted at the last midnight (UTC)."""
        seconds = int(self._now.timestamp())
        return self._account.ledger.sum_at(seconds - seconds % 86_400).likes


def _rows(
    world: World,
    account: Account,
    settings: Settings,
    metrics: tuple[str, ...],
    days: tuple[date, date],
    now: datetime,
) -> list[str]:
    """The published days of the window (first and last included), oldest first, as JSON text."""
    if account.analytics_on is None:
        return []
    first = max(days[0], account.analytics_on, account.created)
    rows = []
    for offset in range((days[1] - first).days + 1):
        day = first + timedelta(days=offset)
        stage = correction_stage(settings, day, now)
        if stage is None:
            break
        rows.append(_row(world, account, settings, metrics, day, stage, now))
    return rows


def _row(
    world: World,
    account: Account,
    settings: Settings,
    metrics: tuple[str, ...],
    day: date,
    stage: int,
    now: datetime,
) -> str:
    traits = (
        account.is_business_account,
        account.is_registered,
        account.followers,
        account.anchor,
        account.posts.version,
    )
    restated = account.restatements.get(day)
    version = (day, stage, restated, restated is not None and now < restated.at)
    key = ("day", account.open_id, version, metrics, traits, settings.fingerprint())
    return world.texts.get(
        key,
        lambda: compact(
            _row_values(
                account, settings, metrics, day, day_values(account, day, stage, settings, now)
            )
        ),
    )


def _row_values(
    account: Account,
    settings: Settings,
    metrics: tuple[str, ...],
    day: date,
    values: dict[str, object],
) -> dict[str, object]:
    row: dict[str, object] = {"date": day.isoformat()}
    for name in metrics:
        if _may_have(account, name, day):
            row[name] = values[name]
        elif settings.gated_metrics != "absent" and name != ACTIVITY:
            row[name] = 0 if settings.gated_metrics == "zero" else None
    return row


def _may_have(account: Account, name: str, day: date) -> bool:
    if name in CLICK_METRICS:
        return account.has_click_fields()
    if name in BUSINESS_METRICS:
        return account.is_business_account
    if name == ACTIVITY:
        return account.is_business_account and account.has_audience(day)
    return True
