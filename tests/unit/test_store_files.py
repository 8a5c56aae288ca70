"""The store's file and its key: created once by the first process; refused if unusable."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine
from unit_store import ALICE, KEY, OTHER_KEY, Memory

from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import BadValue, Refused, TikTokOrganicError, TryAgain
from tiktok_organic.store.database import Database
from tiktok_organic.store.encryption.cipher import KEY_FILE, Cipher, read_or_make_key
from tiktok_organic.store.locks.file_locks import FileLocks
from tiktok_organic.store.schema import HEAD, metadata
from waiting import PATIENCE


def shape(path: Path) -> set[tuple[str, ...]]:
    """Every table with its columns, and every index with what it covers, as SQLite sees them."""
    found: set[tuple[str, ...]] = set()
    connection = sqlite3.connect(path)
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type='table'"
    ).fetchall():
        if name == "alembic_version":
            continue
        for column in connection.execute(f"PRAGMA table_info({name})"):
            found.add((name, *map(str, column[1:])))
        for key in connection.execute(f"PRAGMA foreign_key_list({name})"):
            found.add((name, "references", *map(str, key[2:5])))
        for index in connection.execute(f"PRAGMA index_list({name})").fetchall():
            columns = [str(row[2]) for row in connection.execute(f"PRAGMA index_info({index[1]})")]
            found.add((name, "index", str(index[2]), str(index[4]), *columns))
    connection.close()
    return found


def test_a_new_store_is_what_the_migrations_make(tmp_path: Path) -> None:
    from alembic import command
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from tiktok_organic.store.migration import configuration

    database = Database(f"sqlite:///{tmp_path / 'made.db'}")
    database.engine()
    database.close()
    config = configuration()
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    assert shape(tmp_path / "made.db") == shape(tmp_path / "migrated.db")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_store_of_a_newer_version_is_refused_and_left_alone(memory: Memory) -> None:
    memory.add(ALICE)
    with memory.database.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    memory.database.close()
    with pytest.raises(Refused) as caught:
        memory.database.engine()
    assert caught.value.code == "store_newer"
    assert "9999" in caught.value.message
    with closing(sqlite3.connect(memory.path)) as file:
        assert file.execute("SELECT count(*) FROM connectors").fetchone() == (1,)


def test_the_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'home' / 'store.db'}")
    database.engine()
    assert (tmp_path / "home" / "store.db").stat().st_mode & 0o077 == 0
    database.close()


def test_a_home_that_cannot_be_created_causes_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Refused) as caught:
        Database(f"sqlite:///{tmp_path / 'file' / 'store.db'}").engine()
    assert caught.value.code == "home_unwritable"
    with pytest.raises(Refused) as caught:
        read_or_make_key(tmp_path / "file")
    assert caught.value.code == "home_unwritable"


@pytest.mark.parametrize(
    "content", [b"this is no database at all, however long it may be " * 50, b"\x00" * 4096]
)
def test_a_file_that_is_not_a_database_causes_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "store.db").write_bytes(content)
    with pytest.raises(Refused) as caught:
        Database(f"sqlite:///{tmp_path / 'store.db'}").engine()
    assert str(tmp_path / "store.db") in caught.value.message
    assert (tmp_path / "store.db").read_bytes() == content


def test_a_folder_with_the_name_of_the_store_causes_an_error(tmp_path: Path) -> None:
    (tmp_path / "store.db").mkdir()
    with pytest.raises(Refused):
        Database(f"sqlite:///{tmp_path / 'store.db'}").engine()


def test_a_damaged_file_causes_an_error_of_ours(memory: Memory) -> None:
    memory.add(ALICE)
    memory.database.close()
    whole = memory.path.read_bytes()
    memory.path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(TikTokOrganicError):
        memory.connectors.all()


@pytest.mark.parametrize("value", [b"{\xff", b'{"profile": '])
def test_a_damaged_document_in_the_file_is_called_damage_and_no_bug(
    memory: Memory, value: bytes
) -> None:
    memory.add(ALICE)
    with memory.database.begin() as connection:
        connection.exec_driver_sql("UPDATE connectors SET reports = CAST(? AS TEXT)", (value,))
    with pytest.raises(Refused) as caught:
        memory.connectors.all()
    assert caught.value.code == "store_unusable"


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_an_empty_file_beside_archived_answers_is_not_taken_for_a_fresh_installation(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "store.db"
    (tmp_path / "archive" / "c-alice").mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(Refused) as caught:
        Database(f"sqlite:///{file}").engine()
    assert (caught.value.code, file.read_bytes()) == ("store_unusable", content)
    (tmp_path / "archive" / "c-alice").rmdir()
    Database(f"sqlite:///{file}").engine()


@pytest.mark.parametrize("options", ["size=96k", "size=1m,nr_inodes=2"])
def test_a_disk_without_room_for_the_store_is_called_full(tmp_path: Path, options: str) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    memory = Memory(folder)
    try:
        with pytest.raises(TryAgain) as caught:
            memory.add(ALICE)
    finally:
        memory.database.close()
        subprocess.run(["umount", "-l", str(folder)], check=True)
    assert caught.value.code == "disk_full"


@pytest.mark.parametrize(
    "url", ["mysql://host/db", "nonsense", "sqlite://", "oracle://a:geheim@host"]
)
def test_a_store_of_another_kind_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadValue) as caught:
        Database(url).engine()
    assert caught.value.name == "TIKTOK_ORGANIC_STORE_URL"
    assert "geheim" not in caught.value.message + advice_of(caught.value)


def test_threads_that_open_a_fresh_store_at_once_all_get_it(tmp_path: Path) -> None:
    failures: list[BaseException] = []
    for number in range(6):
        together = threading.Barrier(4)
        databases = [Database(f"sqlite:///{tmp_path / f'{number}.db'}") for _ in range(4)]

        def work(database: Database, together: threading.Barrier = together) -> None:
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


START = """
import sys
from pathlib import Path
from tiktok_organic.store.database import Database
from tiktok_organic.store.encryption.cipher import Cipher, read_or_make_key
home = Path(sys.argv[1])
key = read_or_make_key(home)
Cipher(key)
with Database(f"sqlite:///{home / 'store.db'}").begin() as connection:
    connection.exec_driver_sql("INSERT INTO meta SELECT 'n' || count(*), x'00' FROM meta")
