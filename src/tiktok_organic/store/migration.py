"""Migrate an older store.

Imported only if a store is older: importing Alembic takes longer than a sync.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from tiktok_organic.errors import Refused

__all__ = ["configuration", "upgrade"]


def configuration() -> Config:
    """Return Alembic's settings; they need no file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine, version: str | None, path: Path | None) -> None:
    """Migrate from `version` (None: from nothing) to the newest schema; copy a SQLite file first.

    If several processes begin at once, one migrates, completely or not at all. Raises Refused for a
    store that is newer than this version.
    """
    if version is not None:
        _refuse_unknown(version)
    config = configuration()
    scripts = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        _come_first(connection)
        if (
            MigrationContext.configure(connection).get_current_revision()
            == scripts.get_current_head()
        ):
            return  # another process has done it: its copy is the one of the old schema
        if path is not None and version is not None:
            _copy(path, path.with_name(f"{path.name}.before-{version}"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _refuse_unknown(version: str) -> None:
    """Raise Refused if no migration of this version leads to the store's schema."""
    known = {
        script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()
    }
    if version not in known:
        raise Refused(
            f"the store was created by a newer version of tiktok-organic (its schema is {version})",
            code="store_newer",
        )


def _come_first(connection: Connection) -> None:
    """Begin a transaction that excludes other writers.

    On SQLite it must be begun explicitly: the driver would begin none, and a kill between two
    statements would leave a schema that no migration expects.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(7461)"))


def _copy(source: Path, target: Path) -> None:
    """Copy the whole database: a copied file would lack the content of SQLite's write-ahead log."""
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)  # before it has any content
    with closing(sqlite3.connect(source)) as store, closing(sqlite3.connect(target)) as copy:
        store.backup(copy)
