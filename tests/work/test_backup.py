"""A backup restores everything, also on another machine and kind of store, and leaks nothing."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy.exc import IntegrityError
from work_office import Office, opened

from tiktok_organic.actions.operation import backup as at_full_cost
from tiktok_organic.actions.operation.single_server import refuse_without_key
from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import BadValue, Refused
from tiktok_organic.simulator import Simulator
from tiktok_organic.store.encryption.backup_encryption import lock, unlock

WORDS = "correct horse battery"
QUICK = 2**10
backup = partial(at_full_cost.backup, cost=QUICK)
restore = partial(at_full_cost.restore, cost=QUICK)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def alice(tmp_path: Path, simulator: Simulator) -> Iterator[Office]:
    with opened(Office(tmp_path / "alice", simulator)) as office:
        yield office


@pytest.fixture
def elsewhere(tmp_path: Path, simulator: Simulator) -> Iterator[Office]:
    with opened(Office(tmp_path / "elsewhere", simulator)) as office:
        yield office


@contextmanager
def rewritten(path: Path) -> Iterator[dict[str, Any]]:
    """A backup's content, to be changed."""
    document = json.loads(gzip.decompress(unlock(path.read_bytes(), WORDS, QUICK)))
    yield document
    path.write_bytes(lock(gzip.compress(json.dumps(document).encode()), WORDS, QUICK))


def test_connectors_tokens_and_runs_come_back(
    alice: Office, elsewhere: Office, tmp_path: Path
) -> None:
    connector = alice.connect(f"bakery{tmp_path.name}")
    run = order_run(alice.app, connector, window=None)
    tokens = alice.app.tokens.read(connector.id)
    at_full_cost.backup(alice.app, tmp_path / "safe", WORDS)
    assert at_full_cost.restore(elsewhere.app, tmp_path / "safe", WORDS)["connectors"] == 1
    assert elsewhere.app.connectors.get(connector.id) == alice.app.connectors.get(connector.id)
    assert elsewhere.app.tokens.read(connector.id) == tokens
    assert elsewhere.app.runs.get(run.id) == run


def test_what_was_chosen_on_the_page_comes_back(
    alice: Office, elsewhere: Office, tmp_path: Path
) -> None:
    alice.app.chosen_settings.change(
        {"NOTIFY": "json://a:geheim@host"}, "alice@example.com", alice.app.clock.now()
    )
    backup(alice.app, tmp_path / "safe", WORDS)
    restore(elsewhere.app, tmp_path / "safe", WORDS)
    assert elsewhere.app.chosen_settings.all() == alice.app.chosen_settings.all()
    assert elsewhere.app.effective.notify == "json://a:geheim@host"


def test_a_key_that_does_not_open_what_was_chosen_is_refused(
    alice: Office, simulator: Simulator, tmp_path: Path
) -> None:
    alice.app.chosen_settings.change(
        {"TIMEZONE": "Asia/Tokyo"}, "alice@example.com", alice.app.clock.now()
    )
    backup(alice.app, tmp_path / "safe", WORDS)
    with opened(Office(tmp_path / "other", simulator, SECRET_KEY="x" * 43 + "=")) as other:
        with pytest.raises(Refused) as refused:
            restore(other.app, tmp_path / "safe", WORDS)
        assert refused.value.code == "wrong_secret_key"
        assert other.app.chosen_settings.texts() == {}


@pytest.mark.parametrize(("schema", "code"), [("0002", "store_older"), ("9999", "store_newer")])
def test_a_backup_of_another_version_is_refused_with_what_to_do(
    alice: Office, elsewhere: Office, tmp_path: Path, schema: str, code: str
) -> None:
    alice.connect(f"bakery{tmp_path.name}")
    backup(alice.app, tmp_path / "safe", WORDS)
    with rewritten(tmp_path / "safe") as document:
        document["schema"] = schema
    with pytest.raises(Refused) as refused:
        restore(elsewhere.app, tmp_path / "safe", WORDS)
    assert refused.value.code == code
    assert "version" in advice_of(refused.value)
    assert elsewhere.app.connectors.all() == []


def test_it_moves_a_store_to_postgresql(
    alice: Office, simulator: Simulator, postgres: str, tmp_path: Path
) -> None:
    connector = alice.connect(f"bakery{tmp_path.name}")
    run = order_run(alice.app, connector, window=None)
    alice.app.chosen_settings.change(
        {"TIMEZONE": "Asia/Tokyo"}, "alice@example.com", alice.app.clock.now()
    )
    backup(alice.app, tmp_path / "safe", WORDS)
    with opened(Office(tmp_path / "many", simulator, postgres)) as many:
        restore(many.app, tmp_path / "safe", WORDS)
        assert many.app.connectors.get(connector.id) == alice.app.connectors.get(connector.id)
        assert many.app.runs.get(run.id) == run
        assert many.app.effective.timezone == "Asia/Tokyo"


