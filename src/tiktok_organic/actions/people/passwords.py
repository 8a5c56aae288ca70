"""Passwords: which ones are accepted, how they are stored, and how many are hashed at once."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from tiktok_organic.errors import BadValue, TryAgain

if TYPE_CHECKING:
    from argon2 import PasswordHasher

__all__ = ["check_password", "hash_password", "needs_new_hash", "verify_password"]

SHORTEST = 10
LONGEST = 500
_EXAMPLE = "four random words in a row"
# zxcvbn's score from 0 to 4. A password below this score is guessed within a hundred million tries.
_WEAKEST = 2
# Characters that zxcvbn checks: its time grows with their square.
_LOOKED_AT = 72
_WORDS = ("tiktok", "organic", "tiktokorganic", "tiktok-organic")

_AT_ONCE = 2
_MOST_WAITING = 8
_running = threading.BoundedSemaphore(_AT_ONCE)  # 64 MiB and a tenth of a second of a core each
_places = threading.BoundedSemaphore(_AT_ONCE + _MOST_WAITING)


def check_password(password: str, about: Sequence[str], former: str = "") -> str:
    """Return the password if it is long enough and hard to guess. Raises BadValue.

    `about`: words that an attacker would try first, such as the person's e-mail address. `former`:
    the stored hash of the present password, which the new one must not repeat.
    """
    if len(password) < SHORTEST:
        raise BadValue("Password", f"it has fewer than {SHORTEST} characters", example=_EXAMPLE)
    if len(password) > LONGEST:
        raise BadValue("Password", f"it has more than {LONGEST} characters", example=_EXAMPLE)
    if _is_easy_to_guess(password, about):
        problem = "it is easy to guess: a common password, a pattern, or your own name"
        raise BadValue("Password", problem, example=_EXAMPLE)
    if former and verify_password(former, password):
        raise BadValue("Password", "it is your present password", example=_EXAMPLE)
    return password


def _is_easy_to_guess(password: str, about: Sequence[str]) -> bool:
    from zxcvbn import zxcvbn

    words = [part for text in about for part in (text, *text.replace("@", " ").split())]
    found = zxcvbn(password[:_LOOKED_AT], user_inputs=[*words, *_WORDS])
    return int(found["score"]) < _WEAKEST


def hash_password(password: str) -> str:
    """Return an argon2id hash. Raises TryAgain when too many logins wait."""
    with _turn():
        return _hasher().hash(password)


def verify_password(stored: str, password: str) -> bool:
    """Whether the password matches the hash.

    For an empty hash the check takes equally long and fails. Raises TryAgain when too many logins
    wait.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    with _turn():
        try:
            return _hasher().verify(stored or _nobody(), password[:LONGEST]) and bool(stored)
        except (InvalidHashError, VerificationError):
            return False


def needs_new_hash(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than the present ones."""
    return bool(stored) and _hasher().check_needs_rehash(stored)


@contextmanager
def _turn() -> Iterator[None]:
    """Limit concurrent hashing: a flood of logins must not block all threads of the server."""
    if not _places.acquire(blocking=False):
        raise TryAgain(
            "too many people are logging in at this moment",
            code="login_busy",
        )
    try:
        with _running:
            yield
    finally:
        _places.release()


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """Return a hash that no password matches.

    An unknown address then takes as long as a known one.
    """
    return _hasher().hash(secrets.token_urlsafe(32))
