"""How one video gains: a launch, perhaps a viral day, later waves, paid bursts, a long tail."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import TYPE_CHECKING

from tiktok_organic.simulator.accounts.counts import NOTHING, Counts
from tiktok_organic.simulator.dice import Dice

if TYPE_CHECKING:
    from tiktok_organic.simulator.accounts.account import Account

# Shares of likes that are withdrawn one by one, and at once when TikTok removes false ones.
_UNLIKED = 0.02


@dataclass(frozen=True, slots=True)
class Wave:
    """`views` that arrive from the activity `start` on, for `length`; steeper with `power`.

    It is finite: after its end there are no further views, so a video can become idle.
    """

    start: float
    length: float
    power: float
    views: float

    def at(self, activity: float) -> float:
        """Return the views of this wave so far."""
        part = (activity - self.start) / self.length
        if part <= 0:
            return 0.0
        return self.views if part >= 1 else self.views * (1 - (1 - part) ** self.power)


@dataclass(frozen=True)
class Curve:
    """Counters by activity since publication.

    Views, comments, shares and gross likes never decrease. `purges` are (activity, share): the
    removal of that share of the likes counted by then.
    """

    waves: tuple[Wave, ...]
    likes: float
    comments: float
    shares: float
    purges: tuple[tuple[float, float], ...]

    def at(self, activity: float) -> Counts:
        """Return the true counters after this much activity."""
        if activity >= self._end:
            return self._final
        return self._counted(activity)

    @cached_property
    def _end(self) -> float:
        """Nothing changes from here on."""
        ends = [wave.start + wave.length for wave in self.waves]
        return max([*ends, *(when for when, _ in self.purges)])

    @cached_property
    def _final(self) -> Counts:
        return self._counted(self._end)

    def _counted(self, activity: float) -> Counts:
        if activity <= 0:
            return NOTHING
        views = int(self._views(activity))
        gross = int(views * self.likes)
        net = gross - int(gross * _UNLIKED)
        for when, share in self.purges:
            if activity >= when:
                net -= int(int(self._views(when)) * self.likes * share)
        return Counts(
            views, max(0, net), int(views * self.comments), int(views * self.shares), gross
        )

    def _views(self, activity: float) -> float:
        return sum([wave.at(activity) for wave in self.waves])


def invent_curve(account: Account, serial: int, is_ad: bool) -> Curve:
    """Return the curve of the post `serial` of `account`; the same in every process."""
    dice = Dice(account.seed, account.key, "curve", serial)
    luck = exp(dice.between(0, -1.3, 1.6)) * (9.0 if dice.fraction(1) > 0.96 else 1.0)
    final = (60 + 0.9 * account.base_followers) * luck
    waves = [Wave(0.0, dice.between(2, 14, 50), dice.between(3, 5, 9), final)]
    if dice.fraction(4) < 0.12:  # a viral day
        waves.append(Wave(dice.between(5, 0.5, 12), dice.between(6, 1.5, 4), 3.0, final * 1.5))
    if dice.fraction(7) < 0.2:  # a second wave, usually when the video has been idle for long
        waves.append(Wave(dice.between(8, 30, 250), dice.between(9, 4, 12), 3.0, final * 0.3))
    if dice.fraction(10) < 0.3:  # evergreen
        waves.append(Wave(2.0, 420.0, 1.6, final * dice.between(11, 0.1, 0.3)))
    if is_ad:
        waves += _paid_bursts(account, serial, final)
    rates = Dice(account.seed, account.key, "rates", serial)
    return Curve(
        tuple(waves),
        likes=min(1.0, account.likes_per_view * rates.between(0, 0.6, 1.7)),
        comments=rates.between(1, 0.002, 0.011),
        shares=rates.between(2, 0.003, 0.015),
        purges=_purges(rates),
    )


def _paid_bursts(account: Account, serial: int, final: float) -> list[Wave]:
    """Budgets buy views evenly: straight lines of a few days."""
    dice = Dice(account.seed, account.key, "paid", serial)
    return [
        Wave(dice.between(number, 1, 60), dice.between(3 + number, 2, 9), 1.0, final * 1.2)
        for number in range(1 + dice.whole(6) % 2)
    ]


def _purges(dice: Dice) -> tuple[tuple[float, float], ...]:
    """One video in three loses 1 to 4 % of its likes at once, when its launch is over."""
    if dice.fraction(3) > 0.35:
        return ()
    return ((dice.between(4, 8, 60), dice.between(5, 0.01, 0.04)),)
