"""Connectors in the store: unique by name, by account, and by dataset of a destination."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from tiktok_organic.caseless import caseless
from tiktok_organic.connector import Connector
from tiktok_organic.errors import Conflict, NotFound
from tiktok_organic.store.connectors.connector_rows import ConnectorRows
from tiktok_organic.store.database import Database
from tiktok_organic.store.encryption.cipher import Cipher
from tiktok_organic.store.runs.cancel_runs import cancel_runs
from tiktok_organic.store.schema import connectors as table
from tiktok_organic.store.schema import tokens
from tiktok_organic.warehouse.destinations import dataset_at, destination_key, identity

__all__ = ["Connectors"]

_REMOVED = {
    "code": "connector_removed",
    "message": "the connector was removed before this sync was over",
    "facts": {},
}


class Connectors:
    """The connectors that were not removed."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._rows = ConnectorRows(cipher)

    def add(self, connector: Connector, connection: Connection) -> None:
        """Add a connector.

        Raises Conflict if the name, account or dataset is in use; nothing is written then.
        """
        self.refuse_taken(connector, connection)
        try:
            connection.execute(insert(table).values(self._rows.values(connector)))
        except IntegrityError as error:  # another machine was faster
            raise Conflict(
                f"another connector has just been given the name {connector.name!r}, the account "
                "or the dataset"
            ) from error

    def refuse_taken(self, connector: Connector, connection: Connection | None = None) -> None:
        """Raise Conflict with the name of the connector that uses a value."""
        # Checked before the insert for a message that names the connector; the unique keys catch a
        # process that adds the same one at this moment.
        for other in self._all(connection):
            if other.id == connector.id:
                continue
            if caseless(other.name) == caseless(connector.name) or other.id == connector.name:
                raise Conflict(
                    f"a connector named {other.name!r} already exists",
                    code="name_taken",
                )
            if (other.account_id, other.api_url) == (connector.account_id, connector.api_url):
                raise self.held(other)
        holder = self.dataset_holder(connector.destination, connector.dataset, connection)
        if holder is not None and holder.id != connector.id:
            raise Conflict(
                f"the dataset {connector.dataset!r} belongs to the connector {holder.name!r}",
                code="dataset_taken",
            )

    @staticmethod
    def held(other: Connector) -> Conflict:
        """Return the error for an account that another connector uses."""
        return Conflict(
            f"the account @{other.username} is already used by the connector {other.name!r}",
            code="account_held",
            connector=other.id,
            username=other.username,
        )

    def holder(self, account_id: str, api_url: str) -> Connector | None:
        """Return the connector of an account."""
        found = (c for c in self.all() if (c.account_id, c.api_url) == (account_id, api_url))
        return next(found, None)

    def dataset_holder(
        self, destination: str, dataset: str, connection: Connection | None = None
    ) -> Connector | None:
        """Return the connector that a dataset at a destination belongs to."""
        return next(
            iter(self._all(connection, table.c.place_key == destination_key(destination, dataset))),
            None,
        )

    def datasets(self, destination: str) -> set[str]:
        """Return the datasets that are in use at a destination."""
        there = (table.c.destination_key == identity(destination)) & table.c.removed_at.is_(None)
        with self._database.read() as connection:
            found = connection.execute(select(table.c.place_key).where(there)).scalars()
            return {name for key in found if (name := dataset_at(destination, key)) is not None}

    def all(self) -> list[Connector]:
        """Return all connectors by name."""
        return self._all(None)

    def get(self, name_or_id: str) -> Connector:
        """Return a connector by id or by name (case-insensitive). Raises NotFound."""
        key = name_or_id.strip()
        wanted = or_(table.c.id == key, table.c.name_key == caseless(key))
        found = self._all(None, wanted)
        if found:
            return found[0]
        names = ", ".join(repr(connector.name) for connector in self.all()[:5]) or "none yet"
        raise NotFound(
            f"the connector {name_or_id!r} does not exist",
            code="unknown_connector",
            names=names,
        )

    def change(
        self, connector_id: str, values: Mapping[str, Any], connection: Connection | None = None
    ) -> None:
        """Change columns of a connector."""
        statement = update(table).where(table.c.id == connector_id).values(dict(values))
        if connection is not None:
            connection.execute(statement)
            return
        with self._database.begin() as own:
            own.execute(statement)

    def locked(self, connector_id: str, connection: Connection) -> Connector:
        """Return the connector, locked until the transaction ends.

        Raises NotFound if it was removed.
        """
        wanted = (table.c.id == connector_id, table.c.removed_at.is_(None))
        # SQLAlchemy renders FOR UPDATE on PostgreSQL and omits it on SQLite, where the transaction
        # has the write lock of the whole file.
        connection.execute(select(table.c.id).where(*wanted).with_for_update())
        found = self._all(connection, table.c.id == connector_id)
        if not found:
            raise NotFound(
                "the connector was removed in the meantime",
                code="unknown_connector",
                case="removed",
            )
        return found[0]

    def need_reconnect(self, connector_id: str, *, refused: int | None, reason: str) -> bool:
        """Stop the connector because TikTok refused its tokens: state `reconnect_needed`.

        `refused`: the version of the refused pair, None if no pair was stored. Returns False and
        changes nothing if another pair is stored now (the owner has reconnected in the meantime, or
        the connector was removed).
        """
        with self._database.begin() as connection:
            this_connector = select(table.c.id).where(
                table.c.id == connector_id, table.c.removed_at.is_(None)
            )
            if connection.execute(this_connector.with_for_update()).first() is None:
                return False
            pair = select(tokens.c.version).where(tokens.c.connector_id == connector_id)
            if connection.execute(pair).scalar() != refused:
                return False
            values = {"state": "reconnect_needed", "state_reason": reason, "next_due": None}
            self.change(connector_id, values, connection)
            return True

    def save(self, connector: Connector, before: Connector) -> None:
        """Write a person's changes; changes that others made in the meantime remain.

        Raises Conflict.
        """
        former = self._rows.values(before)
        changed = {
            name: value
            for name, value in self._rows.values(connector).items()
            if value != former[name]
        }
        if connector.destination == before.destination:
            del changed["destination"]  # encrypting a text twice gives different results
        with self._database.begin() as connection:
            self.refuse_taken(connector, connection)
            if changed:
                self.change(connector.id, changed, connection)

    def remove(self, connector_id: str, now: datetime) -> None:
        """Remove the connector and its tokens.

        Its runs remain as the record of the data's origin; unfinished ones end.
        """
        with self._database.begin() as connection:
            cancel_runs(connector_id, _REMOVED, now, connection)
            connection.execute(tokens.delete().where(tokens.c.connector_id == connector_id))
            # Unique keys ignore NULL in SQLite and PostgreSQL. Partial indexes would do the same,
            # but SQLAlchemy then imports both dialects at every start.
            free = {"name_key": None, "account_key": None, "place_key": None}
            self.change(connector_id, {**free, "removed_at": now, "next_due": None}, connection)

    def _all(self, connection: Connection | None, *wanted: Any) -> list[Connector]:
        statement = (
            select(table, tokens.c.consent_ends)
            .outerjoin(tokens, tokens.c.connector_id == table.c.id)
            .where(table.c.removed_at.is_(None), *wanted)
            .order_by(func.lower(table.c.name), table.c.id)
        )
        if connection is not None:
            return [self._rows.connector(row) for row in connection.execute(statement)]
        with self._database.read() as own:
            return [self._rows.connector(row) for row in own.execute(statement)]
