"""An account's tokens while a sync needs them: renewed ahead of time, by one process at a time, stored as a pair."""

from __future__ import annotations

from datetime import timedelta

from tiktok_organic.app import App
from tiktok_organic.errors import ReconnectNeeded, TryAgain
from tiktok_organic.tiktok.client import Wire
from tiktok_organic.tiktok.oauth import Tokens

__all__ = ["TokenKeeper"]

AHEAD = timedelta(minutes=10)
"""A token with less life than this is renewed before it is used."""


class TokenKeeper:
    """The tokens of one connector.

    A kill between TikTok's answer and our commit can lose a pair whose predecessor TikTok no longer takes; the answer
    goes to the disk as the very next step, and the access token from before stays good until its own end.
    """

    def __init__(self, app: App, connector_id: str, wire: Wire) -> None:
        self._app = app
        self._connector_id = connector_id
        self._wire = wire
        self._tokens: Tokens | None = None

    def current(self) -> str:
        tokens = self._known()
        now = self._app.clock.now()
        if tokens.access_expires - now > AHEAD:
            return tokens.access_token
        try:
            return self._renew(tokens.access_token).access_token
        except TryAgain:
            if tokens.access_expires > now:
                return tokens.access_token
            raise

    def renewed(self, rejected: str) -> str:
        return self._renew(rejected).access_token

    def scopes(self) -> tuple[str, ...]:
        """What the token carries now, by TikTok's own word."""
        return self._app.oauth(self._wire).granted(self.current())

    def _known(self) -> Tokens:
        if self._tokens is None:
            self._tokens = self._app.tokens.read(self._connector_id)
        return self._tokens

    def _renew(self, stale: str) -> Tokens:
        """A pair that is newer than `stale`: the one somebody else has stored meanwhile, or a new one of TikTok's."""
        with self._app.locks.hold(f"tokens:{self._connector_id}", wait=True):
            stored = self._app.tokens.read(self._connector_id)
            if stored.access_token == stale:
                now = self._app.clock.now()
                if stored.consent_ends <= now:
                    raise ReconnectNeeded(f"the consent ended on {stored.consent_ends:%Y-%m-%d}")
                stored = self._app.oauth(self._wire).renew(stored.refresh_token)
                self._app.tokens.write(self._connector_id, stored, now)
            self._tokens = stored
            return stored
