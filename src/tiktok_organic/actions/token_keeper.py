"""An account's tokens while a sync needs them: renewed ahead of time, by one process at a time, stored as a pair."""

from __future__ import annotations

from datetime import timedelta

from tiktok_organic.app import App
from tiktok_organic.errors import ReconnectNeeded, TokenRejected, TryAgain
from tiktok_organic.tiktok.oauth import Tokens
from tiktok_organic.tiktok.transport import Transport

__all__ = ["TokenKeeper"]

AHEAD = timedelta(minutes=10)
"""A token with less life than this is renewed before it is used."""
_SAVING_PATIENCE = 5 * 60.0
_SAVING_PAUSE = 2.0
"""Seconds. A new pair is the only one there is: a store that is away for minutes must not cost the consent."""


class TokenKeeper:
    """The tokens of one connector.

    A kill between TikTok's answer and our commit can lose a pair whose predecessor TikTok no longer takes. So nothing
    stands between the two, a store that is away is waited for, and a token from before is used as long as it lives:
    the sync that runs still gets its days. `refused`: why there will be no other token after it.
    """

    def __init__(self, app: App, connector_id: str, transport: Transport) -> None:
        self._app = app
        self._connector_id = connector_id
        self._transport = transport
        self._tokens: Tokens | None = None
        self._tried = False
        self.refused: ReconnectNeeded | None = None

    def current(self) -> str:
        tokens, now = self._known(), self._app.clock.now()
        alive = tokens.access_expires > now
        if tokens.access_expires - now > AHEAD or (self._tried and alive):
            return tokens.access_token
        self._tried = True
        try:
            return self._renew(tokens.access_token).access_token
        except TryAgain:
            if not alive:
                raise
        except ReconnectNeeded as error:
            if not alive:
                raise
            self.refused = error
        return tokens.access_token

    def renewed(self, rejected: str) -> str:
        return self._renew(rejected).access_token

    def scopes(self) -> tuple[str, ...]:
        """What the token carries now, by TikTok's own word. Raises ReconnectNeeded when a renewed one is refused."""
        oauth, token = self._app.oauth(self._transport), self.current()
        try:
            return oauth.granted(token)
        except TokenRejected:
            token = self.renewed(token)
        try:
            return oauth.granted(token)
        except TokenRejected as error:
            raise ReconnectNeeded(
                f"TikTok does not accept a renewed token either: {error.message}"
            ) from error

    def _known(self) -> Tokens:
        if self._tokens is None:
            self._tokens = self._app.tokens.read(self._connector_id)
        return self._tokens

    def _renew(self, stale: str) -> Tokens:
        """A pair that is newer than `stale`: the one somebody else has stored meanwhile, or a new one of TikTok's."""
        with self._app.locks.hold(f"tokens:{self._connector_id}", wait=True):
            stored = self._app.tokens.read(self._connector_id)
            if stored.access_token == stale:
                # Also beyond `consent_ends`: whether a consent is over, TikTok knows, and our clock may be wrong.
                stored = self._app.oauth(self._transport).renew(stored.refresh_token)
                self._save(stored)
            self._tokens = stored
            return stored

    def _save(self, tokens: Tokens) -> None:
        clock = self._app.clock
        deadline = clock.monotonic() + _SAVING_PATIENCE
        while True:
            try:
                return self._app.tokens.write(self._connector_id, tokens, clock.now())
            except TryAgain:
                if clock.monotonic() >= deadline:
                    raise
            clock.sleep(_SAVING_PAUSE)
