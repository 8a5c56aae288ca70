"""Connectors as JSON documents: the same for `--json`, the API and the page.

They contain no secrets.
"""

from __future__ import annotations

from typing import Any

from tiktok_organic.clock import timestamp
from tiktok_organic.connector import Connector
from tiktok_organic.settings import hide_password
from tiktok_organic.sync.run import Run
from tiktok_organic.tiktok.scopes import SCOPES

__all__ = ["connector_document"]


def connector_document(connector: Connector, last_run: Run | None) -> dict[str, Any]:
    """Return the document that `show` prints."""
    schedule = connector.schedule
    return {
        "id": connector.id,
        "name": connector.name,
        "username": connector.username,
        "former_usernames": list(connector.former_usernames),
        "display_name": connector.display_name,
        "account_id": connector.account_id,
        "dataset": connector.dataset,
        "destination": hide_password(connector.destination),
        "reports": list(connector.reports),
        "schedule": schedule.every,
        "hour": schedule.hour,
        "weekday": schedule.weekday if schedule.every == "weekly" else None,
        "timezone": schedule.timezone,
        "lookback": connector.lookback,
        "views": connector.views,
        "state": connector.state,
        "state_reason": connector.state_reason or None,
        "followers": connector.followers,
        "withheld_scopes": [scope for scope in SCOPES if scope not in connector.scopes],
        "api_url": connector.api_url,
        "created_at": timestamp(connector.created_at),
        "last_run": last_run and _brief(last_run),
        "next_due": timestamp(connector.next_due),
        "consent_ends": timestamp(connector.consent_ends),
    }


def _brief(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "status": str(run.status),
        "sync_date": timestamp(run.sync_date),
        "finished_at": timestamp(run.finished_at),
    }
