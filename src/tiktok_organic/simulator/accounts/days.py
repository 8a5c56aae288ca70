"""One UTC day of an account: the sum of all its videos, published late and corrected."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import exp
from typing import TYPE_CHECKING

from tiktok_organic.simulator.accounts.counts import Counts
from tiktok_organic.simulator.dice import Dice
from tiktok_organic.simulator.endpoints.fields import CLICK_METRICS

if TYPE_CHECKING:
    from tiktok_organic.simulator.accounts.account import Account
    from tiktok_organic.simulator.settings import Settings

# Corrections arrive in this many steps; at the last one the day is final.
LAST_STAGE = 4
_EPOCH = date(1970, 1, 1)


def correction_stage(settings: Settings, day: date, now: datetime) -> int | None:
    """Return None while `day` is not published yet, then 0 to `LAST_STAGE` as its values settle."""
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    age = (now - end).total_seconds() / 3600 - settings.publication_hours
    if age < 0:
        return None
    if age >= settings.correction_hours:
        return LAST_STAGE
    return int(age / settings.correction_hours * LAST_STAGE)


def day_counts(account: Account, day: date, settings: Settings) -> Counts:
    """Return the true counts of `day`: all its videos, and unlisted views.

    `settings.unlisted_share` is the share of the whole that belongs to no listed video; it varies
    from day to day by up to 30 %.
    """
    counts = account.ledger.sum_of_day((day - _EPOCH).days)
    share = min(0.9, settings.unlisted_share)
    if not share:
        return counts
    wobble = Dice(account.seed, account.key, "unlisted", day).between(0, 0.7, 1.3)
    share = min(0.9, share * wobble)
    return Counts(*(count + round(max(0, count) * share / (1 - share)) for count in counts))


def day_values(
    account: Account, day: date, stage: int, settings: Settings, now: datetime | None = None
) -> dict[str, object]:
    """Return every daily metric by name at `stage` and (if given) at `now`.

    Permissions are ignored. At `LAST_STAGE`, and unless the day is corrected later, these are the
    true values.
    """
    dice = Dice(account.seed, account.key, "day", day)
    settled = 0.91 + 0.09 * stage / LAST_STAGE
    restated = account.restatements.get(day)
    if restated and now is not None and now < restated.at:
        settled *= 1 + restated.share
    counts = day_counts(account, day, settings)
    views = round(counts.views * settled)
    values: dict[str, object] = {
        "video_views": views,
        "unique_video_views": round(views * dice.between(1, 0.68, 0.8)),
        "profile_views": round(views * dice.between(2, 0.02, 0.05)),
        "likes": round(counts.gross_likes * settled),
        "comments": round(counts.comments * settled),
        "shares": round(counts.shares * settled),
        "engaged_audience": round(views * dice.between(6, 0.05, 0.09)),
    }
    for number, name in enumerate(CLICK_METRICS):
        values[name] = round(views * dice.between(7 + number, 0.0002, 0.003))
    values.update(_followers(account, day, dice, settings))
    values["audience_activity"] = _activity(account, day, dice)
    return values


def _followers(account: Account, day: date, dice: Dice, settings: Settings) -> dict[str, object]:
    """Return gains and losses that add up to the change of the total.

    Two definitions are disputed (facts 9, items 3, 4).
    """
    total = account.followers_on(day)
    net = total - account.followers_on(day - timedelta(days=1))
    lost = max(0, -net) + round(account.followers * dice.between(13, 0.0003, 0.0012))
    by_meaning = {"total": total, "net": net}
    return {
        "followers_count": by_meaning[settings.followers_count_meaning],
        "daily_new_followers": net + lost,
        "daily_lost_followers": lost,
        "daily_total_followers": by_meaning[settings.daily_total_followers_meaning],
    }


def _activity(account: Account, day: date, dice: Dice) -> list[dict[str, object]]:
    """Followers active per UTC hour; `hour` is text (facts 2.2).

    Quiet at night, a peak in the evening.
    """
    scale = account.followers_on(day) * dice.between(14, 0.28, 0.4)
    return [
        {
            "hour": str(hour),
            "count": round(
                scale * (0.08 + 0.55 * _bell(hour, 18.5, 3.4) + 0.2 * _bell(hour, 7, 2))
            ),
        }
        for hour in range(24)
    ]


def _bell(hour: int, centre: float, width: float) -> float:
    return exp(-(((hour - centre) / width) ** 2))
