"""Fixtures of the engine tests: a separate store, on SQLite or PostgreSQL."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.engine import make_url
from work_office import Office, opened

from new_store import new_home, new_store
from tiktok_organic.simulator import Simulator
from tiktok_organic.store.database import Database
from tiktok_organic.store.runs.procrastinate_queue import Queue
from waiting import Hurry


def _server() -> Engine:
    """The server of the scratch databases.

    The test is skipped where TIKTOK_ORGANIC_TEST_POSTGRES names none.
    """
    server = os.environ.get("TIKTOK_ORGANIC_TEST_POSTGRES")
    if not server:
        pytest.skip("TIKTOK_ORGANIC_TEST_POSTGRES is not set")
    address = make_url(server).set(drivername="postgresql+psycopg")
    return create_engine(address, isolation_level="AUTOCOMMIT")


@contextmanager
def _database(template: str | None = None) -> Iterator[URL]:
    """A new database, as a copy of another one or empty."""
    engine, name = _server(), f"work_{secrets.token_hex(5)}"
    copied = f" TEMPLATE {template}" if template else ""
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}{copied}"))
    yield engine.url.set(drivername="postgresql", database=name)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(scope="session")
def store_template() -> Iterator[str]:
    """The name of a database with the tables of a new store."""
    with _database() as address:
        store = Database(address.render_as_string(hide_password=False))
        store.engine()
        if find_spec("procrastinate"):
            Queue(store).prepare()
        store.close()
        yield str(address.database)


@pytest.fixture
def postgres(store_template: str) -> Iterator[str]:
    """The address of a new store. Its tables exist: creating them takes longer than a copy."""
    with _database(store_template) as address:
        yield address.render_as_string(hide_password=False)


@pytest.fixture
def empty_postgres() -> Iterator[str]:
    """The address of a new database without tables."""
    with _database() as address:
        yield address.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new store, once of each kind."""
    if request.param == "sqlite":
        return new_store(tmp_path / "store.db")
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def hurry() -> Hurry:
    """Once it is set, slow answers of the simulator arrive at once."""
    return Hurry()


@pytest.fixture
def simulator(hurry: Hurry) -> Iterator[Simulator]:
    with Simulator(sleep=hurry.sleep) as running:
        running.world.settings.update(limits=False)
        yield running
    hurry.set()


@pytest.fixture
def office(tmp_path: Path, simulator: Simulator) -> Iterator[Office]:
    """One machine."""
    with opened(Office(new_home(tmp_path / "home"), simulator)) as one:
        yield one


@pytest.fixture
def offices(tmp_path: Path, simulator: Simulator, postgres: str) -> Iterator[tuple[Office, Office]]:
    """Two machines on one PostgreSQL, with one encryption key and one archive."""
    pytest.importorskip("psycopg")
    pytest.importorskip("procrastinate")
    from cryptography.fernet import Fernet

    shared = {
        "SECRET_KEY": Fernet.generate_key().decode(),
        "ARCHIVE_URL": str(tmp_path / "archive"),
    }
    with (
        opened(Office(tmp_path / "one", simulator, postgres, **shared)) as one,
        opened(Office(tmp_path / "two", simulator, postgres, **shared)) as two,
    ):
        yield one, two
