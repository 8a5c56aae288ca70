"""Pausing, resuming and removing a connector."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tiktok_organic.actions.connectors.connector_document import connector_document
from tiktok_organic.app import App
from tiktok_organic.clock import timestamp
from tiktok_organic.connector import Connector
from tiktok_organic.engine.next_due_of_schedule import next_due
from tiktok_organic.errors import AlreadyRunning, ReconnectNeeded, TikTokOrganicError
from tiktok_organic.history.table_columns import HISTORY
from tiktok_organic.history.views import views
from tiktok_organic.reports import REPORTS
from tiktok_organic.store.connectors.connectors import Connectors
from tiktok_organic.sync.loading.dataset_owner import stored_days

__all__ = ["pause", "remove", "resume"]


def pause(connectors: Connectors, connector: Connector) -> Connector:
    """Stop scheduled syncs until the connector is resumed.

    Raises ReconnectNeeded if the connector needs a reconnect.
    """
    if connector.state == "reconnect_needed":
        raise ReconnectNeeded(
            f"{connector.name!r} is already stopped: {connector.state_reason}",
            connector=connector.id,
        )
    connectors.change(connector.id, {"state": "paused", "next_due": None})
    return connectors.get(connector.id)


def resume(connectors: Connectors, connector: Connector, now: datetime) -> Connector:
    """Start scheduled syncs again. Raises ReconnectNeeded if the consent is gone."""
    if connector.state == "reconnect_needed":
        raise ReconnectNeeded(
            f"{connector.name!r} cannot be resumed: {connector.state_reason}",
            connector=connector.id,
        )
    due = next_due(connector.schedule, now)
    connectors.change(connector.id, {"state": "active", "next_due": due})
    return connectors.get(connector.id)


def remove(app: App, connector: Connector, *, delete_data: bool) -> dict[str, Any]:
    """Remove the connector, revoke the consent at TikTok, and delete tables and archive on request.

    Raises AlreadyRunning, Conflict if another account's rows are among the data to delete, and what
    the destination raises while its tables are dropped: the connector then remains.
    """
    with app.locks.hold(connector.id) as acquired:
        if not acquired:
            raise AlreadyRunning(f"{connector.name!r} is being synced at this moment")
        now = app.clock.now()
        document = {
            **connector_document(connector, app.runs.last().get(connector.id)),
            "next_due": None,
            "removed": True,
            "removed_at": timestamp(now),
        }
        if delete_data:
            with app.warehouse(connector.destination) as warehouse:
                # refuses if another account's rows are there
                stored_days(warehouse, connector.dataset, connector.account_id)
                tables = [*(report.table for report in REPORTS.values()), *HISTORY.values()]
                warehouse.drop(connector.dataset, tables, views(connector.schedule.timezone))
            app.archive.remove(connector.id)
        revoked = _revoke(app, connector)
        app.connectors.remove(connector.id, now)
        app.chart_data.remove(connector.id)
        app.video_lists.remove(connector.id)
    return {**document, "data_deleted": delete_data, "consent_revoked": revoked}


def _revoke(app: App, connector: Connector) -> bool:
    """Revoke the consent, once; a connector can be removed while TikTok is unreachable."""
    try:
        tokens = app.tokens.read(connector.id)
        app.oauth(app.transport(connector.api_url)).revoke(tokens.access_token)
    except TikTokOrganicError:
        return False
    return True