print(key)
"""


def test_processes_that_start_at_once_share_one_store_and_one_key(tmp_path: Path) -> None:
    home = tmp_path / "home"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", START, str(home)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=PATIENCE) for process in started]
    assert [error for _, error in answers] == ["", ""]
    assert len({key for key, _ in answers}) == 1
    assert sorted(path.name for path in home.iterdir() if path.name.startswith(".")) == []
    connection = sqlite3.connect(home / "store.db")
    assert connection.execute("SELECT count(*) FROM meta WHERE name LIKE 'n%'").fetchone() == (2,)
    connection.close()


def test_the_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    key = read_or_make_key(tmp_path / "home")
    assert read_or_make_key(tmp_path / "home") == key
    assert (tmp_path / "home" / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0
    Cipher(key)


def test_a_key_file_that_others_could_read_is_closed(tmp_path: Path) -> None:
    key = read_or_make_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    assert read_or_make_key(tmp_path) == key
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"not a key", b"\xff\xfe"])
def test_a_key_file_without_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(Refused) as caught:
        read_or_make_key(tmp_path)
    assert (
        caught.value.message == f"the file {tmp_path / KEY_FILE} does not contain an encryption key"
    )
    assert caught.value.code == "wrong_secret_key"
    assert (tmp_path / KEY_FILE).read_bytes() == content


def test_the_first_key_encrypts_and_all_of_them_open() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    encrypted = Cipher(old).encrypt("rft.geheim-é")
    rotating = Cipher(f" {new} , {old},")
    assert rotating.decrypt(encrypted) == "rft.geheim-é"
    assert Cipher(new).decrypt(rotating.encrypt("x")) == "x"
    for key, text in ((new, encrypted), (old, rotating.encrypt("x"))):
        with pytest.raises(Refused) as caught:
            Cipher(key).decrypt(text)
        assert caught.value.code == "wrong_secret_key"
        assert "geheim" not in caught.value.message


@pytest.mark.parametrize("encrypted", [b"", b"nonsense", b"gAAAAA", b"\xff" * 80])
def test_what_no_key_encrypted_is_refused(encrypted: bytes) -> None:
    with pytest.raises(Refused):
        Cipher(KEY).decrypt(encrypted)


@pytest.mark.parametrize("keys", ["", ",", "short", KEY[1:], f"{KEY},short", "é" * 44, " "])
def test_a_text_that_is_not_a_key_is_refused_without_being_shown(keys: str) -> None:
    with pytest.raises(BadValue) as caught:
        Cipher(keys)
    assert caught.value.name == "TIKTOK_ORGANIC_SECRET_KEY"
    assert OTHER_KEY not in caught.value.message
    assert "short" not in caught.value.message


def test_a_lock_is_held_by_one_and_free_afterwards(tmp_path: Path) -> None:
    one, other = FileLocks(tmp_path / "locks"), FileLocks(tmp_path / "locks")
    assert not one.held("c-alice")
    with one.hold("c-alice") as mine:
        assert mine
        assert other.held("c-alice")
        with other.hold("c-alice") as theirs:
            assert not theirs
        with other.hold("c-bob") as free:
            assert free
    assert not other.held("c-alice")
    with other.hold("c-alice", wait=True) as mine:
        assert mine


def test_a_lock_of_a_process_that_died_is_free(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from tiktok_organic.store.locks.file_locks "
        "import FileLocks\n"
        "with FileLocks(Path(sys.argv[1])).hold('c-alice') as mine: os._exit(0 if mine else 1)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 0
    assert not FileLocks(tmp_path).held("c-alice")
