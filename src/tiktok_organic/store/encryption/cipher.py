"""Encrypt secrets at rest with Fernet keys: the first key encrypts, all keys decrypt."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from tiktok_organic.errors import BadValue, Refused, WrongKey
from tiktok_organic.home_folder import make_home

__all__ = ["KEY_FILE", "Cipher", "read_or_make_key"]

KEY_FILE = "secret.key"


class Cipher:
    """Encrypts and decrypts texts with comma-separated Fernet keys.

    Raises BadValue for an invalid key. `several`: there is more than one key, because a key is
    being replaced.
    """

    def __init__(self, keys: str) -> None:
        try:
            fernets = _fernets(keys)
            self._first, self._all = fernets[0], MultiFernet(fernets)
            self.several = len(fernets) > 1
        except (ValueError, TypeError):
            raise BadValue(
                "TIKTOK_ORGANIC_SECRET_KEY",
                "one of its keys is not a Fernet key",
                example="the output of: python -c 'from cryptography.fernet import Fernet as F; "
                "print(F.generate_key().decode())'",
            ) from None

    def encrypt(self, text: str) -> bytes:
        return self._all.encrypt(text.encode())

    def decrypt(self, encrypted: bytes) -> str:
        """Return the plain text. Raises WrongKey if no key decrypts it."""
        try:
            return self._all.decrypt(bytes(encrypted)).decode()
        except InvalidToken:
            raise WrongKey("the encryption key does not decrypt the values in the store") from None

    def is_fresh(self, encrypted: bytes) -> bool:
        """Whether the first key has encrypted it."""
        try:
            # Fernet has no key id, so only decrypting shows which key was used.
            self._first.decrypt(bytes(encrypted))
        except InvalidToken:
            return False
        return True


def read_or_make_key(home: Path, is_needed: Callable[[], bool] = lambda: False) -> str:
    """Return the key of this home; create it at the first start, readable by its owner only.

    Raises WrongKey if it is missing and `is_needed` returns that the store has encrypted values: a
    new key could not decrypt them.
    """
    path = home / KEY_FILE
    found = _read_if_there(path)
    if found is None and not is_needed():
        return _make(path)
    found = found or _read_if_there(path)  # another process may be creating it at the same time
    if found is None:
        raise WrongKey(
            f"the encryption key {path} is missing, and the store has values that it encrypted",
        )
    return found


def _fernets(keys: str) -> list[Fernet]:
    """Parse the keys. Raises ValueError or TypeError for an invalid key."""
    found = [Fernet(key.strip()) for key in keys.split(",") if key.strip()]
    if not found:
        raise ValueError
    return found


def _make(path: Path) -> str:
    home = path.parent
    try:
        make_home(home)
        # Written to a temporary file and linked: if two processes create a key, both read the same
        # complete one.
        draft = home / f".{KEY_FILE}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return _read(path)
    except OSError as error:
        raise Refused(
            f"the folder {home} cannot be written: {error.strerror or error}",
            code="home_unwritable",
        ) from error


def _read_if_there(path: Path) -> str | None:
    try:
        return _read(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _read(path: Path) -> str:
    try:
        text = path.read_text("ascii").strip()
        _fernets(text)
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise WrongKey(
            f"the encryption key {path} cannot be read: {error.strerror}",
            case="unreadable",
        ) from error
    except (ValueError, TypeError):
        raise WrongKey(
            f"the file {path} does not contain an encryption key",
        ) from None
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)
    return text
