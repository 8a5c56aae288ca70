"""Measure TikTok's counting delay by comparing the videos' gains with the account's days.

Between two syncs all videos together gain what the account gained between the *data times* of the
two. For every assumed delay, the account's days have that gain; the right delay is the one with the
best agreement. Only up to a constant factor, because an account also has views of videos that are
not listed. There are two models: a constant delay (continuous), and counters that are updated once
a day, at the end of a UTC day (stepwise).

Pure: times are seconds since 1970 (UTC).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

__all__ = ["CountingDelay", "Gain", "data_times", "measure"]

HOUR = 3600
DAY = 24 * HOUR

LONGEST_LAG = 72
"""Hours; TikTok documents 24 to 48."""
LONGEST_PAIR = 4 * DAY
"""Two syncs further apart provide little information about hours."""
FEWEST_PAIRS = 10
"""Fewer pairs of syncs may agree with a delay by chance."""
LARGEST_MISFIT = 0.30
"""Share of the gained views; above it, the two series do not describe the same thing."""
FAR = 9 * HOUR
"""Data times that differ by more are a different result, which must fit clearly worse."""
CLEARLY = 1.25
STAYS = 1.10
"""A delay that was measured before is used while it fits almost as well as the best one."""


@dataclass(frozen=True)
class CountingDelay:
    """A delay of `hours`; `stepwise`: rounded down to the beginning of that UTC day."""

    hours: float
    stepwise: bool

    def data_time(self, moment: float) -> float:
        """Return the time up to which counters read at `moment` include all events."""
        behind = moment - self.hours * HOUR
        return behind // DAY * DAY if self.stepwise else behind

    def text(self) -> str:
        """The value of sync_run.counter_lag_model."""
        return f"{'daily' if self.stepwise else 'continuous'}:{self.hours:g}"

    @staticmethod
    def of(text: str) -> CountingDelay | None:
        """The delay that `text` describes; None when it describes none."""
        model, _, hours = text.partition(":")
        try:
            found = CountingDelay(float(hours), stepwise=model == "daily")
        except ValueError:
            return None
        return found if 0 <= found.hours <= LONGEST_LAG else None


@dataclass(frozen=True)
class Gain:
    """The gain of all listed videos between two consecutive syncs."""

    since: float
    until: float
    views: int


def measure(
    gains: Iterable[Gain], days: Mapping[int, int], before: CountingDelay | None = None
) -> CountingDelay | None:
    """Return the delay that explains the gains, or None if the data is not sufficient.

    `days`: the account's views by day number since 1970. `before`: the former result.
    """
    account = _Account(days)
    usable = [gain for gain in gains if account.covers(gain)]
    if len(usable) < FEWEST_PAIRS or sum(gain.views for gain in usable) <= 0:
        return None
    scored = _Scores(usable, account)
    best = scored.search()
    # An account with equal views on every day fits any delay. Reporting none is better than
    # reporting a delay that the data does not determine.
    if scored[best] > LARGEST_MISFIT or not scored.is_unambiguous(best):
        return None
    # Without this preference the delay would alternate between neighbouring hours from one sync to
    # the next, and with it the day to which a view belongs.
    if before is not None and scored[before] <= scored[best] * STAYS:
        return before
    return best


def data_times(
    moments: Sequence[float], delay: CountingDelay, known_times: Sequence[float | None]
) -> list[float]:
    """Return the data time of each sync, oldest first; never earlier than that of the sync before.

    `known_times`: data times that are already stored and do not change.
    """
    times = (
        delay.data_time(moment) if known is None else known
        for moment, known in zip(moments, known_times, strict=True)
    )
    # A longer measured delay would move a data time before that of the sync before, and a gain
    # would then cover a negative period.
    return list(accumulate(times, max))


class _Account:
    """The account's views up to any instant, each day's views spread evenly over it."""

    def __init__(self, days: Mapping[int, int]) -> None:
        self._days = days
        self._first = min(days, default=0)
        last = max(days, default=-1)
        views = (days.get(day, 0) for day in range(self._first, last + 1))
        self._upto = list(accumulate(views, initial=0))

    def covers(self, gain: Gain) -> bool:
        """Whether all days that the gain may belong to are known, under any delay."""
        if not 0 < gain.until - gain.since <= LONGEST_PAIR:
            return False
        first = int((gain.since - (LONGEST_LAG + 24) * HOUR) // DAY)
        return all(day in self._days for day in range(first, int(gain.until // DAY) + 1))

    def views(self, instants: Iterable[float]) -> list[float]:
        """The account's views up to each of the instants.

        One loop for all of them: it runs 20,000 times for each sync.
        """
        upto, first, last = self._upto, self._first, len(self._upto) - 1
        found: list[float] = []
        for instant in instants:
            day = instant / DAY - first
            place = int(day)
            if day < 0:
                found.append(0.0)
            elif place >= last:
                found.append(float(upto[last]))
            else:
                before = upto[place]
                found.append(before + (upto[place + 1] - before) * (day - place))
        return found


class _Scores:
    """The misfit of each tested delay: 0 is perfect, 1 means that nothing was explained."""

    def __init__(self, gains: Sequence[Gain], account: _Account) -> None:
        self._gains = gains
        self._account = account
        self._gained = [gain.views for gain in gains]
        self._total = sum(map(abs, self._gained))
        self._known: dict[CountingDelay, float] = {}

    def __getitem__(self, delay: CountingDelay) -> float:
        if delay not in self._known:
            self._known[delay] = self._misfit(delay)
        return self._known[delay]

    def search(self) -> CountingDelay:
        """Return the best delay: first every third hour, then each hour around the best."""
        coarse = [
            min((CountingDelay(h, stepwise) for h in range(0, LONGEST_LAG + 1, 3)), key=self._order)
            for stepwise in (False, True)
        ]
        fine = [
            CountingDelay(hours, delay.stepwise)
            for delay in coarse
            # 50 coarse delays and 4 around each of the two best: 58 are computed instead of 146.
            for hours in _around(delay.hours)
            if 0 <= hours <= LONGEST_LAG
        ]
        return self._middle(min((*coarse, *fine), key=self._order))

    def is_unambiguous(self, best: CountingDelay) -> bool:
        """Whether every delay with clearly different data times fits clearly worse."""
        limit = max(self[best], 0.01) * CLEARLY
        return all(
            score >= limit
            for delay, score in self._known.items()
            if score < limit and self._apart(delay, best) > FAR
        )

    def _order(self, delay: CountingDelay) -> tuple[float, bool, float]:
        return self[delay], delay.stepwise, delay.hours

    def _middle(self, best: CountingDelay) -> CountingDelay:
        """Return the middle of several consecutive delays that fit equally."""
        same = [
            delay
            for delay, score in self._known.items()
            if delay.stepwise == best.stepwise
            and score <= self[best] * 1.0001
            and self._apart(delay, best) == 0
        ]
        hours = sorted(delay.hours for delay in same) or [best.hours]
        return CountingDelay(hours[len(hours) // 2], best.stepwise)

    def _apart(self, one: CountingDelay, other: CountingDelay) -> float:
        """Return the average distance between the data times of two delays."""
        return sum(
            abs(one.data_time(gain.until) - other.data_time(gain.until)) for gain in self._gains
        ) / len(self._gains)

    def _misfit(self, delay: CountingDelay) -> float:
        """The part of the gains that is left unexplained, with the factor that leaves least."""
        behind = delay.hours * HOUR
        since = [gain.since - behind for gain in self._gains]
        until = [gain.until - behind for gain in self._gains]
        if delay.stepwise:
            since = [instant // DAY * DAY for instant in since]
            until = [instant // DAY * DAY for instant in until]
        views = self._account.views
        account = [b - a for a, b in zip(views(since), views(until), strict=True)]
        pairs = list(zip(self._gained, account, strict=True))
        factor = _median_ratio(pairs)
        return sum(abs(gained - factor * expected) for gained, expected in pairs) / self._total


def _around(hours: float) -> Iterable[float]:
    return (hours + step for step in (-2, -1, 1, 2))


def _median_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """The factor f with the least sum of |a - f * b|: the median of a / b, weighted by b."""
    ratios = sorted((a / b, b) for a, b in pairs if b > 0)
    if not ratios:
        return 0.0
    weights = list(accumulate(weight for _, weight in ratios))
    return ratios[bisect_left(weights, weights[-1] / 2)][0]
