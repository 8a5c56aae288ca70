"""Remove secrets from everything that TikTok sends, in every spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["SHORTEST", "replace_secrets", "replace_secrets_in_text"]

SHORTEST = 6
"""Letters. A shorter text may occur in an answer for other reasons."""
_ESCAPES = (re.compile(rb"\\u00([2-7][0-9a-fA-F])"), re.compile(rb"%([2-7][0-9a-fA-F])"))


def replace_secrets(body: bytes, secrets: Iterable[str], instead: str = "[token]") -> bytes:
    r"""Return a body without these secrets.

    They are also found if JSON (`\u0061`, `\/`) or an address (`%61`) escapes them.
    """
    escaped: set[str] | None = None
    for secret in secrets:
        if len(secret) < SHORTEST:
            continue
        for spelling in {secret, secret.replace("/", "\\/")}:
            body = body.replace(spelling.encode(), instead.encode())
        if escaped is None:
            escaped = _escaped(body)
        # of 160 KB: 1 ms for the search, 0.2 ms to see that none is needed
        if not escaped.isdisjoint(secret):
            body = _any_spelling(secret).sub(instead.encode(), body)
    return body


def replace_secrets_in_text(text: str, secrets: Iterable[str], instead: str = "[token]") -> str:
    """Remove secrets from a text, a header or a message."""
    return replace_secrets(text.encode("utf-8", "surrogatepass"), secrets, instead).decode(
        "utf-8", "surrogatepass"
    )


def _escaped(body: bytes) -> set[str]:
    """Return the plain letters and signs that a body writes as an escape.

    TikTok escapes the `&` of addresses.
    """
    return {chr(int(digits, 16)) for escape in _ESCAPES for digits in set(escape.findall(body))}


def _any_spelling(secret: str) -> re.Pattern[bytes]:
    """Match each letter plain or escaped."""
    return re.compile(b"".join(_spellings(letter) for letter in secret))


def _spellings(letter: str) -> bytes:
    plain = re.escape(letter.encode())
    if not letter.isascii():
        return plain
    if letter == "/":
        plain = rb"\\?/"
    digits = "".join(f"[{digit}{digit.upper()}]" for digit in f"{ord(letter):02x}").encode()
    return b"(?:" + plain + rb"|\\u00" + digits + rb"|%" + digits + rb")"
