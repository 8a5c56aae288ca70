"""Decide when a day is final, and which state it has: final, provisional, missing or lost. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from tiktok_organic.sync.window import earliest

__all__ = [
    "MATURE_AFTER",
    "DayRecord",
    "day_state",
    "days_left",
    "record_after_read",
    "without_rows",
]

MATURE_AFTER = timedelta(hours=48)
"""TikTok corrects a day for up to 48 hours after its end."""

DayState = Literal["final", "provisional", "missing", "lost"]


@dataclass(frozen=True)
class DayRecord:
    """What is known of one day.

    `digest`: of its row; None without a row. `mature_on`: the day on which a read after the
    correction time first had these values. `final`: a second such read on another day had the same
    values. `lost`: TikTok did not return it any more.
    """

    digest: str | None = None
    mature_on: date | None = None
    final: bool = False
    lost: bool = False


def record_after_read(record: DayRecord, digest: str, day: date, read_at: datetime) -> DayRecord:
    """Return the record of a day after its row was written with this digest, read at this time.

    Final: read with the same values on two different days, both more than 48 hours after the day's
    end.
    """
    over = datetime.combine(day + timedelta(days=1), time(), UTC)
    mature = read_at - over > MATURE_AFTER
    same = record.digest == digest
    if not mature:
        # A change within the correction time is normal, and says nothing about the final values.
        return record if same else DayRecord(digest)
    # Two reads on one day prove little: TikTok's values are 24 to 48 hours late (facts 2.2).
    read_on = read_at.astimezone(UTC).date()
    if same and record.mature_on is not None:
        return DayRecord(digest, record.mature_on, record.final or record.mature_on != read_on)
    return DayRecord(digest, read_on)


def without_rows(
    known: Mapping[date, DayRecord], stored: Collection[date] | None
) -> dict[date, DayRecord]:
    """Return the records of loaded days whose row is missing in `stored`.

    The warehouse was lost, or an older copy was restored. The days are missing again. `stored`
    None: the rows were not looked up.
    """
    if stored is None:
        return {}
    return {
        day: DayRecord()
        for day, record in known.items()
        if record.digest is not None and day not in stored
    }


def day_state(day: date, record: DayRecord | None, today: date) -> DayState:
    """Return the state of a day."""
    if record is not None and record.digest is not None:
        return "final" if record.final else "provisional"
    lost = day < earliest(today) or (record is not None and record.lost)
    return "lost" if lost else "missing"


def days_left(day: date, state: DayState, today: date) -> int | None:
    """Return for how many more days TikTok answers for a missing or provisional day."""
    if state not in ("missing", "provisional"):
        return None
    return max(0, (day - earliest(today)).days)