def test_the_file_tells_nothing_without_the_passphrase(
    alice: Office, elsewhere: Office, tmp_path: Path
) -> None:
    connector = alice.connect(f"bakery{tmp_path.name}")
    at_full_cost.backup(alice.app, tmp_path / "safe", WORDS)
    content = (tmp_path / "safe").read_bytes()
    assert connector.username.encode() not in content
    assert (tmp_path / "safe").stat().st_mode & 0o077 == 0
    with pytest.raises(Refused, match="passphrase"):
        at_full_cost.restore(elsewhere.app, tmp_path / "safe", "something else")
    assert elsewhere.app.connectors.all() == []


def test_a_changed_file_is_refused(alice: Office, elsewhere: Office, tmp_path: Path) -> None:
    backup(alice.app, tmp_path / "safe", WORDS)
    content = bytearray((tmp_path / "safe").read_bytes())
    content[-1] ^= 1
    (tmp_path / "safe").write_bytes(content)
    with pytest.raises(Refused):
        restore(elsewhere.app, tmp_path / "safe", WORDS)


def test_a_used_store_is_never_overwritten(alice: Office, tmp_path: Path) -> None:
    alice.connect(f"bakery{tmp_path.name}")
    backup(alice.app, tmp_path / "safe", WORDS)
    with pytest.raises(Refused) as refused:
        restore(alice.app, tmp_path / "safe", WORDS)
    assert refused.value.code == "store_not_empty"
    assert len(alice.app.connectors.all()) == 1


def test_a_passphrase_that_is_no_protection_is_refused(alice: Office, tmp_path: Path) -> None:
    with pytest.raises(BadValue):
        backup(alice.app, tmp_path / "safe", "1234")
    assert not (tmp_path / "safe").exists()


def test_a_backup_without_the_key_is_refused_and_the_last_good_one_stays(
    alice: Office, tmp_path: Path
) -> None:
    alice.connect(f"bakery{tmp_path.name}")
    backup(alice.app, tmp_path / "safe", WORDS)
    good = (tmp_path / "safe").read_bytes()
    (alice.home / "secret.key").unlink()
    with pytest.raises(Refused) as refused:
        backup(alice.app, tmp_path / "safe", WORDS)
    assert refused.value.code == "wrong_secret_key"
    assert str(alice.home / "secret.key") in refused.value.message
    assert not (alice.home / "secret.key").exists()
    assert (tmp_path / "safe").read_bytes() == good


@pytest.mark.parametrize("key", ["abc", "x" * 43 + "="])
def test_a_backup_with_a_key_that_opens_nothing_is_refused(
    alice: Office, simulator: Simulator, tmp_path: Path, key: str
) -> None:
    alice.connect(f"bakery{tmp_path.name}")
    with opened(Office(alice.home, simulator, SECRET_KEY=key)) as nightly, pytest.raises(Refused):
        backup(nightly.app, tmp_path / "safe", WORDS)
    assert not (tmp_path / "safe").exists()


def test_a_backup_with_a_key_that_opens_only_what_is_older_is_refused(
    alice: Office, simulator: Simulator, tmp_path: Path
) -> None:
    old = alice.app.encryption_key
    refuse_without_key(alice.app)
    with opened(
        Office(alice.home, simulator, SECRET_KEY=f"{Fernet.generate_key().decode()},{old}")
    ) as rotated:
        rotated.connect(f"bakery{tmp_path.name}")
        assert backup(rotated.app, tmp_path / "safe", WORDS)["connectors"] == 1
    with pytest.raises(Refused) as refused:
        backup(alice.app, tmp_path / "never", WORDS)
    assert refused.value.code == "wrong_secret_key"
    assert not (tmp_path / "never").exists()


def test_a_backup_whose_key_opens_nothing_is_not_restored(
    alice: Office, elsewhere: Office, tmp_path: Path
) -> None:
    alice.connect(f"bakery{tmp_path.name}")
    backup(alice.app, tmp_path / "safe", WORDS)
    with rewritten(tmp_path / "safe") as document:
        document["keys"] = Fernet.generate_key().decode()
    with pytest.raises(Refused) as refused:
        restore(elsewhere.app, tmp_path / "safe", WORDS)
    assert refused.value.code == "wrong_secret_key"
    assert not (elsewhere.home / "secret.key").exists()
    assert elsewhere.app.connectors.all() == []


