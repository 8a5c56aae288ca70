"""Unusual data in TikTok's answers that is not an error: counted, and recorded on the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

__all__ = ["Findings"]

_EXAMPLE_LENGTH = 60
_MOST_NAMES = 50


class Findings:
    """Counters of one sync, such as values that became null, or unknown fields."""

    def __init__(self) -> None:
        self.unreadable: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.dropped: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self.replaced: Counter[str] = Counter()
        self.repeated: Counter[str] = Counter()

    def value_unreadable(self, record: str, field: str, raw: bytes) -> None:
        """A value could not be read and becomes null."""
        name = f"{record}.{field}"
        self.unreadable[name] += 1
        self.examples.setdefault(name, raw[:_EXAMPLE_LENGTH].decode("ascii", "backslashreplace"))

    def record_dropped(self, record: str, reason: str) -> None:
        """A record has no usable key, so it cannot become a row."""
        self.dropped[f"{record}: {reason}"] += 1

    def characters_replaced(self, where: str, count: int) -> None:
        """Characters that no warehouse can hold became U+FFFD."""
        if count:
            self.replaced[where] += count

    def fields_unknown(self, record: str, names: Iterable[str]) -> None:
        """TikTok sent fields that this version does not know."""
        for name in names:
            key = f"{record}.{name[:_EXAMPLE_LENGTH]}"
            if key in self.unknown or len(self.unknown) < _MOST_NAMES:
                self.unknown[key] += 1

    def record_repeated(self, record: str) -> None:
        """The same record came twice and is written once."""
        self.repeated[record] += 1

    def document(self) -> dict[str, Any]:
        """The counters that are not empty."""
        found: dict[str, Any] = {
            "unreadable_values": dict(self.unreadable),
            "examples": dict(self.examples),
            "dropped_records": dict(self.dropped),
            "unknown_fields": dict(self.unknown),
            "replaced_characters": dict(self.replaced),
            "repeated_records": dict(self.repeated),
        }
        return {name: value for name, value in found.items() if value}
