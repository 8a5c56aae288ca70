"""Store the renewed token pairs of this machine's home folder.

`store/connectors/unsaved_tokens.py` has them. Another machine that works on the same store knows
nothing of them: it would renew the pair that TikTok may have replaced already, and stop the
connector when TikTok refuses.
"""

from __future__ import annotations

import logging
from typing import Any

from tiktok_organic.app import App
from tiktok_organic.engine.next_due_of_schedule import next_due
from tiktok_organic.store.connectors.tiktok_tokens import StoredTokens

__all__ = ["store_unsaved_pairs"]

_LOG = logging.getLogger(__name__)


def store_unsaved_pairs(app: App) -> None:
    """Store each of them, unless a newer pair is stored. One that cannot be stored stays."""
    for connector_id in app.unsaved_tokens.connectors():
        try:
            _store_unsaved_pair(app, connector_id)
        except Exception as error:  # noqa: BLE001 - one connector ends no loop over all of them
            _LOG.warning("the renewed tokens of %s cannot be stored: %s", connector_id, error)


def _store_unsaved_pair(app: App, connector_id: str) -> None:
    with app.locks.hold(f"tokens:{connector_id}") as acquired:
        # Without the lock a renewal is under way, and its pair is not written yet.
        renewed = app.unsaved_tokens.read(connector_id) if acquired else None
        if renewed is None:
            return
        if _stored(app, connector_id, renewed):
            _LOG.info("stored the renewed tokens of %s", connector_id)
        app.unsaved_tokens.discard(connector_id)


def _stored(app: App, connector_id: str, renewed: StoredTokens) -> bool:
    """Replace the pair that it was renewed from.

    The connector becomes active again if another machine stopped it because TikTok refused the
    former pair.
    """
    now = app.clock.now()
    with app.database.begin() as connection:
        replaced = app.tokens.replace(
            connector_id, renewed.tokens, version=renewed.version, now=now, connection=connection
        )
        if not replaced:
            return False
        connector = app.connectors.locked(connector_id, connection)
        if connector.state == "reconnect_needed":
            values: dict[str, Any] = {"state": "active", "state_reason": ""}
            values["next_due"] = next_due(connector.schedule, now)
            app.connectors.change(connector_id, values, connection)
    return True
