"""Decide whether and when to retry: pure functions. The caller does the waiting."""

from __future__ import annotations

from datetime import timedelta

from tiktok_organic.errors import Throttled, TikTokOrganicError, TryAgain, Unreadable

__all__ = ["next_attempt", "next_request"]

_REQUEST_PAUSES = (0.5, 1, 2, 4)
_UNREADABLE_PAUSES = (0.5, 2)
_THROTTLED_PAUSES = (1, 2, 4, 8, 16, 32)
_MINUTE_TRIES = 2
_LONGEST_WAIT = timedelta(minutes=6)
_RUN_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))


def next_request(error: TikTokOrganicError, attempt: int) -> timedelta | None:
    """Return the pause before a request is repeated after its `attempt`-th failure (from 1).

    None: repeating it at once is useless; the report or the run has to fail. After a throttled
    answer the pause is what the answer implies, up to six minutes (TikTok's penalty per minute
    takes five); a limit that lasts until midnight is left to the next attempt of the run.
    """
    if isinstance(error, Throttled):
        if attempt > (_MINUTE_TRIES if error.limit == "minute" else len(_THROTTLED_PAUSES)):
            return None
        pause = max(error.pause or timedelta(0), timedelta(seconds=_THROTTLED_PAUSES[attempt - 1]))
        return pause if pause <= _LONGEST_WAIT else None
    if isinstance(error, Unreadable):
        return _pause(_UNREADABLE_PAUSES, attempt)
    if isinstance(error, TryAgain):
        return _pause(_REQUEST_PAUSES, attempt)
    return None


def next_attempt(error: TikTokOrganicError, attempt: int) -> timedelta | None:
    """Return the pause before a run is retried after its `attempt`-th failure (from 1).

    None: a retry cannot help (the consent is gone, a setting is wrong), or there were enough; the
    next scheduled sync will fetch the missing days.
    """
    if not isinstance(error, TryAgain) or attempt > len(_RUN_PAUSES):
        return None
    pause = _RUN_PAUSES[attempt - 1]
    if isinstance(error, Throttled) and error.pause is not None:
        return max(pause, error.pause)
    return pause


def _pause(pauses: tuple[float, ...], attempt: int) -> timedelta | None:
    return timedelta(seconds=pauses[attempt - 1]) if attempt <= len(pauses) else None
