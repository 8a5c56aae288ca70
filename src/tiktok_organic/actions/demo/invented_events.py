"""The events of the demo's invented account in 90 days; the same after each restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from tiktok_organic.clock import Clock

if TYPE_CHECKING:
    from tiktok_organic.simulator import World

__all__ = ["DAYS", "DemoClock", "Happening", "happen", "happenings", "name_on"]

DAYS = 90
"""Length of the complete story."""

FORMER_NAME, NEW_NAME = "demo.bakery", "demo.baeckerei"
# Days before the last one.
_RENAMED, _REMOVED, _RESTATED, _AWAY = 50, 30, 25, 16
_DAYS_AWAY = 3


@dataclass(frozen=True)
class Happening:
    """One event of the story: its day, and a sentence about it."""

    date: date
    text: str


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def happen(world: World, last: date) -> None:
    """Plan the events of the 90 days that end with `last`, past or future, in `world`."""
    account = world.account(FORMER_NAME)
    world.rename(FORMER_NAME, NEW_NAME, _start_of(last - timedelta(days=_RENAMED)))
    removed = last - timedelta(days=_REMOVED)
    before = int(_start_of(removed - timedelta(days=15)).timestamp() * 1000)
    post = next(post for post in account.posts.page(before, 20) if not account.is_ad(post))
    account.posts.remove(post.item_id, _start_of(removed))
    restated = last - timedelta(days=_RESTATED)
    world.restate(restated, _start_of(restated + timedelta(days=5)), 0.25, account.username)
    away = _start_of(last - timedelta(days=_AWAY))
    world.faults.add(
        "http_503",
        "",
        count=None,
        since=away.isoformat(),
        until=(away + timedelta(days=_DAYS_AWAY)).isoformat(),
    )


def name_on(day: date, last: date) -> str:
    """Return the account's username at the end of `day`, when the story ends with `last`."""
    return FORMER_NAME if day < last - timedelta(days=_RENAMED) else NEW_NAME


def happenings(last: date) -> list[Happening]:
    """Return the planned events, oldest first."""
    restated = last - timedelta(days=_RESTATED)
    return [
        Happening(
            last - timedelta(days=_RENAMED), f"the account is renamed: {FORMER_NAME} → {NEW_NAME}"
        ),
        Happening(last - timedelta(days=_REMOVED), "a video is removed; its rows remain"),
        Happening(restated + timedelta(days=5), f"TikTok corrects {restated}, which was too high"),
        Happening(
            last - timedelta(days=_AWAY),
            f"TikTok does not answer for {_DAYS_AWAY} days; the next sync fetches them",
        ),
    ]


class DemoClock:
    """A simulated clock in the past that is moved by calls; its sleep returns at once.

    After `arrive` it is the clock `real`.
    """

    def __init__(self, real: Clock) -> None:
        self._real = real
        self._lock = Lock()
        self._instant: datetime | None = None

    def now(self) -> datetime:
        return self._instant or self._real.now()

    def monotonic(self) -> float:
        instant = self._instant
        return self._real.monotonic() if instant is None else instant.timestamp()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            if self._instant is not None:
                self._instant += timedelta(seconds=seconds)
                return
        self._real.sleep(seconds)

    def set(self, instant: datetime) -> None:
        """Move to `instant`, but never backwards."""
        with self._lock:
            self._instant = max(instant, self._instant or instant)

    def arrive(self) -> None:
        """Behave like the real clock from now on."""
        with self._lock:
            self._instant = None
