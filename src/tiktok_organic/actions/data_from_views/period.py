"""The chosen period, and the earlier one that it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tiktok_organic.errors import BadValue

__all__ = ["LONGEST", "SPANS", "Comparison", "Period", "PeriodChoice"]

SPANS = (7, 28, 90)
LONGEST = 1096
"""Days of the longest period: three years."""


class Comparison(StrEnum):
    """What a period is compared with."""

    PREVIOUS = "previous"
    """The same number of days directly before it."""
    YEAR = "year"
    """The same weekdays 52 weeks before."""


@dataclass(frozen=True)
class Period:
    """UTC days, including the first and the last."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.end - self.start).days + 1

    def before(self, comparison: Comparison) -> Period:
        """The period that it is compared with."""
        weeks = timedelta(weeks=52)
        back = timedelta(days=self.days) if comparison is Comparison.PREVIOUS else weeks
        return Period(self.start - back, self.end - back)

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


@dataclass(frozen=True)
class PeriodChoice:
    """The requested period: a number of days up to the newest counted one, or two dates."""

    span: int = 28
    start: date | None = None
    end: date | None = None
    comparison: Comparison = Comparison.PREVIOUS

    @property
    def custom(self) -> bool:
        """Whether days were given instead of a number of days."""
        return self.start is not None or self.end is not None

    def period(self, newest: date) -> Period:
        """Return the days; `newest` is the newest counted day. Raises BadValue."""
        if not self.custom:
            if not 1 <= self.span <= LONGEST:
                raise BadValue("days", f"{self.span} is not from 1 to {LONGEST}", example="28")
            return Period(newest - timedelta(days=self.span - 1), newest)
        end = self.end or newest
        start = self.start or _days_before(end, self.span - 1)
        if not 0 <= (end - start).days < LONGEST or start.year < 2000 or end.year > 2200:
            raise BadValue(
                "from",
                f"{start} to {end} is not a period of 1 to {LONGEST} days",
                example=str(newest),
            )
        return Period(start, end)


def _days_before(day: date, days: int) -> date:
    """Return the day so many days before, at most the first or the last day that exists."""
    number = day.toordinal() - days
    return date.fromordinal(max(date.min.toordinal(), min(number, date.max.toordinal())))
