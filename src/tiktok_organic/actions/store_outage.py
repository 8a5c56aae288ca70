"""Wait for an unreachable store, as workers do: a restart of its server costs no sync."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from tiktok_organic.clock import Clock
from tiktok_organic.errors import TikTokOrganicError

__all__ = ["StoreRetry", "store_retries"]

_AWAY = ("store_away", "store_busy")
_LONGEST = timedelta(minutes=5)
# Seconds between two checks whether the store is reachable again.
_LOOK_EVERY = 2.0


class StoreRetry:
    """One try, as a context: it ends without an error if the store becomes unreachable.

    `since`: when the first try began, from the second one on.
    """

    def __init__(self, since: datetime | None, *, last: bool) -> None:
        self.since = since
        self.failed = False
        self._last = last

    @property
    def waits_for_lock(self) -> bool:
        """Whether to wait for a connector's lock although the user did not ask for it.

        From the second try on: after the outage a worker may complete the run that the first try
        ordered. Its result is then the result of the command, instead of AlreadyRunning.
        """
        return self.since is not None

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


def store_retries(clock: Clock) -> Iterator[StoreRetry]:
    """Yield tries until one does not fail because of the store, for five minutes at most."""
    began = clock.now()
    since: datetime | None = None
    while True:
        retry = StoreRetry(since, last=clock.now() - began > _LONGEST)
        yield retry
        if not retry.failed:
            return
        since = began
        clock.sleep(_LOOK_EVERY)
