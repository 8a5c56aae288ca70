"""Delete archived answers that are older than ARCHIVE_DAYS."""

from __future__ import annotations

import logging
from datetime import timedelta

from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import TikTokOrganicError

__all__ = ["prune"]

_LOG = logging.getLogger(__name__)


def prune(app: App, connector: Connector) -> int:
    """Delete a connector's old answers, except those that wait to be loaded; return their number.

    If the archive is unreachable, the next call deletes them: the sync itself succeeded.
    """
    days = app.settings.archive_days
    if days is None:
        return 0
    waiting = [run.sync_date for run in app.runs.pending(connector.id)]
    try:
        return app.archive.prune(
            connector.id, min([app.clock.now() - timedelta(days=days), *waiting])
        )
    except TikTokOrganicError as error:
        _LOG.warning("old answers of %r were not deleted: %s", connector.name, error.message)
        return 0
