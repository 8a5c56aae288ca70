"""Compute the states of an account's days after a load. Pure, and done before the commit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tiktok_organic.sync.day_states import DayRecord, record_after_read, without_rows
from tiktok_organic.sync.window import DOUBTFUL, Window, earliest

__all__ = ["DaysRead", "days_after", "provisional_again"]


@dataclass(frozen=True)
class DaysRead:
    """What one sync knows of the daily report.

    `wanted`: the days of the order. `asked`: the days that TikTok was asked for and answered; None
    if the daily report failed or was not requested. `digests`: the days that this load writes, read
    at `read_at`. `stored`: the days with a row before it; None if that was not looked up.
    `loads_missing_since`: the warehouse is an older copy that lacks every load since then.
    """

    wanted: Window
    asked: Window | None
    digests: Mapping[date, str]
    read_at: datetime
    stored: Collection[date] | None
    loads_missing_since: datetime | None = None


def days_after(
    known: Mapping[date, DayRecord],
    read: DaysRead,
    first_asked: date | None,
    today: date,
    *,
    clock_right: bool = True,
) -> dict[date, DayRecord]:
    """Return the records that this load changes. No day becomes lost while the clock is wrong."""
    with_rows = {*read.stored, *read.digests} if read.stored is not None else None
    # First the days that the warehouse has lost; what this load writes overrides them below.
    changed = without_rows(known, with_rows)
    if read.loads_missing_since is not None:
        changed = provisional_again(known, read.loads_missing_since) | changed
    for day, digest in read.digests.items():
        before = changed.get(day) or known.get(day, DayRecord())
        changed[day] = record_after_read(before, digest, day, read.read_at)
    for day in _unreachable(read, first_asked, today) if clock_right else ():
        record = changed.get(day) or known.get(day, DayRecord())
        if record.digest is None and not record.lost:
            changed[day] = DayRecord(lost=True)
    return changed


def provisional_again(known: Mapping[date, DayRecord], since: datetime) -> dict[date, DayRecord]:
    """Return the days that were read since then, when the rows of those reads are lost.

    A day that already had its last values before has them in the copy too.
    """
    return {
        day: DayRecord(record.digest)
        for day, record in known.items()
        if record.mature_on is not None and record.mature_on >= since.date()
    }


def _unreachable(read: DaysRead, first_asked: date | None, today: date) -> list[date]:
    """Return the days that TikTok no longer returns: those beyond its limit, and refused ones."""
    limit = earliest(today)
    first = first_asked or limit
    days = Window(first, limit - timedelta(days=1)).days() if first < limit else []
    if read.asked is not None and read.asked.start > read.wanted.start:
        given_up = Window(read.wanted.start, read.asked.start - timedelta(days=1)).days()
        days += [day for day in given_up if day < limit + timedelta(days=DOUBTFUL)]
    return days
