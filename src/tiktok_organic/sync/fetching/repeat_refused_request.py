"""Repeat a refused request without the fields or days that TikTok refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Generic, TypeVar

from tiktok_organic.clock import Clock
from tiktok_organic.errors import FieldRefused, NotPermitted
from tiktok_organic.sync.fetching.refused_fields import Fields
from tiktok_organic.sync.window import DOUBTFUL, Window, earliest
from tiktok_organic.tiktok.client import TikTok

__all__ = ["DaysAsked", "Question", "ask_patiently"]

_T = TypeVar("_T")
# Number of days that are requested if TikTok refuses more for an unknown reason.
_LAST = 5


class DaysAsked:
    """The window of one request, which becomes shorter after refusals.

    The oldest day is removed once. If no field is the cause, more days are removed: first those
    that TikTok may not have any more, and then all but the last few.
    """

    def __init__(self, window: Window | None, clock: Clock) -> None:
        today = clock.now().date()
        yesterday = today - timedelta(days=1)
        # Without days in the request TikTok returns the last 7: yesterday alone is less.
        self.window = window or Window(yesterday, yesterday)
        self.fields_cleared = False
        """No field is the cause of the refusals: only days are removed from then on."""
        self._surely_reached = earliest(today) + timedelta(days=DOUBTFUL)
        self._whole: Window | None = None
        self._may_shorten = len(self.window) > 1 and self.window.start <= earliest(
            today
        ) + timedelta(days=1)

    def shorten(self) -> bool:
        if not self._may_shorten:
            return False
        self._may_shorten = False
        self._whole = self.window
        self.window = Window(self.window.start + timedelta(days=1), self.window.end)
        return True

    def retreat(self) -> bool:
        """Remove days, because no field was the cause; False if none can be removed."""
        self.fields_cleared = True
        if self.window.start < self._surely_reached < self.window.end:
            self.window = Window(self.window.start + timedelta(days=1), self.window.end)
        elif len(self.window) > _LAST:
            self.window = Window(self.window.end - timedelta(days=_LAST - 1), self.window.end)
        else:
            return False
        return True

    def restore(self) -> None:
        """Restore the oldest day, because it was not the cause."""
        if self._whole is not None:
            self.window, self._whole, self._may_shorten = self._whole, None, True


@dataclass(frozen=True)
class Question(Generic[_T]):
    """One kind of request: `parameters(fields)` returns its parameters, `read` checks its data."""

    tiktok: TikTok
    endpoint: str
    parameters: Callable[[tuple[str, ...]], dict[str, str]]
    read: Callable[[bytes], _T]


def ask_patiently(
    fields: Fields,
    question: Question[_T],
    narrow: Callable[[], bool],
    days: DaysAsked | None = None,
) -> tuple[int, _T]:
    """Ask TikTok; after a refusal, ask again without the refused field or days."""
    tiktok, endpoint, read = question.tiktok, question.endpoint, question.read
    while True:
        asked = fields.names
        try:
            return tiktok.call(endpoint, question.parameters(asked), read)
        # TikTok has one code (40002) for an unknown field and for a day that is too old, and its
        # message need not name either (facts 2.1, 4.2). The order of the attempts: the named field,
        # the oldest day once (midnight may have passed since the order), halving the fields, fewer
        # days.
        except FieldRefused as error:
            if fields.drop_named(error, asked) or (not error.offline and days and days.shorten()):
                continue
            fields_cleared = days is not None and days.fields_cleared
            if not fields_cleared and fields.drop_found(partial(_accepted, question), asked):
                if days:
                    days.restore()
            elif error.offline or days is None or not days.retreat():
                raise
        except NotPermitted:
            if not narrow() and asked == fields.names:
                raise


def _accepted(question: Question[_T], names: tuple[str, ...]) -> bool:
    try:
        question.tiktok.call(question.endpoint, question.parameters(names), question.read)
    except FieldRefused:
        return False
    return True
