"""A new sealing key: once it stands first, what older ones have sealed is sealed anew, so that they can be given up."""

from __future__ import annotations

import logging

from sqlalchemy import Connection, select, update

from tiktok_organic.errors import WrongKey
from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import meta, metadata
from tiktok_organic.store.seal import Seal
from tiktok_organic.store.seal_probe import SEALED, SEALED_WORD

__all__ = ["reseal"]

_LOG = logging.getLogger(__name__)


def reseal(database: Database, seal: Seal) -> None:
    """Seal with the first key what another one has sealed; what none of them opens stays as it is."""
    with database.begin() as connection:
        count = sum(
            _column(connection, table, column, seal)
            for table, columns in SEALED.items()
            for column in columns
        )
        word = connection.execute(select(meta.c.value).where(meta.c.name == SEALED_WORD)).scalar()
        if word is not None and not seal.is_fresh(word):
            seal.open(word)
            fresh = (
                update(meta).where(meta.c.name == SEALED_WORD).values(value=seal.seal(SEALED_WORD))
            )
            connection.execute(fresh)
    if count:
        _LOG.info("%d values in the store were sealed anew with the first sealing key", count)


def _column(connection: Connection, name: str, column: str, seal: Seal) -> int:
    """How many values were sealed anew. One that somebody replaces meanwhile is his."""
    table = metadata.tables[name]
    keys = list(table.primary_key)
    count = 0
    filled = select(*keys, table.c[column]).where(table.c[column].is_not(None))
    for row in connection.execute(filled).all():
        *key, sealed = row
        if seal.is_fresh(sealed):
            continue
        try:
            fresh = seal.seal(seal.open(sealed))
        except WrongKey:
            continue
        mine = [part == value for part, value in zip(keys, key, strict=True)]
        connection.execute(
            update(table).where(*mine, table.c[column] == sealed).values({column: fresh})
        )
        count += 1
    return count
