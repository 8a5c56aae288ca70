"""One machine migrates a shared store of the first version, while others start too."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tiktok_organic.store.database import Database
from tiktok_organic.store.schema import HEAD
from waiting import PATIENCE


@pytest.fixture
def old(empty_postgres: str) -> str:
    """The address of a store as the first version has left it, with a word in it."""
    from alembic import command

    from tiktok_organic.store.migration import configuration

    config = configuration()
    engine = create_engine(make_url(empty_postgres).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.execute(text("INSERT INTO meta VALUES ('word', '\\x00')"))
    engine.dispose()
    return empty_postgres


def test_machines_that_start_at_once_upgrade_it_once(old: str) -> None:
    together = threading.Barrier(3)
    failures: list[BaseException] = []
    databases = [Database(old) for _ in range(3)]

    def start(database: Database) -> None:
        together.wait(PATIENCE)
        try:
            database.engine()
        except Exception as error:  # noqa: BLE001 - told below, in the thread that can fail the test
            failures.append(error)

    threads = [threading.Thread(target=start, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with databases[0].read() as connection:
        assert connection.execute(
            text("SELECT version_num FROM alembic_version")
        ).scalars().all() == [HEAD]
        assert connection.execute(text("SELECT count(*) FROM preferences")).scalar() == 0
        assert connection.execute(text("SELECT name FROM meta")).scalars().all() == ["word"]
    for database in databases:
        database.close()
    assert failures == []
