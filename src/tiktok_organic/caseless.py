"""Comparing names and words as people do: neither capitals nor Unicode forms matter.

"ä" may be one character (NFC) or "a" with a combining mark (NFD, as macOS writes file names). Both
look the same on every screen.
"""

from __future__ import annotations

from unicodedata import normalize

__all__ = ["caseless", "composed"]


def composed(text: str) -> str:
    """The text with composed characters (NFC), as most keyboards type it."""
    return normalize("NFC", text)


def caseless(text: str) -> str:
    """What two texts have in common that differ in capitals or Unicode form only.

    This is Unicode's canonical caseless match (The Unicode Standard, 3.13, D145), composed.
    """
    return composed(normalize("NFD", normalize("NFD", text).casefold()))
