"""Wait for an unreachable store, as workers do: a restart of its server costs no sync."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from tiktok_organic.clock import Clock
from tiktok_organic.errors import TikTokOrganicError, TryAgain
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import cause

__all__ = ["StoreRetry", "ended_by_store", "store_retries"]

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


def ended_by_store(run: Run) -> TryAgain | None:
    """Return the store's error that failed a run or a part of it; None if nothing did.

    The store came back in time to record it, but a request had already been given up.
    """
    error = None if run.unfinished else cause(run.error, run.results.values())
    if error is None or error["code"] not in _AWAY:
        return None
    return TryAgain(error["message"], code=error["code"])


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
