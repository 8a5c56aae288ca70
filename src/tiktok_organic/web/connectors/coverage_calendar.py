"""The last 60 days as a calendar: which are stored, which can still change, which are at risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tiktok_organic.actions.data.coverage import coverage
from tiktok_organic.actions.data.days_without_figures import asked_windows, was_asked
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.sync.window import REACH, Window
from tiktok_organic.web.connectors.no_figures_reason import absence_reason

__all__ = ["Calendar", "DayCell", "DayStatus", "calendar"]

# TikTok has the figures of a day 24 to 48 hours after its end. The last two days may still be
# missing.
_COUNTED_AFTER = 2


class DayStatus(StrEnum):
    """The four documented states of a day, and three more of the calendar."""

    FINAL = "final"
    PROVISIONAL = "provisional"
    PENDING = "pending"
    """Missing, but so recent that TikTok may not have counted it yet."""
    NONE = "none"
    """Missing after a sync requested it: TikTok has no figures."""
    MISSING = "missing"
    LOST = "lost"
    UNASKED = "unasked"
    """Before the first day that was ever requested."""

    @property
    def mark(self) -> str:
        """A sign beside the colour."""
        return _MARKS[self]

    @property
    def words(self) -> str:
        """The meaning of the state."""
        return _WORDS[self]


_MARKS = {
    DayStatus.FINAL: "✓",
    DayStatus.PROVISIONAL: "~",
    DayStatus.PENDING: "…",
    DayStatus.NONE: "–",
    DayStatus.MISSING: "!",
    DayStatus.LOST: "×",
    DayStatus.UNASKED: "·",
}
_WORDS = {
    DayStatus.FINAL: "final: TikTok will not correct it any more",
    DayStatus.PROVISIONAL: "provisional: stored, a later sync confirms it",
    DayStatus.PENDING: "not counted yet: TikTok needs up to 48 hours",
    DayStatus.NONE: "TikTok has none",
    DayStatus.MISSING: "missing",
    DayStatus.LOST: "lost: more than 60 days ago",
    DayStatus.UNASKED: "never asked for",
}


@dataclass(frozen=True)
class DayCell:
    """One day. `days_left`: for how many more days TikTok returns it, if relevant."""

    day: date
    status: DayStatus
    days_left: int | None

    @property
    def words(self) -> str:
        """The day and its state as a sentence."""
        said = f"{self.day:%A} {self.day.day} {self.day:%B}: {self.status.words}"
        if self.days_left is None or self.status in (DayStatus.NONE, DayStatus.PENDING):
            return said
        return f"{said}, {self.days_left} days left to get it from TikTok"


@dataclass(frozen=True)
class Calendar:
    """The calendar.

    `weeks`: from Monday to Sunday, None outside the 60 days. `counts`: in the 60 days. `earlier`:
    stored days before them. `reason`: why TikTok has none, or empty.
    """

    weeks: list[list[DayCell | None]]
    counts: dict[DayStatus, int]
    earlier: int
    reason: str

    @property
    def days(self) -> list[DayCell]:
        """All days, oldest first."""
        return [cell for week in self.weeks for cell in week if cell is not None]

    @property
    def at_risk(self) -> list[DayCell]:
        """Missing or never requested days, the most urgent first."""
        risky = (DayStatus.MISSING, DayStatus.UNASKED)
        return [cell for cell in self.days if cell.status in risky]

    @property
    def summary(self) -> list[tuple[DayStatus, int]]:
        """The states that occur, with their number of days; the first two always."""
        always = (DayStatus.FINAL, DayStatus.PROVISIONAL)
        return [
            (status, count) for status, count in self.counts.items() if count or status in always
        ]


def calendar(app: App, connector: Connector) -> Calendar:
    """Return the calendar of one connector."""
    known = {each["date"]: each for each in coverage(app, connector)["days"]}
    today = app.clock.now().date()
    asked = asked_windows(app.runs, connector)
    cells = []
    for back in range(REACH, 0, -1):
        day = today - timedelta(days=back)
        each = known.get(day.isoformat())
        if each is None:
            cells.append(DayCell(day, DayStatus.UNASKED, REACH - back))
        else:
            status = _status(DayStatus(each["status"]), day, today, asked)
            cells.append(DayCell(day, status, each["days_left"]))
    counts = {status: sum(cell.status is status for cell in cells) for status in DayStatus}
    shown = sum(cell.status is not DayStatus.UNASKED for cell in cells)
    reason = absence_reason(app.chart_data, connector) if counts[DayStatus.NONE] else ""
    return Calendar(_weeks(cells), counts, max(0, len(known) - shown), reason)


def _status(stored: DayStatus, day: date, today: date, asked: list[Window]) -> DayStatus:
    if stored is not DayStatus.MISSING:
        return stored
    if (today - day).days <= _COUNTED_AFTER:
        return DayStatus.PENDING
    return DayStatus.NONE if was_asked(day, asked) else DayStatus.MISSING


def _weeks(cells: list[DayCell]) -> list[list[DayCell | None]]:
    padded: list[DayCell | None] = [*[None] * cells[0].day.weekday(), *cells]
    padded += [None] * (-len(padded) % 7)
    return [padded[start : start + 7] for start in range(0, len(padded), 7)]
