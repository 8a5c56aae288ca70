"""Fixtures of the engine tests: a separate store, on SQLite or PostgreSQL."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from work_office import Office, opened

from tiktok_organic.simulator import Simulator
from waiting import Hurry


@pytest.fixture
def postgres() -> Iterator[str]:
    """The address of a new database.

    The test is skipped where TIKTOK_ORGANIC_TEST_POSTGRES names no server.
    """
    server = os.environ.get("TIKTOK_ORGANIC_TEST_POSTGRES")
    if not server:
        pytest.skip("TIKTOK_ORGANIC_TEST_POSTGRES is not set")
    address = make_url(server).set(drivername="postgresql+psycopg")
    name = f"work_{secrets.token_hex(5)}"
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    made = address.set(drivername="postgresql", database=name)
    yield made.render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new store, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
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
    with opened(Office(tmp_path / "home", simulator)) as one:
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
