"""Back up the store and its encryption key into one encrypted file, and restore it.

A restored installation works without reconnecting any account.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from tiktok_organic.actions.operation.single_server import not_served
from tiktok_organic.app import App
from tiktok_organic.clock import timestamp
from tiktok_organic.errors import BadValue, Refused
from tiktok_organic.home_folder import make_home, write_private
from tiktok_organic.store.encryption.backup_encryption import COST, lock, unlock
from tiktok_organic.store.encryption.cipher import KEY_FILE, Cipher
from tiktok_organic.store.encryption.key_check import check_key, check_snapshot_key
from tiktok_organic.store.export_import import check_schema, export_store, import_store, refuse_used

__all__ = ["backup", "restore"]

SHORTEST = 8


def backup(app: App, path: Path, passphrase: str, *, cost: int = COST) -> dict[str, Any]:
    """Write the backup file, readable by its owner only; an existing file is replaced at the end.

    `cost`: of deriving the key from the passphrase; `restore` needs the same one.

    Raises BadValue for a passphrase that is too short, and Refused when the file cannot be written
    or the encryption key does not decrypt the store's values: such a backup would be useless.
    """
    if len(passphrase) < SHORTEST:
        raise BadValue(
            "passphrase",
            f"it is shorter than {SHORTEST} characters",
            example="four words by chance",
        )
    app.own_files.refuse(path)
    keys = app.encryption_key
    document = {"made_at": timestamp(app.clock.now()), "keys": keys, **export_store(app.database)}
    check_snapshot_key(document, Cipher(keys))
    locked = lock(gzip.compress(json.dumps(document).encode(), 6), passphrase, cost)
    try:
        write_private(path, locked)
    except OSError as error:
        raise _file_error(path, "written", error) from error
    return {"file": str(path), "bytes": len(locked), "connectors": _count(document)}


def restore(app: App, path: Path, passphrase: str, *, cost: int = COST) -> dict[str, Any]:
    """Restore the file into an empty store, and write the encryption key to its place.

    The key is written before the rows: a restore that is killed leaves an empty store, which can
    be filled again, and never a full store without its key.

    Raises Refused, also when the key does not decrypt the restored values or those of a shared
    store, and while the home is being served with the former key; nothing is written then.
    """
    app.own_files.refuse(path)
    try:
        locked = path.read_bytes()
    except OSError as error:
        raise _file_error(path, "read", error) from error
    document = json.loads(gzip.decompress(unlock(locked, passphrase, cost)))
    check_schema(document)
    cipher = Cipher(app.settings.secret_key or document["keys"])
    check_snapshot_key(document, cipher)
    with not_served(app):
        if app.database.path is None:
            check_key(app.database, cipher)
        refuse_used(app.database)
        if not app.settings.secret_key:
            _write_key(app.settings.home / KEY_FILE, document["keys"])
        import_store(app.database, document)
    return {"file": str(path), "made_at": document["made_at"], "connectors": _count(document)}


def _write_key(path: Path, keys: str) -> None:
    try:
        make_home(path.parent)
        write_private(path, f"{keys}\n".encode("ascii"))
    except OSError as error:
        raise _file_error(path, "written", error) from error


def _count(document: dict[str, Any]) -> int:
    return sum(1 for row in document["tables"]["connectors"] if row["removed_at"] is None)


def _file_error(path: Path, done: str, error: OSError) -> Refused:
    return Refused(
        f"{path} cannot be {done}: {error.strerror or error}",
        code="file_unusable",
    )
