"""The fields of a request, and what happens to a field that TikTok refuses."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence

from tiktok_organic.errors import FieldRefused

__all__ = ["Fields"]

_WORD = re.compile(r"[a-z_]+")


class Fields:
    """The fields of one endpoint: the granted ones without those that TikTok refused in this sync.

    `kept` are never removed. A refusal often names the field; otherwise it is found by halving.
    """

    def __init__(self, names: Sequence[str], kept: tuple[str, ...] = ()) -> None:
        self.names = tuple(names)
        self.refused: list[str] = []
        self._kept = kept
        self._lock = threading.Lock()

    def drop_named(self, error: FieldRefused, asked: Sequence[str]) -> bool:
        """Remove the fields that the refusal names.

        Returns False if it names none, or so many that it must be a list of allowed fields.
        `asked`: the requested fields; another thread may have removed the same field in the
        meantime.
        """
        with self._lock:
            # Another thread has removed a field in the meantime: ask again before anything else is
            # removed.
            if set(asked) - set(self.names):
                return True
            words = set(_WORD.findall(error.message.lower()))
            named = [name for name in self.names if name in words and name not in self._kept]
            if not named or len(named) > 3:
                return False
            self._drop(named)
            return True

    def drop_found(self, accepted: Callable[[tuple[str, ...]], bool], asked: Sequence[str]) -> bool:
        """Find the refused fields by requesting fewer; False if the fields are not the cause.

        `accepted(fields)` asks TikTok and returns whether it accepted them.
        """
        with self._lock:
            if set(asked) - set(self.names):
                return True
            optional = [name for name in self.names if name not in self._kept]
            # If even a single field is refused, the fields are not the cause. Finding a field needs
            # at least two.
            if not any(
                accepted(least)
                for least in ([self._kept] if self._kept else [(n,) for n in optional[:2]])
            ):
                return False
            half = len(optional) // 2  # the complete list is known to be refused
            guilty = [
                *self._guilty(optional[:half], accepted),
                *self._guilty(optional[half:], accepted),
            ]
            self._drop(guilty)
            return bool(guilty)

    def keep_only(self, names: Sequence[str]) -> bool:
        """Request only these fields; return whether they are fewer than before."""
        with self._lock:
            fewer = tuple(name for name in self.names if name in names)
            changed, self.names = fewer != self.names, fewer
            return changed

    def _guilty(self, names: list[str], accepted: Callable[[tuple[str, ...]], bool]) -> list[str]:
        if not names or accepted((*self._kept, *names)):
            return []
        if len(names) == 1:
            return names
        half = len(names) // 2
        return [*self._guilty(names[:half], accepted), *self._guilty(names[half:], accepted)]

    def _drop(self, names: Sequence[str]) -> None:
        self.names = tuple(name for name in self.names if name not in names)
        self.refused.extend(names)
