"""The tokens of each connector, encrypted. A pair is always written as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from tiktok_organic.errors import ReconnectNeeded
from tiktok_organic.store.database import Database
from tiktok_organic.store.encryption.cipher import Cipher
from tiktok_organic.store.insert_or_replace import insert_or_replace
from tiktok_organic.store.schema import connectors
from tiktok_organic.store.schema import tokens as table
from tiktok_organic.tiktok.token_pair import TokenPair

__all__ = ["StoredTokens", "TokenStore"]


@dataclass(frozen=True)
class StoredTokens:
    """A stored pair.

    `version` increases with every write of the connector's pair, and so shows whether the pair was
    replaced since it was read.
    """

    tokens: TokenPair
    version: int


class TokenStore:
    """Reads and writes pairs.

    A consent replaces any stored pair (`write`); a renewal replaces only the pair that it renewed
    (`replace`).
    """

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def read(self, connector_id: str) -> TokenPair:
        """Return the pair. Raises ReconnectNeeded if the connector has no tokens."""
        return self.stored(connector_id).tokens

    def stored(self, connector_id: str) -> StoredTokens:
        """Return the pair with its version.

        Raises ReconnectNeeded if the connector has no tokens.
        """
        statement = (
            select(table, connectors.c.account_id, connectors.c.scopes)
            .join(connectors, connectors.c.id == table.c.connector_id)
            .where(table.c.connector_id == connector_id)
        )
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        if row is None:
            raise ReconnectNeeded("this connector has no tokens")
        tokens = TokenPair(
            access_token=self._cipher.decrypt(row.access_token),
            access_expires=row.access_expires,
            refresh_token=self._cipher.decrypt(row.refresh_token),
            consent_ends=row.consent_ends,
            account_id=row.account_id,
            scopes=tuple(row.scopes),
        )
        return StoredTokens(tokens, row.version)

    def write(
        self,
        connector_id: str,
        tokens: TokenPair,
        now: datetime,
        connection: Connection | None = None,
    ) -> None:
        """Store the pair of a new consent, whatever was stored before."""
        if connection is None:
            with self._database.begin() as own:
                self.write(connector_id, tokens, now, own)
            return
        # Locked: a renewal that ends at the same time finds another version, and writes nothing.
        former = select(table.c.version).where(table.c.connector_id == connector_id)
        version = connection.execute(former.with_for_update()).scalar() or 0
        row = {"connector_id": connector_id, **self._encrypted(tokens, now), "version": version + 1}
        insert_or_replace(connection, table, [row])

    def replace(
        self,
        connector_id: str,
        tokens: TokenPair,
        *,
        version: int,
        now: datetime,
        connection: Connection | None = None,
    ) -> bool:
        """Store a renewed pair over the pair with that version.

        Returns False and writes nothing if another pair (of a new consent) is stored now, or none.
        """
        if connection is None:
            with self._database.begin() as own:
                return self.replace(connector_id, tokens, version=version, now=now, connection=own)
        still_there = (table.c.connector_id == connector_id, table.c.version == version)
        values = {**self._encrypted(tokens, now), "version": version + 1}
        statement = update(table).where(*still_there).values(values)
        return connection.execute(statement).rowcount == 1

    def _encrypted(self, tokens: TokenPair, now: datetime) -> dict[str, object]:
        return {
            "access_token": self._cipher.encrypt(tokens.access_token),
            "access_expires": tokens.access_expires,
            "refresh_token": self._cipher.encrypt(tokens.refresh_token),
            "consent_ends": tokens.consent_ends,
            "updated_at": now,
        }
