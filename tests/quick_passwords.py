"""Hashes of passwords that are made and checked quickly.

The product takes argon2's usual cost, 64 MiB and 0.2 s of CPU, which slows guessing. Tests hash
some hundred passwords.
"""

from __future__ import annotations

from argon2 import PasswordHasher

_QUICK = (1, 64, 1)
"""Rounds, KiB and threads, the first three parameters of a hasher."""


def hash_passwords_quickly() -> None:
    """Let a hasher without parameters of its own be quick."""
    usual = PasswordHasher.__init__.__defaults__ or ()
    PasswordHasher.__init__.__defaults__ = (*_QUICK, *usual[len(_QUICK) :])
