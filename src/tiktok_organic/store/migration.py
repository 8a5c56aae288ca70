"""Bring an older store up to date.

Imported only when a store is behind: Alembic takes longer to load than a sync.
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
    """Alembic's settings; there is no file of them to lose."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine, version: str | None, path: Path | None) -> None:
    """Migrate from `version` (None: from nothing) to the newest schema, keeping a copy of an SQLite
    file.

    Of several processes that begin at once one does it, whole or not at all. Raises Refused for a
    newer store than we know.
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
            return  # another process has done it meanwhile: its copy is the one from before
        if path is not None and version is not None:
            _copy(path, path.with_name(f"{path.name}.before-{version}"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _refuse_unknown(version: str) -> None:
    """Raise Refused when no migration of ours leads to the store's schema."""
    known = {
        script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()
    }
    if version not in known:
        raise Refused(
            f"the store was made by a newer version of tiktok-organic (its schema is {version})",
            code="store_newer",
        )


def _come_first(connection: Connection) -> None:
    """A transaction that nobody else can write beside.

    On SQLite it must be begun by hand: the driver would begin none, and a kill between two
    statements would leave a schema that no migration expects.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(7461)"))


def _copy(source: Path, target: Path) -> None:
    """A whole copy: what stands only in SQLite's log beside the file would be missing from a copied
    file.
    """
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)  # before anything is in it
    with closing(sqlite3.connect(source)) as store, closing(sqlite3.connect(target)) as copy:
        store.backup(copy)
