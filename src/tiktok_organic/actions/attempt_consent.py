"""The consent behind one attempt: whether TikTok still accepts it, and what follows if not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tiktok_organic.actions.token_keeper import TokenKeeper
from tiktok_organic.store.connectors import Connectors
from tiktok_organic.sync.outcome import Outcome

__all__ = ["AttemptConsent"]


class AttemptConsent:
    """What one attempt learns from TikTok about its consent.

    `keeper`: the tokens, after their first use.
    """

    def __init__(self, connectors: Connectors, connector_id: str) -> None:
        self._connectors = connectors
        self._connector_id = connector_id
        self.keeper: TokenKeeper | None = None

    def is_refused(self, reason: str) -> bool:
        """Stop the connector. Return False if its owner has reconnected while the sync ran."""
        refused = None if self.keeper is None else self.keeper.version
        return self._connectors.need_reconnect(self._connector_id, refused=refused, reason=reason)

    def check_keeper(self) -> None:
        """Stop the connector if a renewal was refused while the old token was still valid."""
        if self.keeper is not None and self.keeper.refused is not None:
            self.is_refused(self.keeper.refused.message)

    def checked(self, outcome: Outcome, now: datetime) -> Outcome:
        """Return the outcome.

        If the consent was refused and new tokens exist in the meantime, the run is retried at once.
        """
        if outcome.reconnect is None or self.is_refused(outcome.reconnect):
            return outcome
        return replace(outcome, run=replace(outcome.run, next_attempt_at=now))
