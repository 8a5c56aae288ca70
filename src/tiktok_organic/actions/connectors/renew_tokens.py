"""The tokens of one connector during a sync.

They are renewed in advance, by one process at a time, and stored as a pair.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from tiktok_organic.app import App
from tiktok_organic.clock import Clock
from tiktok_organic.errors import ReconnectNeeded, TokenRejected, TryAgain
from tiktok_organic.store.connectors.tiktok_tokens import StoredTokens, TokenStore
from tiktok_organic.store.connectors.unsaved_tokens import UnsavedTokens
from tiktok_organic.store.locks.locks import Locks
from tiktok_organic.tiktok.oauth import OAuth
from tiktok_organic.tiktok.transport import Transport

__all__ = ["TokenKeeper", "token_keeper"]

AHEAD = timedelta(minutes=10)
"""A token that expires within this time is renewed before it is used."""
_SAVING_PATIENCE = 20.0
# Seconds. A store that is locked or full is retried for this time. After that the pair is in the
# file of `store/connectors/unsaved_tokens.py`, where the next renewal reads it.
_SAVING_PAUSE = 2.0


class TokenKeeper:
    """The tokens of one connector.

    After a failed renewal the former token is used while it is valid, so the running sync still
    gets its days. `refused`: why no other token can follow it. `version`: of the pair that was
    returned last, None if none was stored. `oauth`: called when TikTok is asked about tokens; it
    raises Refused if no developer app is configured.
    """

    def __init__(
        self,
        connector_id: str,
        tokens: TokenStore,
        unsaved: UnsavedTokens,
        locks: Locks,
        clock: Clock,
        oauth: Callable[[], OAuth],
    ) -> None:
        self._connector_id = connector_id
        self._tokens = tokens
        self._unsaved = unsaved
        self._locks = locks
        self._clock = clock
        self._oauth = oauth
        self._pair: StoredTokens | None = None
        self._tried = False
        self._renewing = threading.Lock()
        self.refused: ReconnectNeeded | None = None

    @property
    def version(self) -> int | None:
        return None if self._pair is None else self._pair.version

    def current(self) -> str:
        tokens, now = self._known().tokens, self._clock.now()
        alive = tokens.access_expires > now
        # One try per sync: after a refused renewal, the present token is used as long as it is
        # valid.
        if tokens.access_expires - now > AHEAD or (self._tried and alive):
            return tokens.access_token
        self._tried = True
        try:
            return self._renew(tokens.access_token)
        except TryAgain:
            if not alive:
                raise
        except ReconnectNeeded as error:
            if not alive:
                raise
            self.refused = error
        return tokens.access_token

    def renewed(self, rejected: str) -> str:
        return self._renew(rejected)

    def scopes(self) -> tuple[str, ...]:
        """The scopes that the token has now, from TikTok.

        Raises ReconnectNeeded if TikTok refuses a renewed token.
        """
        oauth, token = self._oauth(), self.current()
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

    def _known(self) -> StoredTokens:
        if self._pair is None:
            self._pair = self._tokens.stored(self._connector_id)
        return self._pair

    def _renew(self, stale: str) -> str:
        """Return an access token that is newer than `stale`.

        Another process or a reconnect may have stored one; otherwise TikTok issues a new one.
        """
        # Threads of one sync wait for each other here: the lock of all processes is polled.
        with self._renewing, self._locks.hold(f"tokens:{self._connector_id}", wait=True):
            pair = self._latest()
            if pair.tokens.access_token == stale:
                pair = self._ask_for_new(pair)
            self._pair = pair
            return pair.tokens.access_token

    def _latest(self) -> StoredTokens:
        """Return the stored pair, or its successor that could not be stored."""
        stored = self._tokens.stored(self._connector_id)
        unsaved = self._unsaved.read(self._connector_id)
        if unsaved is None or unsaved.version != stored.version:
            return stored
        return self._save(unsaved)

    def _ask_for_new(self, pair: StoredTokens) -> StoredTokens:
        # Also after `consent_ends`: TikTok knows whether a consent has ended; our clock may be
        # wrong.
        # Before the request: on a full disk, the new pair could not be saved and would be lost.
        self._unsaved.reserve(self._connector_id)
        try:
            tokens = self._oauth().renew(pair.tokens)
        except ReconnectNeeded:
            self._unsaved.discard(self._connector_id)
            stored = self._tokens.stored(self._connector_id)
            # The refused pair may be an old one: TikTok's answer then says nothing about the pair
            # that a reconnect stored.
            if stored.version == pair.version:
                raise
            return stored  # the owner has reconnected in the meantime
        # TikTok has returned no pair, so nothing has to be saved.
        except BaseException:
            self._unsaved.discard(self._connector_id)
            raise
        renewed = StoredTokens(tokens, pair.version)
        self._unsaved.keep(self._connector_id, renewed)
        return self._save(renewed)

    def _save(self, renewed: StoredTokens) -> StoredTokens:
        """Store a pair over the one that it was renewed from, and return the pair to use.

        That is the new one, also if the store cannot accept it, or a later consent's if there is
        one.
        """
        clock, store = self._clock, self._tokens
        deadline = clock.monotonic() + _SAVING_PATIENCE
        while True:
            try:
                saved = store.replace(
                    self._connector_id, renewed.tokens, version=renewed.version, now=clock.now()
                )
                break
            except TryAgain:
                if clock.monotonic() >= deadline:
                    return renewed
            clock.sleep(_SAVING_PAUSE)
        self._unsaved.discard(self._connector_id)
        if saved:
            return StoredTokens(renewed.tokens, renewed.version + 1)
        return store.stored(self._connector_id)


def token_keeper(app: App, connector_id: str, transport: Transport) -> TokenKeeper:
    """Return the tokens of a connector, with the parts of the application that they need."""
    return TokenKeeper(
        connector_id,
        app.tokens,
        app.unsaved_tokens,
        app.locks,
        app.clock,
        lambda: app.oauth(transport),
    )
