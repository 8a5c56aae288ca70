"""The hashtags of a caption.

Python finds them, not SQL: PostgreSQL's patterns have no Unicode categories, and the engines'
`lower` depends on the database's locale.
"""

from __future__ import annotations

import json
import unicodedata

__all__ = ["hashtags", "hashtags_json"]


def hashtags(caption: str) -> tuple[str, ...]:
    """Return the text after each # in lower case, each once, in the order of the caption.

    A hashtag has letters, combining marks and decimal digits of any script, and _.
    """
    found: dict[str, None] = {}
    for part in caption.split("#")[1:]:
        length = next((n for n, char in enumerate(part) if not _belongs(char)), len(part))
        if length:
            found[part[:length].lower()] = None
    return tuple(found)


def hashtags_json(caption: str | None) -> str | None:
    """Return the hashtags as a JSON array; None without a caption."""
    return None if caption is None else json.dumps(hashtags(caption), ensure_ascii=False)


def _belongs(char: str) -> bool:
    category = unicodedata.category(char)
    return char == "_" or category[0] in "LM" or category == "Nd"
