"""What the store knows before a load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tiktok_organic.sync.day_states import DayRecord
from tiktok_organic.sync.run import Run

__all__ = ["Known"]


@dataclass(frozen=True)
class Known:
    """What the store knows before a load.

    `days`: the record of every day. `first_asked`: the day from which on none may be missing.
    `newest`: the connector's newest run whose rows are in the warehouse, as far as the store knows.
    """

    days: Mapping[date, DayRecord] = field(default_factory=dict)
    first_asked: date | None = None
    newest: Run | None = None
