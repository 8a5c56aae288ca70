"""Delete archived answers that are older than ARCHIVE_DAYS."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from tiktok_organic.archive import Archive
from tiktok_organic.connector import Connector
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.store.runs.runs import Runs

__all__ = ["prune"]

_LOG = logging.getLogger(__name__)


def prune(
    archive: Archive, runs: Runs, connector: Connector, days: int | None, now: datetime
) -> int:
    """Delete a connector's old answers, except those that wait to be loaded; return their number.

    `days`: how long answers are stored (None: forever). If the archive is unreachable, the next
    call deletes them: the sync itself succeeded.
    """
    if days is None:
        return 0
    # Answers that wait to be loaded are needed, however old they are.
    waiting = [run.sync_date for run in runs.pending(connector.id)]
    try:
        return archive.prune(connector.id, min([now - timedelta(days=days), *waiting]))
    except TikTokOrganicError as error:
        _LOG.warning("old answers of %r were not deleted: %s", connector.name, error.message)
        return 0
