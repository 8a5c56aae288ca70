"""A store of the first version is migrated with its content, once, completely or not at all."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from sqlalchemy import create_engine, event
from unit_clock import NOON
from unit_store import ALICE, BOB, KEY, Memory

from tiktok_organic.store.chosen_settings import ChosenSettings
from tiktok_organic.store.database import Database
from tiktok_organic.store.runs.runs import Runs
from tiktok_organic.store.schema import HEAD
from waiting import PATIENCE


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Memory]:
    """A store of the first version: its own migration, and Alice's connector."""
    from alembic import command

    from tiktok_organic.store.migration import configuration

    memory = Memory(tmp_path)
    engine = create_engine(f"sqlite:///{memory.path}")
    config = configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    engine.dispose()
    with closing(sqlite3.connect(memory.path)) as file:
        values: dict[str, Any] = {
            "id": ALICE.id, "name": ALICE.name, "name_key": "a", "account_key": "b",
            "place_key": "c",
            "account_id": ALICE.account_id, "username": ALICE.username, "former_usernames": "[]",
            "display_name": ALICE.display_name, "avatar": ALICE.avatar,
            "followers": ALICE.followers,
            "dataset": ALICE.dataset, "destination": memory.cipher.encrypt(ALICE.destination),
            "destination_key": "d",
            "reports": '["profile", "video_snapshot_metric"]', "schedule": "weekly", "hour": 5,
            "weekday": "friday",
            "timezone": "Europe/Berlin", "lookback": 7, "state": "active", "state_reason": "",
            "scopes": '["user.info.basic", "video.list"]', "api_url": ALICE.api_url,
            "created_at": int(NOON.timestamp()) * 1_000_000, "first_asked": "2026-01-10",
            "next_due": int(NOON.timestamp() + 86_400) * 1_000_000,
        }  # fmt: skip
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        file.execute(f"INSERT INTO connectors ({names}) VALUES ({marks})", list(values.values()))
        file.commit()
    yield memory
    memory.database.close()


def version(path: Path) -> str:
    with closing(sqlite3.connect(path)) as file:
        (found,) = file.execute("SELECT version_num FROM alembic_version").fetchall()
        return str(found[0])


def test_its_first_use_brings_it_up_to_date_with_everything_in_it(old: Memory) -> None:
    assert old.connectors.all() == [ALICE]
    assert version(old.path) == HEAD
    old.add(BOB)
    ChosenSettings(old.database, old.cipher).change(
        {"TIMEZONE": "Asia/Tokyo"}, "alice@example.com", NOON
    )
    old.database.close()
    assert [connector.id for connector in old.connectors.all()] == [ALICE.id, BOB.id]
    assert ChosenSettings(old.database, old.cipher).texts() == {"TIMEZONE": "Asia/Tokyo"}


def test_the_copy_from_before_has_the_newest_rows_and_only_its_owner_can_read_it(
    old: Memory,
) -> None:
    with closing(sqlite3.connect(old.path)) as writing:
        writing.execute("PRAGMA journal_mode=WAL")
        writing.execute(
            "UPDATE connectors SET followers = 77"
        )  # exists only in the write-ahead log
        writing.commit()
        old.database.engine()
    copy = old.path.with_name("store.db.before-0002")
    assert version(copy) == "0002"
    with closing(sqlite3.connect(copy)) as file:
        assert file.execute("SELECT id, followers FROM connectors").fetchall() == [("c-alice", 77)]
    assert copy.stat().st_mode & 0o077 == 0


def test_a_store_that_is_up_to_date_is_not_copied(old: Memory) -> None:
    old.database.engine()
    copy = old.path.with_name("store.db.before-0002")
    copy.unlink()
    Memory(old.path.parent, KEY).database.engine()
    assert not copy.exists()


def test_threads_that_open_it_at_once_upgrade_it_once_and_keep_the_true_copy(old: Memory) -> None:
    together = threading.Barrier(4)
    failures: list[BaseException] = []
    databases = [Database(f"sqlite:///{old.path}") for _ in range(4)]

    def work(database: Database) -> None:
        together.wait(PATIENCE)
        try:
            with database.begin() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO meta SELECT 'n' || count(*), x'00' FROM meta"
                )
        except Exception as error:  # noqa: BLE001 - told below, in the thread that can fail the test
            failures.append(error)

    threads = [threading.Thread(target=work, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.close()
    assert failures == []
    assert version(old.path) == HEAD
    assert version(old.path.with_name("store.db.before-0002")) == "0002"
    assert len(old.rows("SELECT name FROM meta")) == 4


def test_an_interrupted_upgrade_leaves_the_store_unchanged_and_is_repeated(
    old: Memory,
) -> None:
    from tiktok_organic.store.migration import upgrade

    engine = create_engine(f"sqlite:///{old.path}")

    def pull_the_plug(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.startswith("UPDATE alembic_version"):
            raise KeyboardInterrupt

    @event.listens_for(engine, "connect")
    def as_ours(connection: Any, _record: object) -> None:
        connection.isolation_level = None

    event.listen(engine, "before_cursor_execute", pull_the_plug)
    with pytest.raises(KeyboardInterrupt):
        upgrade(engine, "0002", old.path)
    engine.dispose()
    assert version(old.path) == "0002"
    assert old.connectors.all() == [ALICE]
    assert version(old.path) == HEAD


def test_runs_of_before_know_their_sync_date_and_what_became_of_each_fetched_part(
    old: Memory,
) -> None:
    summary = {"archive": "c/2026/r.1.answers.gz", "moment": "2026-03-11T12:00:00Z"}
    kept = [
        {"archive": "x", "landed": True, "summary": summary},
        {"archive": "x", "landed": False, "set_aside": True, "summary": summary},
        {"archive": "x", "landed": False, "refused": True, "summary": summary},
        {"archive": "x", "landed": False, "summary": summary},
    ]
    values: dict[str, Any] = {
        "id": "r1", "connector_id": ALICE.id, "kind": "sync", "requested_by": "person",
        "moment": int(NOON.timestamp()) * 1_000_000, "status": "partial", "attempt": 1,
        "reports": '["profile"]', "window_start": "2026-03-06", "window_end": "2026-03-10",
        "results": "{}", "requests": 3, "throttled": 0, "fetched": json.dumps(kept), "landed": 1,
        "notes": "{}", "created_at": int(NOON.timestamp()) * 1_000_000,
    }  # fmt: skip
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    with closing(sqlite3.connect(old.path)) as file:
        file.execute(f"INSERT INTO runs ({names}) VALUES ({marks})", list(values.values()))
        file.commit()
    run = Runs(old.database).get("r1")
    assert (run.sync_date, run.loaded) == (NOON, True)
    assert [part.state for part in run.fetched] == ["loaded", "set_aside", "refused", "fetched"]
    assert run.fetched[0].archive == "c/2026/r.1.answers.gz"
    assert run.fetched[0].summary.sync_date == "2026-03-11T12:00:00Z"


def test_names_stored_in_decomposed_letters_are_found_as_they_are_typed(old: Memory) -> None:
    name = normalize("NFD", "Bäckerei")
    with closing(sqlite3.connect(old.path)) as writing:
        writing.execute("UPDATE connectors SET name = ?, name_key = ?", (name, name.casefold()))
        writing.commit()
    assert old.connectors.get("Bäckerei").id == ALICE.id
    assert old.connectors.get(name).id == ALICE.id
