"""Encryption with a passphrase: scrypt derives the key, AES-256-GCM encrypts."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tiktok_organic.errors import Refused

__all__ = ["COST", "lock", "unlock"]

_FIRST = b"tiktok-organic backup 1\n"
_SALT = 16
_NONCE = 12
COST = 2**17
"""`n` of scrypt: each try costs 128 MB and a good part of a second."""


def lock(data: bytes, passphrase: str, cost: int = COST) -> bytes:
    """Encrypt a backup. No caller of the product gives another cost; tests give a low one."""
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    cipher = AESGCM(_key(passphrase, salt, cost))
    return _FIRST + salt + nonce + cipher.encrypt(nonce, data, _FIRST)


def unlock(locked: bytes, passphrase: str, cost: int = COST) -> bytes:
    """Decrypt a backup that was made with that cost.

    Raises Refused for a wrong passphrase, a damaged file, and a file that is not a backup.
    """
    if not locked.startswith(_FIRST):
        raise Refused(
            "the file is not a backup of this product",
            code="no_backup",
        )
    rest = locked[len(_FIRST) :]
    salt, nonce, encrypted = rest[:_SALT], rest[_SALT : _SALT + _NONCE], rest[_SALT + _NONCE :]
    try:
        return AESGCM(_key(passphrase, salt, cost)).decrypt(nonce, encrypted, _FIRST)
    except (InvalidTag, ValueError):
        raise Refused(
            "the passphrase does not decrypt the backup, or the file is damaged",
            code="wrong_passphrase",
        ) from None


def _key(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(
        passphrase.encode("utf-8", "surrogatepass")
    )
