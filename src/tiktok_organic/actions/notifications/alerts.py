"""The alerts about a connector.

Pure: its state is the input, alerts are the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tiktok_organic.connector import CONSENT_WARNING

__all__ = ["CONSENT_DAYS", "EVENTS", "Alert", "Standing", "alerts_about", "recovered"]

CONSENT_DAYS = (CONSENT_WARNING.days, 14, 3)
EVENTS = {
    "reconnect": "A consent was revoked or has ended",
    "failed": "A sync failed and is not tried again automatically",
    "consent": "A consent ends in 30, 14 or 3 days",
    "days": "Days are about to be lost",
}
"""The kinds of alerts, with a description; the setting NOTIFY_EVENTS chooses among them."""
QUIET = timedelta(hours=20)
"""A continuing failure is sent again after this time at the earliest."""
# Days. A missing day that TikTok returns for at most this time is at risk: a gap older than 50
# days.
_AT_RISK = 10
_LASTING = timedelta(days=365 * 10)


@dataclass(frozen=True)
class Standing:
    """The state of one connector.

    `failed`: its newest run, if it ended without success; `reason`: why. `scheduled`: whether a
    next sync is scheduled. `missing`: days without a row that a sync may still fetch, with the days
    left for each. `link`: the address of its page, or empty.
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
        """Return where to act: the connector's page if it can be reached, otherwise a command."""
        return (
            f"{self.link}{page}" if self.link else f"`tiktok-organic {command} {self.connector_id}`"
        )


@dataclass(frozen=True)
class Alert:
    """A message about one connector that may be sent.

    `key`: its kind, and after a colon the object; the same for the same event. `again_after`: it is
    not sent again before this time has passed; `quiet`: nor this soon after another one of its
    kind.
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

    def is_news(self, sent: Mapping[str, datetime], now: datetime) -> bool:
        """Whether it is to be sent; `sent`: when which alerts of this connector were sent."""
        before = sent.get(self.key)
        if before is not None:
            return now - before >= self.again_after
        return all(
            now - said >= self.quiet for key, said in sent.items() if _kind(key) == _kind(self.key)
        )


def alerts_about(standing: Standing, now: datetime) -> list[Alert]:
    """Return everything that is wrong now, whether sent already or not."""
    found = [*_reconnect(standing), *_failed(standing), *_consent(standing, now), *_days(standing)]
    return list(found)


def recovered(standing: Standing, sent: Iterable[str]) -> list[str]:
    """Return the keys of sent alerts that are over, so that a new occurrence is sent again."""
    over = set()
    if standing.state != "reconnect_needed":
        over = {"reconnect", "failed"} if standing.succeeded else {"reconnect"}
    return [key for key in sent if _kind(key) in over]


def _kind(key: str) -> str:
    return key.partition(":")[0]


def _reconnect(standing: Standing) -> Iterable[Alert]:
    if standing.state == "reconnect_needed":
        text = (
            f"{standing.name}: reconnect needed. TikTok no longer accepts its consent, and nothing "
            f"is synced until the owner approves again ({standing.do('reconnect', '/reconnect')}). "
            "TikTok returns account days for 60 days only."
        )
        yield Alert(standing.connector_id, "reconnect", text)


def _failed(standing: Standing) -> Iterable[Alert]:
    if standing.failed is None or standing.state == "reconnect_needed":
        return
    if standing.state == "paused":
        outlook = "is not retried while the connector is paused"
    elif standing.scheduled:
        outlook = "is not retried before the next one is due"
    else:
        outlook = f"none is scheduled: correct the cause and sync again ({standing.do('sync')})"
    more = f" {standing.link}" if standing.link and standing.scheduled else ""
    text = f"{standing.name}: the sync failed, and {outlook}. {standing.reason}{more}"
    yield Alert(standing.connector_id, f"failed:{standing.failed}", text, quiet=QUIET)


def _consent(standing: Standing, now: datetime) -> Iterable[Alert]:
    """Return the nearest warning whose time has come.

    A user who was not warned at 30 days receives only the warning of 14.
    """
    if standing.consent_ends is None or standing.state == "reconnect_needed":
        return
    left = standing.consent_ends - now
    reached = [days for days in CONSENT_DAYS if timedelta(0) < left <= timedelta(days=days)]
    if reached:
        text = (
            f"{standing.name}: the consent ends on {standing.consent_ends:%Y-%m-%d}, in "
            f"{max(1, left.days)} days. To renew it for a year, reconnect: "
            f"{standing.do('reconnect', '/reconnect')}"
        )
        yield Alert(
            standing.connector_id, f"consent:{standing.consent_ends:%Y-%m-%d}:{min(reached)}", text
        )


def _days(standing: Standing) -> Iterable[Alert]:
    endangered = [(day, left) for day, left in standing.missing if left <= _AT_RISK]
    if endangered:
        first, left = min(endangered)
        text = (
            f"{standing.name}: {len(endangered)} days are about to be lost permanently, the first "
            f"({first}) in {left} days. A sync can still fetch them ({standing.do('sync')})."
        )
        yield Alert(standing.connector_id, "days", text, timedelta(days=3))
