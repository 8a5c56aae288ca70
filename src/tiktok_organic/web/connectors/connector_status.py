"""The status label of a connector, and its urgency.

"Up to date" is a claim about the data, so it depends on the age of the last good sync compared with
the schedule, never on the connector's state alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tiktok_organic.connector import Connector, consent_ends_soon
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import RunStatus

__all__ = ["ConnectorStatus", "Status", "connector_status"]

# The age at which data is stale: a schedule and a day of retries. A week without a schedule,
# because days are lost permanently after 60.
_STALE_AFTER = {
    "daily": timedelta(days=2),
    "weekly": timedelta(days=9),
    "off": timedelta(days=7),
}


class Status(StrEnum):
    """The status of a connector, ordered by urgency, the most urgent first."""

    RECONNECT_NEEDED = "reconnect_needed"
    """TikTok refused the consent: nothing is synced until the owner approves again."""
    FAILED = "failed"
    """The last sync loaded nothing."""
    STALE = "stale"
    """The last good sync is older than the schedule allows."""
    CONSENT_ENDS = "consent_ends"
    """The consent ends within 30 days."""
    PARTIAL = "partial"
    """The last sync loaded some of its reports."""
    SYNCING = "running"
    """A sync is running."""
    ORDERED = "waiting"
    """A sync is waiting."""
    NEVER_SYNCED = "never_synced"
    """No sync has succeeded yet."""
    PAUSED = "paused"
    """A person paused the connector."""
    UP_TO_DATE = "active"
    """The last good sync is as recent as the schedule requires."""


_LABELS = {
    Status.RECONNECT_NEEDED: "Reconnect needed",
    Status.FAILED: "Last sync failed",
    Status.CONSENT_ENDS: "Consent ends soon",
    Status.PARTIAL: "Partly synced",
    Status.SYNCING: "Syncing",
    Status.ORDERED: "Waiting to sync",
    Status.NEVER_SYNCED: "Not synced yet",
    Status.PAUSED: "Paused",
    Status.UP_TO_DATE: "Up to date",
}
_TONES = {
    Status.RECONNECT_NEEDED: "bad",
    Status.FAILED: "bad",
    Status.STALE: "warn",
    Status.CONSENT_ENDS: "warn",
    Status.PARTIAL: "warn",
    Status.SYNCING: "busy",
    Status.ORDERED: "busy",
    Status.UP_TO_DATE: "good",
}


@dataclass(frozen=True)
class ConnectorStatus:
    """The status of a connector.

    `shown`: the status beside the name. `needs`: the most urgent one, which decides the order of
    the list; it differs while a sync runs or a consent ends soon.
    """

    shown: Status
    needs: Status
    label: str

    @property
    def tone(self) -> str:
        """The colour beside the label."""
        return _TONES.get(self.shown, "calm")

    @property
    def urgency(self) -> int:
        """The order in the list: higher values come first."""
        order = list(Status)
        return len(order) - order.index(self.needs)


def connector_status(
    connector: Connector, last: Run | None, last_good: Run | None, now: datetime
) -> ConnectorStatus:
    """Return the status of a connector from its newest run and its newest good one."""
    age = _age(connector, last_good, now)
    found = [Status(connector.state)] if connector.state != "active" else []
    if last is not None and last.status is not RunStatus.SUCCEEDED:
        found.append(Status(last.status))
    stale = age > _STALE_AFTER[connector.schedule.every]
    if connector.state != "paused" and stale and last_good is not None:
        found.append(Status.STALE)
    if not found:
        found.append(Status.UP_TO_DATE if last_good is not None else Status.NEVER_SYNCED)
    shown = _shown(found)
    needs = min([*found, *_consent(connector, now)], key=list(Status).index)
    return ConnectorStatus(shown, needs, _label(shown, age))


def _shown(found: list[Status]) -> Status:
    """Return the shown status.

    A lost consent has precedence over a running sync, and that over older results.
    """
    for status in (Status.RECONNECT_NEEDED, Status.SYNCING, Status.ORDERED):
        if status in found:
            return status
    return min(found, key=list(Status).index)


def _consent(connector: Connector, now: datetime) -> list[Status]:
    return [Status.CONSENT_ENDS] if consent_ends_soon(connector.consent_ends, now) else []


def _age(connector: Connector, last_good: Run | None, now: datetime) -> timedelta:
    return now - (last_good.sync_date if last_good is not None else connector.created_at)


def _label(status: Status, age: timedelta) -> str:
    if status is Status.STALE:
        return f"Stale: {age.days} {'day' if age.days == 1 else 'days'}"
    return _LABELS[status]
