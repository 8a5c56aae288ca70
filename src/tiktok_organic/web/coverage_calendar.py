"""The last 60 days as a calendar: which of them are safe, which can still change, which are at risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tiktok_organic.actions.coverage import coverage
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.sync.window import REACH

__all__ = ["Calendar", "DayCell", "calendar"]

_MARKS = {"final": "✓", "provisional": "~", "missing": "!", "lost": "×", "unasked": "·"}
_WORDS = {
    "final": "final: TikTok will not correct it any more",
    "provisional": "stored, to be confirmed by a later reading",
    "missing": "missing: asked for, not there yet",
    "lost": "lost: beyond TikTok's 60 days",
    "unasked": "never asked for",
}


@dataclass(frozen=True)
class DayCell:
    day: date
    status: str
    days_left: int | None

    @property
    def mark(self) -> str:
        return _MARKS[self.status]

    @property
    def words(self) -> str:
        left = (
            "" if self.days_left is None else f", {self.days_left} days left to get it from TikTok"
        )
        return f"{self.day:%A} {self.day.day} {self.day:%B}: {_WORDS[self.status]}{left}"


@dataclass(frozen=True)
class Calendar:
    """`weeks`: from Monday to Sunday, None outside the 60 days. `counts`: over the 60 days."""

    weeks: list[list[DayCell | None]]
    counts: dict[str, int]
    earlier: int

    @property
    def days(self) -> list[DayCell]:
        return [cell for week in self.weeks for cell in week if cell is not None]

    @property
    def at_risk(self) -> list[DayCell]:
        """Missing or never asked for, the most urgent first."""
        return [cell for cell in self.days if cell.status in ("missing", "unasked")]


def calendar(app: App, connector: Connector) -> Calendar:
    known = {each["date"]: each for each in coverage(app, connector)["days"]}
    today = app.clock.now().date()
    cells = [_cell(today - timedelta(days=back), known, back) for back in range(REACH, 0, -1)]
    counts = dict.fromkeys(_MARKS, 0)
    for cell in cells:
        counts[cell.status] += 1
    return Calendar(
        _weeks(cells),
        counts,
        max(0, len(known) - sum(cell.day.isoformat() in known for cell in cells)),
    )


def _cell(day: date, known: dict[str, dict[str, Any]], back: int) -> DayCell:
    each = known.get(day.isoformat())
    if each is None:
        return DayCell(day, "unasked", REACH - back)
    return DayCell(day, str(each["status"]), each["days_left"])


def _weeks(cells: list[DayCell]) -> list[list[DayCell | None]]:
    padded: list[DayCell | None] = [*[None] * cells[0].day.weekday(), *cells]
    padded += [None] * (-len(padded) % 7)
    return [padded[start : start + 7] for start in range(0, len(padded), 7)]
