"""Letting go of archived answers that are older than the settings want them."""

from __future__ import annotations

from datetime import timedelta

from tiktok_organic.app import App
from tiktok_organic.connector import Connector

__all__ = ["prune"]


def prune(app: App, connector: Connector) -> int:
    """Delete a connector's old answers, but none that still wait to be loaded; how many files went."""
    days = app.settings.archive_days
    if days is None:
        return 0
    waiting = [run.moment for run in app.runs.pending(connector.id)]
    return app.archive.prune(connector.id, min([app.clock.now() - timedelta(days=days), *waiting]))
