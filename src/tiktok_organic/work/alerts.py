"""What is worth telling somebody about a connector.

Pure: how things stand goes in, events come out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tiktok_organic.connector import CONSENT_WARNING

__all__ = ["CONSENT_DAYS", "EVENTS", "Event", "Standing", "events", "recovered"]

CONSENT_DAYS = (CONSENT_WARNING.days, 14, 3)
EVENTS = {
    "reconnect": "A consent was revoked or has ended",
    "failed": "A sync failed and is not tried again by itself",
    "consent": "A consent ends in 30, 14 or 3 days",
    "days": "Days are about to be lost",
}
"""The kinds of events, and what each is about."""
QUIET = timedelta(hours=20)
"""While trouble lasts, it is told again with the next day's failure, not with every one; an old
failure never again.
"""
_AT_RISK = 10
"""A missing day that TikTok will answer for so much longer at most is about to be lost: a gap older
than 50 days.
"""
_LASTING = timedelta(days=365 * 10)


@dataclass(frozen=True)
class Standing:
    """How one connector stands.

    `failed`: its newest run, when that is over and was no success; `reason`: why. `scheduled`:
    whether a next one comes by itself. `missing`: days without a row that a sync may still bring,
    with the days left for each. `link`: the address of its page, or empty.
    """

    connector_id: str
    name: str
    state: str
    consent_ends: datetime | None
    failed: str | None = None
    succeeded: bool = False
    reason: str = ""
    scheduled: bool = True
    missing: Sequence[tuple[str, int]] = ()
    link: str = ""

    def do(self, command: str, page: str = "") -> str:
        """Where to act: the connector's page when it can be reached, or else a command."""
        return (
            f"{self.link}{page}" if self.link else f"`tiktok-organic {command} {self.connector_id}`"
        )


@dataclass(frozen=True)
class Event:
    """`key`: its kind, and after a colon which one of that kind it is; the same for the same event.

    `again_after`: not told again before that has passed; `quiet`: nor so soon after another one of
    its kind.
    """

    connector_id: str
    key: str
    text: str
    again_after: timedelta = _LASTING
    quiet: timedelta = timedelta(0)

    @property
    def kind(self) -> str:
        """One of EVENTS."""
        return _kind(self.key)

    def is_news(self, told: Mapping[str, datetime], now: datetime) -> bool:
        """Whether it is to be told, by what of this connector was told when."""
        before = told.get(self.key)
        if before is not None:
            return now - before >= self.again_after
        return all(
            now - said >= self.quiet for key, said in told.items() if _kind(key) == _kind(self.key)
        )


def events(standing: Standing, now: datetime) -> list[Event]:
    """Everything that is the matter now, told already or not."""
    found = [*_reconnect(standing), *_failed(standing), *_consent(standing, now), *_days(standing)]
    return list(found)


def recovered(standing: Standing, told: Iterable[str]) -> list[str]:
    """Return the keys of sent alerts that are over, so that a new occurrence is sent again."""
    over = set()
    if standing.state != "reconnect_needed":
        over = {"reconnect", "failed"} if standing.succeeded else {"reconnect"}
    return [key for key in told if _kind(key) in over]


def _kind(key: str) -> str:
    return key.partition(":")[0]


def _reconnect(standing: Standing) -> Iterable[Event]:
    if standing.state == "reconnect_needed":
        text = (
            f"{standing.name}: reconnect needed. TikTok no longer accepts its consent, and "
            "nothing is synced until the "
            f"owner approves again ({standing.do('reconnect', '/reconnect')}). TikTok forgets "
            "account days "
            "after 60 days."
        )
        yield Event(standing.connector_id, "reconnect", text)


def _failed(standing: Standing) -> Iterable[Event]:
    if standing.failed is None or standing.state == "reconnect_needed":
        return
    if standing.state == "paused":
        outlook = "is not tried again while the connector is paused"
    elif standing.scheduled:
        outlook = "is not tried again before the next one is due"
    else:
        outlook = f"none is scheduled: sync again when the cause is gone ({standing.do('sync')})"
    more = f" {standing.link}" if standing.link and standing.scheduled else ""
    text = f"{standing.name}: the sync failed, and {outlook}. {standing.reason}{more}"
    yield Event(standing.connector_id, f"failed:{standing.failed}", text, quiet=QUIET)


def _consent(standing: Standing, now: datetime) -> Iterable[Event]:
    """The nearest warning that has been reached: whoever was asleep at 30 days is told at 14 only
    of the 14.
    """
    if standing.consent_ends is None or standing.state == "reconnect_needed":
        return
    left = standing.consent_ends - now
    reached = [days for days in CONSENT_DAYS if timedelta(0) < left <= timedelta(days=days)]
    if reached:
        text = (
            f"{standing.name}: the consent ends on {standing.consent_ends:%Y-%m-%d}, in "
            f"{max(1, left.days)} days. "
            f"To renew it for a year, reconnect: {standing.do('reconnect', '/reconnect')}"
        )
        yield Event(
            standing.connector_id, f"consent:{standing.consent_ends:%Y-%m-%d}:{min(reached)}", text
        )


def _days(standing: Standing) -> Iterable[Event]:
    endangered = [(day, left) for day, left in standing.missing if left <= _AT_RISK]
    if endangered:
        first, left = min(endangered)
        text = (
            f"{standing.name}: {len(endangered)} days are about to be lost for ever, the first "
            f"({first}) in {left} "
            f"days. A sync would save them ({standing.do('sync')})."
        )
        yield Event(standing.connector_id, "days", text, timedelta(days=3))