def test_a_home_that_is_being_served_is_not_restored_into(
    alice: Office, elsewhere: Office, tmp_path: Path
) -> None:
    """Its server has the key of before, and would be left with a store that it cannot open."""
    alice.connect(f"bakery{tmp_path.name}")
    backup(alice.app, tmp_path / "safe", WORDS)
    server = elsewhere.starts("serve", "--port", "0")
    address = server.listening
    key = (elsewhere.home / "secret.key").read_text()
    with pytest.raises(Refused) as refused:
        restore(elsewhere.app, tmp_path / "safe", WORDS)
    assert refused.value.code == "served_already"
    assert address in refused.value.message
    assert (elsewhere.home / "secret.key").read_text() == key
    assert elsewhere.app.connectors.all() == []
    assert server.terminate() == 0
    elsewhere.app.close()
    assert restore(elsewhere.app, tmp_path / "safe", WORDS)["connectors"] == 1


def test_a_shared_store_takes_no_backup_of_another_key(
    alice: Office,
    offices: tuple[Office, Office],
    simulator: Simulator,
    postgres: str,
    tmp_path: Path,
) -> None:
    alice.connect(f"bakery{tmp_path.name}")
    backup(alice.app, tmp_path / "safe", WORDS)
    one, _ = offices
    refuse_without_key(one.app)
    with (
        opened(Office(tmp_path / "new", simulator, postgres)) as new,
        pytest.raises(Refused) as refused,
    ):
        restore(new.app, tmp_path / "safe", WORDS)
    assert refused.value.code == "wrong_secret_key"
    assert not (tmp_path / "new" / "secret.key").exists()
    assert one.app.connectors.all() == []


def test_no_command_makes_another_key_when_the_first_is_missing(
    alice: Office, simulator: Simulator
) -> None:
    alice.app.chosen_settings.change(
        {"TIMEZONE": "Asia/Tokyo"}, "alice@example.com", alice.app.clock.now()
    )
    (alice.home / "secret.key").unlink()
    with opened(Office(alice.home, simulator)) as later:
        with pytest.raises(Refused) as refused:
            later.app.connectors.all()
        assert refused.value.code == "wrong_secret_key"
    assert not (alice.home / "secret.key").exists()


def test_a_restore_that_ended_anywhere_can_be_repeated(
    alice: Office, elsewhere: Office, tmp_path: Path
) -> None:
    """The key comes before the rows, so no store is left without its key."""
    connector = alice.connect(f"bakery{tmp_path.name}")
    backup(alice.app, tmp_path / "safe", WORDS)
    key = elsewhere.home / "secret.key"
    key.mkdir(parents=True)
    with pytest.raises(Refused) as refused:
        restore(elsewhere.app, tmp_path / "safe", WORDS)
    assert refused.value.code == "file_unusable"
    key.rmdir()
    assert elsewhere.app.connectors.all() == []
    backup(alice.app, tmp_path / "broken", WORDS)
    with rewritten(tmp_path / "broken") as document:
        document["tables"]["connectors"] *= 2
    with pytest.raises(IntegrityError):
        restore(elsewhere.app, tmp_path / "broken", WORDS)
    assert elsewhere.app.connectors.all() == []
    assert restore(elsewhere.app, tmp_path / "safe", WORDS)["connectors"] == 1
    with opened(Office(elsewhere.home, elsewhere.simulator)) as again:
        assert again.app.tokens.read(connector.id) == alice.app.tokens.read(connector.id)


def test_a_used_store_keeps_its_key_when_a_restore_is_refused(
    alice: Office, elsewhere: Office, tmp_path: Path
) -> None:
    alice.connect(f"bakery{tmp_path.name}")
    elsewhere.connect(f"tearoom{tmp_path.name}")
    key = (elsewhere.home / "secret.key").read_bytes()
    backup(alice.app, tmp_path / "safe", WORDS)
    with pytest.raises(Refused) as refused:
        restore(elsewhere.app, tmp_path / "safe", WORDS)
    assert refused.value.code == "store_not_empty"
    assert (elsewhere.home / "secret.key").read_bytes() == key


def test_drafts_of_killed_backups_are_removed_and_those_of_others_stay(
    alice: Office, tmp_path: Path
) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    names = (f".safe.{ended.pid}", f".safe.{os.getppid()}", ".safe.old", f".other.{ended.pid}")
    for name in names:
        (tmp_path / name).touch()
    backup(alice.app, tmp_path / "safe", WORDS)
    assert {path.name for path in tmp_path.glob(".*")} == set(names[1:])
