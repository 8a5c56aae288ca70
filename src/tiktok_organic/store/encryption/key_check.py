"""Verify that a process has the key that encrypted a store's secrets.

It decrypts a known text that the first process stored, or, without one, everything that is
encrypted.
"""

from __future__ import annotations

import base64
from typing import Any

from sqlalchemy import select

from tiktok_organic.store.database import Database
from tiktok_organic.store.encryption.cipher import Cipher
from tiktok_organic.store.insert_or_replace import insert_of
from tiktok_organic.store.schema import connectors, meta, preferences

__all__ = ["ENCRYPTED_COLUMNS", "KEY_CHECK", "check_key", "check_snapshot_key", "holds_encrypted"]

KEY_CHECK = "sealed"
ENCRYPTED_COLUMNS = {
    "connectors": ("destination",),
    "tokens": ("access_token", "refresh_token"),
    "preferences": ("value",),
    "people": ("totp",),
}
"""Columns with encrypted values that are required.

Drafts are encrypted too, and may be older than a key that was removed.
"""


def holds_encrypted(database: Database) -> bool:
    """Whether the store has values that a new key could not decrypt."""
    with database.read() as connection:
        word = select(meta.c.value).where(meta.c.name == KEY_CHECK)
        queries = (word, select(connectors.c.id), select(preferences.c.name))
        return any(connection.execute(query.limit(1)).first() is not None for query in queries)


def check_key(database: Database, cipher: Cipher) -> bool:
    """Whether the first key is the one that this store's secrets are encrypted with.

    False if a later key is. The first process stores a known text that later ones decrypt. Raises
    WrongKey if no key decrypts it.
    """
    word = select(meta.c.value).where(meta.c.name == KEY_CHECK)
    with database.read() as connection:
        stored = connection.execute(word).scalar()
    if stored is None:
        with database.begin() as connection:
            other = connection.execute(select(connectors.c.destination).limit(1)).scalar()
            if other is not None:
                cipher.decrypt(other)
            statement = insert_of(connection, meta).values(
                name=KEY_CHECK, value=cipher.encrypt(KEY_CHECK)
            )
            connection.execute(statement.on_conflict_do_nothing())
            stored = connection.execute(word).scalar_one()
    cipher.decrypt(stored)
    return cipher.is_fresh(stored)


def check_snapshot_key(document: dict[str, Any], cipher: Cipher) -> None:
    """Raise WrongKey if the key does not decrypt a snapshot."""
    tables = document["tables"]
    rows = [
        (row, columns)
        for name, columns in ENCRYPTED_COLUMNS.items()
        for row in tables.get(name, [])
        if not _removed(row)
    ]
    rows += [(row, ("value",)) for row in tables["meta"] if row["name"] == KEY_CHECK]
    for row, columns in rows:
        for column in columns:
            if row.get(column) is not None:
                cipher.decrypt(base64.b64decode(row[column]))


def _removed(row: dict[str, Any]) -> bool:
    """Whether a connector was removed, so that its destination is not used any more."""
    return row.get("removed_at") is not None
