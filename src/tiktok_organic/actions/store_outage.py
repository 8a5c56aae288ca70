"""Wait for an unreachable store, as workers do: a restart of its server costs no sync."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from tiktok_organic.clock import Clock
from tiktok_organic.errors import TikTokOrganicError

__all__ = ["Trial", "trials"]

_AWAY = ("store_away", "store_busy")
_LONGEST = timedelta(minutes=5)
# Seconds between two checks whether the store is reachable again.
_LOOK_EVERY = 2.0


class Trial:
    """One try, as a context: it ends without an error if the store becomes unreachable.

    `since`: when the first try began, from the second one on.
    """

    def __init__(self, since: datetime | None, *, last: bool) -> None:
        self.since = since
        self.failed = False
        self._last = last

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> bool:
        away = isinstance(error, TikTokOrganicError) and error.code in _AWAY
        self.failed = away and not self._last
        return self.failed


def trials(clock: Clock) -> Iterator[Trial]:
    """Yield tries until one does not fail because of the store, for five minutes at most."""
    began = clock.now()
    since: datetime | None = None
    while True:
        trial = Trial(since, last=clock.now() - began > _LONGEST)
        yield trial
        if not trial.failed:
            return
        since = began
        clock.sleep(_LOOK_EVERY)
