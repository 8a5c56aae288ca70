"""Tokens, sealed: a pair is always written as one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from tiktok_organic.errors import ReconnectNeeded
from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import connectors
from tiktok_organic.store.schema import tokens as table
from tiktok_organic.store.seal import Seal
from tiktok_organic.store.upsert import upsert
from tiktok_organic.tiktok.oauth import Tokens

__all__ = ["TokenStore"]


class TokenStore:
    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal

    def read(self, connector_id: str) -> Tokens:
        """Raises ReconnectNeeded when there are none."""
        statement = (
            select(table, connectors.c.account_id, connectors.c.scopes)
            .join(connectors, connectors.c.id == table.c.connector_id)
            .where(table.c.connector_id == connector_id)
        )
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        if row is None:
            raise ReconnectNeeded("this connector has no tokens")
        return Tokens(
            access_token=self._seal.open(row.access_token),
            access_expires=row.access_expires,
            refresh_token=self._seal.open(row.refresh_token),
            consent_ends=row.consent_ends,
            account_id=row.account_id,
            scopes=tuple(row.scopes),
        )

    def write(
        self, connector_id: str, tokens: Tokens, now: datetime, connection: Connection | None = None
    ) -> None:
        """Replace the pair, in one transaction."""
        if connection is None:
            with self._database.begin() as own:
                self.write(connector_id, tokens, now, own)
            return
        values = {
            "access_token": self._seal.seal(tokens.access_token),
            "access_expires": tokens.access_expires,
            "refresh_token": self._seal.seal(tokens.refresh_token),
            "consent_ends": tokens.consent_ends,
            "updated_at": now,
        }
        upsert(connection, table, [{"connector_id": connector_id, **values}])
