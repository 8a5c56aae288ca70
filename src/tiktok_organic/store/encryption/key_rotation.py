"""Replace the encryption key: encrypt all values with the first key."""

from __future__ import annotations

import logging

from sqlalchemy import Connection, select, update

from tiktok_organic.errors import WrongKey
from tiktok_organic.store.database import Database
from tiktok_organic.store.encryption.cipher import Cipher
from tiktok_organic.store.encryption.key_check import ENCRYPTED_COLUMNS, KEY_CHECK
from tiktok_organic.store.schema import meta, metadata

__all__ = ["rotate_key"]

_LOG = logging.getLogger(__name__)


def rotate_key(database: Database, cipher: Cipher) -> None:
    """Encrypt with the first key what another key has encrypted.

    A value that no key decrypts is unchanged.
    """
    with database.begin() as connection:
        count = sum(
            _column(connection, table, column, cipher)
            for table, columns in ENCRYPTED_COLUMNS.items()
            for column in columns
        )
        word = connection.execute(select(meta.c.value).where(meta.c.name == KEY_CHECK)).scalar()
        if word is not None and not cipher.is_fresh(word):
            cipher.decrypt(word)
            fresh = (
                update(meta).where(meta.c.name == KEY_CHECK).values(value=cipher.encrypt(KEY_CHECK))
            )
            connection.execute(fresh)
    if count:
        _LOG.info(
            "%d values in the store were encrypted again with the first encryption key", count
        )


def _column(connection: Connection, name: str, column: str, cipher: Cipher) -> int:
    """Return the number of re-encrypted values. A value that changed in the meantime is skipped."""
    table = metadata.tables[name]
    keys = list(table.primary_key)
    count = 0
    filled = select(*keys, table.c[column]).where(table.c[column].is_not(None))
    for row in connection.execute(filled).all():
        *key, encrypted = row
        if cipher.is_fresh(encrypted):
            continue
        try:
            fresh = cipher.encrypt(cipher.decrypt(encrypted))
        except WrongKey:
            continue
        this_row = [part == value for part, value in zip(keys, key, strict=True)]
        connection.execute(
            update(table).where(*this_row, table.c[column] == encrypted).values({column: fresh})
        )
        count += 1
    return count
