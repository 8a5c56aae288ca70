"""JSON text of days and posts that was built before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_CAPACITY = 60_000


class TextCache:
    """A bounded memory; when full it forgets everything.

    Losing an entry to a race only costs building it again.
    """

    def __init__(self) -> None:
        self._texts: dict[Hashable, str] = {}

    def get(self, key: Hashable, build: Callable[[], str]) -> str:
        """The text under `key`, built at most once while remembered."""
        text = self._texts.get(key)
        if text is None:
            if len(self._texts) >= _CAPACITY:
                self._texts.clear()
            text = self._texts[key] = build()
        return text
