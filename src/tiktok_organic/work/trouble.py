"""What is worth telling somebody about a connector. Pure: how things stand goes in, events come out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["CONSENT_DAYS", "Event", "Standing", "events", "recovered"]

CONSENT_DAYS = (30, 14, 3)
QUIET = timedelta(hours=20)
"""While trouble lasts, it is told again with the next day's failure, not with every one."""
_AT_RISK = 10
"""A missing day that TikTok will answer for so much longer at most is about to be lost: a gap older than 50 days."""
_LASTING = timedelta(days=365 * 10)


@dataclass(frozen=True)
class Standing:
    """How one connector stands. `failed`: its newest run is over, and was no success; `reason`: why. `missing`: days
    without a row that TikTok still has, with the days left for each."""

    connector_id: str
    name: str
    state: str
    consent_ends: datetime | None
    failed: bool = False
    succeeded: bool = False
    reason: str = ""
    missing: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True)
class Event:
    """`key`: the same for the same event; `again_after`: not told again before that has passed."""

    connector_id: str
    key: str
    text: str
    again_after: timedelta = _LASTING


def events(standing: Standing, now: datetime) -> list[Event]:
    """Everything that is the matter now, told already or not."""
    found = [*_reconnect(standing), *_failed(standing), *_consent(standing, now), *_days(standing)]
    return list(found)


def recovered(standing: Standing, told: Iterable[str]) -> list[str]:
    """The keys of what was told and is over: its end is to be told too, and a new beginning again."""
    healthy = standing.succeeded and standing.state != "reconnect_needed"
    return [key for key in told if healthy and key in ("failed", "reconnect")]


def _reconnect(standing: Standing) -> Iterable[Event]:
    if standing.state == "reconnect_needed":
        text = (
            f"{standing.name}: reconnect needed. TikTok no longer accepts its consent, and nothing is synced until the "
            f"owner approves again (`tiktok-organic reconnect {standing.connector_id}`). TikTok forgets account days "
            "after 60 days."
        )
        yield Event(standing.connector_id, "reconnect", text)


def _failed(standing: Standing) -> Iterable[Event]:
    if standing.failed and standing.state != "reconnect_needed":
        text = f"{standing.name}: the sync failed, and is not tried again before the next one is due. {standing.reason}"
        yield Event(standing.connector_id, "failed", text, QUIET)


def _consent(standing: Standing, now: datetime) -> Iterable[Event]:
    """The nearest warning that has been reached: whoever was asleep at 30 days is told at 14 only of the 14."""
    if standing.consent_ends is None or standing.state == "reconnect_needed":
        return
    left = standing.consent_ends - now
    reached = [days for days in CONSENT_DAYS if timedelta(0) < left <= timedelta(days=days)]
    if reached:
        text = (
            f"{standing.name}: the consent ends on {standing.consent_ends:%Y-%m-%d}, in {max(1, left.days)} days. "
            f"`tiktok-organic reconnect {standing.connector_id}` renews it for a year."
        )
        yield Event(standing.connector_id, f"consent:{standing.consent_ends:%Y-%m-%d}:{min(reached)}", text)


def _days(standing: Standing) -> Iterable[Event]:
    endangered = [(day, left) for day, left in standing.missing if left <= _AT_RISK]
    if endangered:
        first, left = min(endangered)
        text = (
            f"{standing.name}: {len(endangered)} days are about to be lost for ever, the first ({first}) in {left} "
            f"days. A sync would save them (`tiktok-organic sync {standing.connector_id}`)."
        )
        yield Event(standing.connector_id, "days", text, timedelta(days=3))
