"""Bring an older store up to date. Imported only when a store is behind: Alembic takes longer to load than a sync."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from tiktok_organic.errors import Refused

__all__ = ["configuration", "upgrade"]


def configuration() -> Config:
    """Alembic's settings; there is no file of them to lose."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine, version: str | None, path: Path | None) -> None:
    """Migrate to the newest schema, keeping a copy of an SQLite file. Raises Refused for a newer store than we know."""
    config = configuration()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise Refused(
            f"the store was made by a newer version of tiktok-organic (its schema is {version})",
            code="store_newer",
            advice="Run the newer version: pip install --upgrade tiktok-organic",
        )
    if path is not None and version is not None:
        _copy(path, path.with_name(f"{path.name}.before-{version}"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _copy(source: Path, target: Path) -> None:
    """A whole copy: what stands only in SQLite's log beside the file would be missing from a copied file."""
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as store, closing(sqlite3.connect(target)) as copy:
        store.backup(copy)
    target.chmod(0o600)
