"""The store's database: SQLite in the home folder, or a PostgreSQL that several machines share."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, OperationalError

from tiktok_organic.errors import BadValue, Refused
from tiktok_organic.home_folder import make_home
from tiktok_organic.postgres_encryption import usual_sslmode
from tiktok_organic.settings import hide_passwords_in
from tiktok_organic.store.database_errors import (
    DAMAGED,
    damaged_database,
    operational_error,
    server_error,
)
from tiktok_organic.store.schema import HEAD, metadata

__all__ = ["Database"]


_HEADER = 100
"""Bytes with which each SQLite file begins."""


class Database:
    """Connections and transactions.

    The schema is created or migrated at the first use. Raises Refused (unwritable folder, no
    database, newer store) and TryAgain (unreachable, locked).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
        self._engine: Engine | None = None
        self._making = threading.Lock()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Begin a transaction; it is committed at the end, or rolled back by an exception.

        On SQLite it has the write lock from its beginning, so that values it has read do not change
        before it writes.
        """
        with self._errors(), self.engine().begin() as connection:
            if self.path is not None:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Return a connection for reading."""
        with self._errors(), self.engine().connect() as connection:
            yield connection

    def engine(self) -> Engine:
        if self._engine is not None:
            return self._engine
        with self._making, self._errors():
            if self._engine is None:
                engine = self._make()
                self._bring_up_to_date(engine)
                self._engine = engine
            return self._engine

    def server_address(self, driver: str) -> str:
        """The address of the PostgreSQL server, encrypted where it is another machine.

        Raises BadValue.
        """
        return _postgresql(self.url).set(drivername=driver).render_as_string(hide_password=False)

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _make(self) -> Engine:
        if self.path is None:
            return create_engine(self.server_address("postgresql+psycopg"), pool_pre_ping=True)
        make_home(self.path.parent)
        if not self.path.exists():
            # SQLite would create it with the umask's permissions; -wal and -shm copy the file's.
            self.path.touch(mode=0o600)
        elif self.path.stat().st_size < _HEADER and _has_files(self.path.parent / "archive"):
            # SQLite would take it for a new database, and all connectors would be forgotten.
            raise Refused(
                f"the store {self.path} is empty, though answers were archived beside it",
                code="store_unusable",
            )
        engine = create_engine(
            URL.create("sqlite", database=str(self.path)), connect_args={"timeout": 30}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        return engine

    def _bring_up_to_date(self, engine: Engine) -> None:
        version = _version(engine)
        if version == HEAD:
            return
        if version is None and not inspect(engine).get_table_names():
            self._create(engine)
            return
        from tiktok_organic.store.migration import upgrade

        upgrade(engine, version, self.path)

    def _create(self, engine: Engine) -> None:
        """Create the tables of a new store without migrations and without Alembic.

        If two processes begin at once, one creates them.
        """
        with engine.begin() as connection:
            if self.path is not None:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                # CREATE TABLE IF NOT EXISTS still fails with a unique violation when two sessions
                # run it at once.
                connection.execute(text("SELECT pg_advisory_xact_lock(7461)"))
            if inspect(connection).has_table("alembic_version"):
                return
            metadata.create_all(connection)
            connection.execute(
                text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            )
            connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the database's errors into ours, without its address (it may have a password)."""
        try:
            yield
        except OSError as error:
            raise Refused(
                f"the store {self.path} cannot be written: {error.strerror or error}",
                code="home_unwritable",
            ) from error
        except OperationalError as error:
            if self.path is None:
                raise server_error(hide_passwords_in(str(error.orig), self.url)) from error
            raise operational_error(error, self.path) from error
        except DataError as error:
            reason = str(error.orig).partition("\n")[0]
            raise Refused(f"the store cannot hold a value: {reason}", code="store_value") from error
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise damaged_database(self.path) from error
        except DBAPIError as error:
            if isinstance(error.orig, sqlite3.DatabaseError) and any(
                word in str(error.orig) for word in DAMAGED
            ):
                raise damaged_database(self.path) from error
            raise


def _has_files(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Python's driver would otherwise begin transactions itself, at the first writing statement
    # only.
    connection.isolation_level = None  # transactions begin where `begin` says so
    # With a write-ahead log, NORMAL cannot corrupt the database; only a power failure may lose the
    # last commits.
    for pragma in ("busy_timeout=30000", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            # SQLite does not wait here; another process that has the new file makes the same change
            pass


def _postgresql(url: str) -> URL:
    try:
        made = make_url(url)
    except (ArgumentError, ValueError):
        raise BadValue(
            "TIKTOK_ORGANIC_STORE_URL",
            "it is not a database address",
            example="postgresql://user@host/database",
        ) from None
    if made.get_backend_name() != "postgresql":
        raise BadValue(
            "TIKTOK_ORGANIC_STORE_URL",
            f"{made.get_backend_name()} is not supported",
            example=(
                "postgresql://user@host/database (leave it unset for the SQLite file in the "
                "home folder)"
            ),
        )
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    sslmode = usual_sslmode(parts, options, os.environ)
    return made.update_query_dict({"sslmode": sslmode}) if sslmode else made


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        try:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except DBAPIError as error:
            if "alembic_version" not in str(error.orig):
                raise
            return None
