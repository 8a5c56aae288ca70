"""When people watch: the hours of a day, the days of a week, and good and bad days.

Activity is the clock of the invented world: a video gains by passed activity, not by seconds. A day
has an activity of about 1, distributed over its 24 UTC hours by `HOURS`, evenly within each hour.
So every instant has one exact activity, and a day's share is defined.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from random import Random
from threading import Lock

DAY = 86_400
HOUR = 3600
# Weight of each UTC hour: quiet at night, a small peak at 7, the large one from 17 to 20.
HOURS = (5, 4, 3, 3, 4, 7, 11, 14, 13, 11, 11, 13, 15, 15, 14, 15, 18, 23, 26, 27, 24, 18, 12, 8)
# Weight of each weekday, Monday first.
WEEK = (0.92, 0.86, 0.9, 0.97, 1.06, 1.28, 1.21)
# How many independent lines of good and bad days a world has; each video follows one.
TRACKS = 8
_FIRST_DAY = 16_071  # 2014-01-01, before TikTok's first video
_TOTAL = sum(HOURS)
_PASSED = (0.0, *(part / _TOTAL for part in accumulate(HOURS)))


def part_of_day(second: float) -> float:
    """How much of a day's activity has passed `second` seconds after its start, from 0 to 1."""
    hour, rest = divmod(second, HOUR)
    whole = int(hour)
    return _PASSED[whole] + HOURS[whole] / _TOTAL * rest / HOUR


class Rhythm:
    """One line of good and bad days, the same for a `seed` and `track` in every process."""

    def __init__(self, seed: int, track: int) -> None:
        self._random = Random(f"{seed}/{track}/rhythm")  # noqa: S311 - invented data
        self._lock = Lock()
        self._weights: list[float] = []
        self._passed = [0.0]

    def at(self, instant: float) -> float:
        """The activity since 2014 at `instant` (unix seconds). Never falls."""
        day, second = divmod(instant, DAY)
        index = int(day) - _FIRST_DAY
        if index < 0:
            return instant / DAY - _FIRST_DAY
        if index >= len(self._weights):
            self._extend(index + 400)
        return self._passed[index] + self._weights[index] * part_of_day(second)

    def _extend(self, length: int) -> None:
        with self._lock:
            # Replaced, weights last: another thread never sees a day without its sum.
            weights, passed = [*self._weights], [*self._passed]
            while len(weights) < length:
                # 1970-01-01 was a Thursday.
                weekday = WEEK[(_FIRST_DAY + len(weights) + 3) % 7]
                weights.append(weekday * self._random.lognormvariate(-0.02, 0.2))
                passed.append(passed[-1] + weights[-1])
            self._passed, self._weights = passed, weights


@lru_cache(maxsize=256)
def rhythm(seed: int, track: int) -> Rhythm:
    """The line of that number."""
    return Rhythm(seed, track)
