"""An account whose views are known to the hour, to try the measuring of TikTok's delay on."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from tiktok_organic.history.counting_delay import DAY, HOUR, CountingDelay, Gain

__all__ = ["Invented", "invent"]

FIRST = 20_500 * DAY


@dataclass(frozen=True)
class Invented:
    """`listed`, `all`: views per hour of listed videos and of the account, from FIRST on."""

    listed: list[int]
    all: list[int]

    def days(self, until: int) -> dict[int, int]:
        """The account's days that are over by hour `until`."""
        return {
            FIRST // DAY + day: sum(self.all[day * 24 : day * 24 + 24])
            for day in range(until // 24)
        }

    def gains(self, syncs: list[float], delay: CountingDelay) -> list[Gain]:
        totals = [self._upto(delay.data_time(sync)) for sync in syncs]
        return [
            Gain(syncs[n - 1], syncs[n], totals[n] - totals[n - 1]) for n in range(1, len(syncs))
        ]

    def _upto(self, instant: float) -> int:
        hour, part = divmod((instant - FIRST) / HOUR, 1)
        place = int(hour)
        return sum(self.listed[:place]) + int(self.listed[place] * part)


def invent(seed: int, days: int = 60, outside: float = 0.0, posts: float = 0.6) -> Invented:
    """Videos with a launch curve, posted by day, watched by a daily and weekly rhythm.

    `outside`: the mean part of the account's views that belong to videos which are not listed.
    """
    dice = random.Random(seed)
    hours = days * 24
    rhythm = [
        (1 + 0.5 * math.sin((hour % 24 - 10) / 24 * 2 * math.pi))
        * (1.25 if hour // 24 % 7 in (4, 5) else 0.92)
        for hour in range(hours)
    ]
    listed = [0.0] * hours
    for day in range(-30, days):
        if dice.random() > posts:
            continue
        born, fame = day * 24 + dice.randint(7, 21), dice.lognormvariate(7, 1)
        for hour in range(max(born, 0), hours):
            age = hour - born
            listed[hour] += (
                fame / 24 * (math.exp(-age / 40) + 0.05 / (1 + age / 240)) * rhythm[hour]
            )
    seen = [round(views) for views in listed]
    others = [0.0] * hours
    for day in range(days):
        part = outside * dice.uniform(0.5, 1.5)
        for hour in range(day * 24, day * 24 + 24):
            others[hour] = listed[hour] * part / max(1 - part, 0.1)
    return Invented(seen, [views + round(more) for views, more in zip(seen, others, strict=True)])
