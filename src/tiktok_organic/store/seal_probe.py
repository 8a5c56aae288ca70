"""Whether somebody has the key that a store's secrets were sealed with: told from a word that was sealed first, or from
everything that is sealed."""

from __future__ import annotations

import base64
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import connectors, meta, preferences
from tiktok_organic.store.seal import Seal

__all__ = ["holds_sealed", "verify_seal", "verify_snapshot"]

_NAME = "sealed"
_SEALED = {
    "connectors": ("destination",),
    "tokens": ("access_token", "refresh_token"),
    "preferences": ("value",),
}
"""What nobody can do without. Drafts are sealed too, and may be older than a key that was given up."""


def holds_sealed(database: Database) -> bool:
    """Whether there is something in the store that a new key would not open."""
    with database.read() as connection:
        word = select(meta.c.value).where(meta.c.name == _NAME)
        queries = (word, select(connectors.c.id), select(preferences.c.name))
        return any(connection.execute(query.limit(1)).first() is not None for query in queries)


def verify_seal(database: Database, seal: Seal) -> None:
    """Raises Refused (wrong_secret_key) when the key does not open what is in the store."""
    with database.begin() as connection:
        kept = connection.execute(select(meta.c.value).where(meta.c.name == _NAME)).scalar()
        if kept is None:
            kept = connection.execute(select(connectors.c.destination).limit(1)).scalar()
        if kept is not None:
            seal.open(kept)
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        word = dialect.insert(meta).values(name=_NAME, value=seal.seal(_NAME))
        connection.execute(word.on_conflict_do_nothing())
        first = connection.execute(select(meta.c.value).where(meta.c.name == _NAME)).scalar_one()
    seal.open(first)


def verify_snapshot(document: dict[str, Any], seal: Seal) -> None:
    """Raises Refused (wrong_secret_key) when the key does not open something in a snapshot."""
    tables = document["tables"]
    rows = [(row, columns) for name, columns in _SEALED.items() for row in tables.get(name, []) if not _removed(row)]
    rows += [(row, ("value",)) for row in tables["meta"] if row["name"] == _NAME]
    for row, columns in rows:
        for column in columns:
            seal.open(base64.b64decode(row[column]))


def _removed(row: dict[str, Any]) -> bool:
    """A connector that was removed: the record of where numbers came from, whose destination is not used any more."""
    return row.get("removed_at") is not None
