"""Whether a process has the key that this store's secrets were sealed with: told from a word that was sealed first."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import connectors, meta
from tiktok_organic.store.seal import Seal

__all__ = ["verify_seal"]

_NAME = "sealed"


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
