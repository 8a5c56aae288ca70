"""No typed path makes a process open a file of the product: SQLite would lose its locks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tiktok_organic.actions.operation import choose_settings
from tiktok_organic.actions.operation.backup import backup, restore
from tiktok_organic.app import App
from tiktok_organic.clock import SystemClock
from tiktok_organic.errors import Refused, TikTokOrganicError
from tiktok_organic.settings import Settings
from tiktok_organic.store.people.people import Person

_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
"""The bytes of the file on which SQLite holds its shared lock."""

_TRIES_TO_LOCK = f"""
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, {_SHARED_SIZE}, {_SHARED_FIRST})
    except OSError:
        print("locked")
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = App(Settings(home=tmp_path / "home"))
    assert app.connectors.all() == []
    assert app.encryption_key
    with app.locks.hold("server"):
        (app.settings.home / "server.json").touch()
        yield app
    app.close()


def is_locked_for_others(app: App) -> bool:
    """Whether another process sees the lock that SQLite holds in this one."""
    store = str(app.database.path)
    asked = [sys.executable, "-c", _TRIES_TO_LOCK, store]
    return subprocess.run(asked, capture_output=True, check=True).stdout == b"locked\n"


def test_opening_and_closing_the_store_loses_the_locks_of_sqlite(app: App) -> None:
    """The danger that these tests are about, shown: without it they would prove nothing."""
    assert is_locked_for_others(app)
    with Path(str(app.database.path)).open("rb"):
        pass
    assert not is_locked_for_others(app)


def ways(home: Path) -> list[str]:
    """Paths that lead to a file of the product."""
    link, hard, folder = home.parent / "link", home.parent / "hard", home.parent / "folder"
    if not link.is_symlink():
        link.symlink_to(home / "store.db")
        os.link(home / "store.db", hard)
        folder.symlink_to(home, target_is_directory=True)
    lock = next((home / "locks").iterdir())
    names = ("store.db", "store.db-wal", "store.db-shm", "store.db-journal", "store.db.before-0001")
    return [
        *(f"{home}/{name}" for name in names),
        f"{home}/secret.key",
        f"{home}/server.json",
        f"{home}/.env",
        str(lock),
        f"{home}/archive/new",
        f"{home}/archive/c-1/made/by/nobody",
        f"{home}/../home/./store.db",
        str(link),
        str(hard),
        f"{folder}/store.db",
        f"{folder}/archive/new",
    ]


ADDRESSES = (
    "duckdb:///{path}",
    "postgresql://127.0.0.1:1/db?passfile={path}",
    "postgresql://127.0.0.1:1/db?sslmode=verify-full&sslrootcert={path}",
    "postgresql://127.0.0.1:1/db?sslcert={path}&sslkey={path}",
    "postgresql://127.0.0.1:1/db?sslcrl={path}",
    "bigquery://some-project?credentials={path}",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_destination_opens_a_file_of_ours(app: App, address: str) -> None:
    for path in ways(app.settings.home):
        with (
            pytest.raises(TikTokOrganicError) as refused,
            app.warehouse(address.format(path=path)) as it,
        ):
            it.check("some")
        assert refused.value.code == "own_file", path
    assert is_locked_for_others(app)


def test_no_descriptor_of_this_process_is_taken_for_a_warehouse(app: App) -> None:
    store = Path(str(app.database.path)).stat()
    for path in Path("/proc/self/fd").iterdir():
        if path.exists() and os.path.samestat(path.stat(), store):
            with pytest.raises(Refused), app.warehouse(f"duckdb:///{path}") as it:
                it.check("some")
    assert is_locked_for_others(app)


def test_the_default_warehouse_in_home_can_be_used(app: App) -> None:
    with app.warehouse(app.settings.warehouse) as warehouse:
        warehouse.check("some")


def test_a_pipe_is_refused_instead_of_waited_for(app: App, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.duckdb")
    with (
        pytest.raises(TikTokOrganicError, match="pipe"),
        app.warehouse(f"duckdb:///{tmp_path}/pipe.duckdb") as it,
    ):
        it.check("some")


def test_no_notification_opens_a_file_of_ours(app: App) -> None:
    alice = Person("p", "alice@example.com", "owner", "UTC", SystemClock().now(), "")
    for path in ways(app.settings.home):
        for value in (path, f"file://{path}", path.replace("/", "%2F")):
            with pytest.raises(Refused) as refused:
                choose_settings.choose_notifications(
                    app, alice, f"fcm://project/token?keyfile={value}"
                )
            assert refused.value.code == "own_file", value
    assert is_locked_for_others(app)


def test_a_backup_neither_replaces_nor_reads_a_file_of_ours(app: App) -> None:
    before = Path(str(app.database.path)).stat().st_ino
    for path in ways(app.settings.home):
        for verb in (backup, restore):
            with pytest.raises(Refused) as refused:
                verb(app, Path(path), "four words by chance")
            assert refused.value.code == "own_file", path
    assert Path(str(app.database.path)).stat().st_ino == before
    assert is_locked_for_others(app)


@pytest.mark.parametrize("folder", ["", "locks", "spool", "store.db", "secret.key", "locks/deep"])
def test_the_archive_does_not_lie_among_our_other_files(tmp_path: Path, folder: str) -> None:
    home = tmp_path / "home"
    for given in (str(home / folder), f"file://{home / folder}", f"local://{home / folder}"):
        values = {"TIKTOK_ORGANIC_HOME": str(home), "TIKTOK_ORGANIC_ARCHIVE_URL": given}
        with pytest.raises(Refused, match="ARCHIVE_URL"):
            Settings.read(values)


def test_the_destination_of_the_settings_is_not_a_file_of_ours(app: App) -> None:
    for path in ways(app.settings.home):
        values = {
            "TIKTOK_ORGANIC_HOME": str(app.settings.home),
            "TIKTOK_ORGANIC_DESTINATION": f"duckdb:///{path}",
        }
        with pytest.raises(Refused, match="DESTINATION"):
            Settings.read(values)
