"""The accounts of a world: invented on demand, built when first used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from threading import RLock
from typing import TYPE_CHECKING, Any

from tiktok_organic.simulator.accounts.account import Account
from tiktok_organic.simulator.accounts.posts import Posts, invented_times
from tiktok_organic.simulator.dice import Dice
from tiktok_organic.simulator.settings import account_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PLAIN = (
    "display_name",
    "is_business_account",
    "is_registered",
    "is_verified",
    "followers",
    "following",
    "bio_description",
    "country",
    "likes_per_view",
    "ad_share",
    "settings",
)
_KINDS = {"followers": int, "following": int, "likes_per_view": float, "ad_share": float}


@dataclass(frozen=True)
class _Seat:
    username: str
    build: Callable[[], Account]


class Accounts:
    """Finds accounts by username or open_id. Safe to use from many threads."""

    def __init__(self, seed: int, anchor: Callable[[], date], now: Callable[[], datetime]) -> None:
        self._seed = seed
        self._now = now
        self._anchor = anchor
        self._lock = RLock()
        self._waiting: dict[str, _Seat] = {}
        self._built: dict[str, Account] = {}

    def add(self, username: str, **traits: Any) -> str:
        """Add an account, to be built when first used; returns its open_id.

        Traits: see `invent_account`.
        """
        if not isinstance(username, str) or not username:
            raise ValueError(f"username must be a text, not {username!r}")
        key = str(traits.pop("key", username))
        open_id = str(
            traits.pop("open_id", None) or f"-000{Dice(self._seed, key, 'open_id').hex(32)}"
        )
        with self._lock:
            if username in self.usernames():
                raise ValueError(f"there is an account named {username} already")
            anchor = self._anchor()
            invent_account_traits(traits)
            self._waiting[open_id] = _Seat(
                username,
                lambda: invent_account(
                    self._seed, username, key, open_id, anchor, self._now, **traits
                ),
            )
        return open_id

    def by_open_id(self, open_id: str) -> Account | None:
        """Return the account of that id."""
        account = self._built.get(open_id)
        if account is not None:
            return account
        with self._lock:
            seat = self._waiting.pop(open_id, None)
            if seat is not None:
                self._built[open_id] = seat.build()
            return self._built.get(open_id)

    def by_username(self, username: str) -> Account:
        """Return the account of that name. Raises KeyError."""
        with self._lock:
            for open_id, seat in self._waiting.items():
                if seat.username == username:
                    return self._existing(open_id)
            for account in self._built.values():
                if account.username == username:
                    return account
        raise KeyError(username)

    def _existing(self, open_id: str) -> Account:
        account = self.by_open_id(open_id)
        assert account is not None  # noqa: S101 - narrowed for the type checker; the seat was there under the lock
        return account

    def usernames(self) -> list[str]:
        """Return all names, without building any account."""
        with self._lock:
            return [
                *(a.username for a in self._built.values()),
                *(s.username for s in self._waiting.values()),
            ]

    def clear(self) -> None:
        """Remove all accounts."""
        with self._lock:
            self._waiting.clear()
            self._built.clear()


def change_account(account: Account, traits: dict[str, Any]) -> None:
    """Change plain traits together or not at all. Raises ValueError for an unknown or wrong one."""
    invent_account_traits(
        {name: value for name, value in traits.items() if name != "analytics_on"}, _PLAIN
    )
    for name, value in traits.items():
        if name == "settings":
            account.settings = {**account.settings, **value}
        else:
            setattr(account, name, _day(value) if name == "analytics_on" else value)


def invent_account_traits(traits: dict[str, Any], known: Iterable[str] | None = None) -> None:
    """Raise ValueError unless every trait is known and has the right type."""
    kinds = {
        name: bool if name.startswith("is_") else _KINDS.get(name, str)
        for name in _PLAIN
        if name != "settings"
    }
    allowed = set(
        known
        or (*_PLAIN, "videos", "video_days", "create_times", "created_days_ago", "analytics_on")
    )
    for name, value in traits.items():
        if name not in allowed:
            raise ValueError(f"unknown trait of an account: {name}")
        if name in kinds and type(value) is not kinds[name]:
            raise ValueError(f"{name} must be {kinds[name].__name__}, not {value!r}")
    if "settings" in traits:
        traits["settings"] = account_settings(dict(traits["settings"]))


def invent_account(
    seed: int,
    username: str,
    key: str,
    open_id: str,
    anchor: date,
    now: Callable[[], datetime],
    **traits: Any,
) -> Account:
    """Build one account.

    `videos` posts lie within the `video_days` days before `anchor` (default: one post in three
    days), or exactly at `create_times` (unix seconds). An `anchor` in the future makes posts that
    appear as time passes. `created_days_ago` counts from `anchor`. `analytics_on` is a day (date
    or ISO text) or None for never; by default it is the day of creation. `settings` override the
    simulator's for this account.
    """
    videos = int(traits.pop("videos", 57))
    video_days = float(traits.pop("video_days", None) or max(3.0, videos * 3.0))
    times = traits.pop("create_times", None)
    age = int(traits.pop("created_days_ago", None) or max(420, int(video_days) + 30))
    created = anchor - timedelta(days=age)
    analytics_on = _day(traits.pop("analytics_on", created))
    end = int(datetime(anchor.year, anchor.month, anchor.day, tzinfo=UTC).timestamp())
    if times is None:
        times = invented_times(seed, key, videos, end - int(video_days * 86_400), end - 3600)
    if times:
        created = min(created, datetime.fromtimestamp(int(min(times)), UTC).date())
    traits.setdefault("display_name", username.replace("_", " ").title())
    return Account(
        username=username,
        seed=seed,
        key=key,
        open_id=open_id,
        anchor=anchor,
        created=created,
        analytics_on=analytics_on,
        posts=Posts(seed, key, (int(second) for second in times), now),
        **traits,
    )


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
