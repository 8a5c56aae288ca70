"""The consent behind one attempt: whether TikTok still accepts it, and what follows if not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tiktok_organic.actions.connectors.renew_tokens import TokenKeeper
from tiktok_organic.store.connectors.connectors import Connectors
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

    def stop_connector(self, reason: str) -> bool:
        """Record that the connector must be reconnected, in a transaction of its own.

        Returns False, and records nothing, if its owner has reconnected while the sync ran.
        """
        refused = None if self.keeper is None else self.keeper.version
        return self._connectors.need_reconnect(self._connector_id, refused=refused, reason=reason)

    def stop_if_renewal_refused(self) -> None:
        """Stop the connector if a renewal was refused while the old token was still valid."""
        if self.keeper is not None and self.keeper.refused is not None:
            self.stop_connector(self.keeper.refused.message)

    def apply_refusal(self, outcome: Outcome, now: datetime) -> Outcome:
        """Stop the connector if the outcome says that the consent was refused. Return the outcome.

        If new tokens exist in the meantime, the connector goes on, and the run is retried at once.
        """
        if outcome.reconnect is None or self.stop_connector(outcome.reconnect):
            return outcome
        return replace(outcome, run=replace(outcome.run, next_attempt_at=now))
