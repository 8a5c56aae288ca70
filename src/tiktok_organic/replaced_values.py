"""Replace the text and numbers from outside that the store cannot hold.

PostgreSQL cannot store U+0000, no encoding has lone surrogates, and JSON has no infinity.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["replaced_characters", "storable", "storable_text"]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


def storable_text(text: str) -> str:
    """Return the text with U+FFFD for each character that cannot be stored."""
    return _UNSTORABLE.sub(_REPLACEMENT, text)


def storable(value: Any) -> Any:
    """Return a storable JSON value: characters become U+FFFD, infinite numbers null."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {storable(name): storable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each) for each in value]
    return value


def replaced_characters(value: Any) -> int:
    """Count the characters and numbers that `storable` replaces."""
    if isinstance(value, str):
        return len(_UNSTORABLE.findall(value))
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, Mapping):
        return sum(map(replaced_characters, (*value.keys(), *value.values())))
    if isinstance(value, list | tuple):
        return sum(map(replaced_characters, value))
    return 0
