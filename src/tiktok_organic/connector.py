"""A connector (account, reports, schedule, dataset) as it is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

__all__ = [
    "CONSENT_WARNING",
    "SCHEDULES",
    "UNREADABLE",
    "WEEKDAYS",
    "Connector",
    "Every",
    "Schedule",
    "consent_ends_soon",
]

Every = Literal["daily", "weekly", "off"]
State = Literal["active", "paused", "reconnect_needed"]

SCHEDULES: tuple[Every, ...] = ("daily", "weekly", "off")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CONSENT_WARNING = timedelta(days=30)
"""How long before the end of a consent users are warned."""
UNREADABLE = "unreadable:"
"""The destination of a connector whose stored address this process cannot decrypt."""


@dataclass(frozen=True)
class Schedule:
    """The schedule of a connector: at `hour` in `timezone`, every day or every `weekday`."""

    every: Every = "daily"
    hour: int = 3
    weekday: str = "monday"
    timezone: str = "UTC"


@dataclass(frozen=True)
class Connector:
    """A stored connector.

    `destination` is the full address with secrets: never print it. `first_asked`: the day from
    which on none may be missing: that of connecting, or the earliest requested one. `api_url`: the
    API of this account (TikTok's, or the simulator's). `next_due`: the next scheduled sync, None if
    there is none. `views`: whether every sync creates the views.
    """

    id: str
    name: str
    account_id: str
    username: str
    former_usernames: tuple[str, ...]
    display_name: str
    avatar: str
    dataset: str
    destination: str
    reports: tuple[str, ...]
    schedule: Schedule
    lookback: int
    state: State
    state_reason: str
    scopes: tuple[str, ...]
    api_url: str
    created_at: datetime
    first_asked: date | None
    next_due: datetime | None
    consent_ends: datetime | None
    followers: int | None = None
    views: bool = True

    def renamed_account(self, username: str) -> Connector:
        """Return the connector with the account's new name."""
        if username == self.username:
            return self
        former = tuple(dict.fromkeys((*self.former_usernames, self.username)))
        return replace(self, username=username, former_usernames=former)


def consent_ends_soon(ends: datetime | None, now: datetime) -> bool:
    """Whether to warn that the consent ends soon or has ended."""
    return ends is not None and ends - now <= CONSENT_WARNING
