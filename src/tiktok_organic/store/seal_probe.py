"""Whether somebody has the key that a store's secrets were sealed with: told from a word that was sealed first, or from
everything that is sealed."""

from __future__ import annotations

import base64
from typing import Any

from sqlalchemy import select

from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import connectors, meta, preferences
from tiktok_organic.store.seal import Seal
from tiktok_organic.store.upsert import insert_of

__all__ = ["SEALED", "SEALED_WORD", "holds_sealed", "verify_seal", "verify_snapshot"]

SEALED_WORD = "sealed"
SEALED = {
    "connectors": ("destination",),
    "tokens": ("access_token", "refresh_token"),
    "preferences": ("value",),
    "people": ("totp",),
}
"""What nobody can do without. Drafts are sealed too, and may be older than a key that was given up."""


def holds_sealed(database: Database) -> bool:
    """Whether there is something in the store that a new key would not open."""
    with database.read() as connection:
        word = select(meta.c.value).where(meta.c.name == SEALED_WORD)
        queries = (word, select(connectors.c.id), select(preferences.c.name))
        return any(connection.execute(query.limit(1)).first() is not None for query in queries)


def verify_seal(database: Database, seal: Seal) -> bool:
    """Whether the first key is the one that this store's secrets are sealed with; False when a later one is. Whoever
    comes first leaves the word by which this is told. Raises WrongKey when none of the keys opens it."""
    word = select(meta.c.value).where(meta.c.name == SEALED_WORD)
    with database.read() as connection:
        kept = connection.execute(word).scalar()
    if kept is None:
        with database.begin() as connection:
            other = connection.execute(select(connectors.c.destination).limit(1)).scalar()
            if other is not None:
                seal.open(other)
            mine = insert_of(connection, meta).values(
                name=SEALED_WORD, value=seal.seal(SEALED_WORD)
            )
            connection.execute(mine.on_conflict_do_nothing())
            kept = connection.execute(word).scalar_one()
    seal.open(kept)
    return seal.is_fresh(kept)


def verify_snapshot(document: dict[str, Any], seal: Seal) -> None:
    """Raises WrongKey when the key does not open something in a snapshot."""
    tables = document["tables"]
    rows = [
        (row, columns)
        for name, columns in SEALED.items()
        for row in tables.get(name, [])
        if not _removed(row)
    ]
    rows += [(row, ("value",)) for row in tables["meta"] if row["name"] == SEALED_WORD]
    for row, columns in rows:
        for column in columns:
            if row.get(column) is not None:
                seal.open(base64.b64decode(row[column]))


def _removed(row: dict[str, Any]) -> bool:
    """A connector that was removed: the record of where numbers came from, whose destination is not used any more."""
    return row.get("removed_at") is not None
