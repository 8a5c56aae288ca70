"""The account that dlt extracts: a connector of this machine, or one by its token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from tiktok_organic.actions.connectors.renew_tokens import TokenKeeper, token_keeper
from tiktok_organic.app import App
from tiktok_organic.errors import (
    AlreadyRunning,
    ReconnectNeeded,
)
from tiktok_organic.tiktok.client import TokenSource
from tiktok_organic.tiktok.transport import Transport

__all__ = ["ConnectedAccount", "ExtractedAccount", "GivenAccount", "scopes_of"]


class ExtractedAccount(Protocol):
    """The account to extract, and its tokens."""

    account_id: str
    username: str
    scopes: tuple[str, ...]
    api_url: str

    def tokens(self, transport: Transport) -> AbstractContextManager[TokenSource]: ...

    def stop_connector(self, reason: str) -> None:
        """Record that TikTok refused the tokens."""


class ConnectedAccount:
    """A connector of this machine, locked against other syncs."""

    def __init__(self, app: App, connector_id: str) -> None:
        found = app.connectors.get(connector_id)
        self._app, self._connector = app, found
        self.account_id, self.username = found.account_id, found.username
        self.scopes, self.api_url = found.scopes, found.api_url
        self._keeper: TokenKeeper | None = None

    @contextmanager
    def tokens(self, transport: Transport) -> Iterator[TokenSource]:
        with self._app.locks.hold(self._connector.id) as acquired:
            if not acquired:
                raise AlreadyRunning(f"{self._connector.name!r} is being synced at this moment")
            self._keeper = token_keeper(self._app, self._connector.id, transport)
            yield self._keeper

    def stop_connector(self, reason: str) -> None:
        version = None if self._keeper is None else self._keeper.version
        self._app.connectors.need_reconnect(self._connector.id, refused=version, reason=reason)


class GivenAccount:
    """An account by its token, which cannot be renewed."""

    def __init__(
        self, app: App, access_token: str, account_id: str, scopes: tuple[str, ...]
    ) -> None:
        self._token = access_token
        self.account_id, self.username, self.api_url = account_id, account_id, app.settings.api_url
        self.scopes = scopes

    @contextmanager
    def tokens(
        self,
        transport: Transport,  # noqa: ARG002 - the interface's name
    ) -> Iterator[TokenSource]:
        yield self

    def current(self) -> str:
        return self._token

    def renewed(self, rejected: str) -> str:  # noqa: ARG002 - the interface's name
        raise ReconnectNeeded("TikTok does not accept the token that was given")

    def stop_connector(self, reason: str) -> None:
        """Ignore it: nothing is stored about a given token."""


def scopes_of(tokens: TokenSource, known: tuple[str, ...]) -> Callable[[], tuple[str, ...]]:
    """Return the scopes of the token, from TikTok if it answers."""
    return tokens.scopes if isinstance(tokens, TokenKeeper) else lambda: known
