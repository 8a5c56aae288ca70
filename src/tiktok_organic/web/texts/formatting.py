"""Format times, numbers, durations and states for a person, in their time zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from markupsafe import Markup, escape

__all__ = ["Words", "known_zone", "sentence", "status_tone", "time_zones"]

_POINT = ("de", "es", "it", "nl", "pt", "da", "id", "tr", "el", "hr", "sl", "ro")
_SPACE = ("fr", "sv", "nb", "no", "fi", "cs", "pl", "ru", "uk", "sk", "hu", "bg")
_TONES = {
    "succeeded": "good",
    "active": "good",
    "final": "good",
    "running": "busy",
    "waiting": "busy",
    "provisional": "calm",
    "partial": "warn",
    "missing": "warn",
    "paused": "calm",
    "skipped": "calm",
    "failed": "bad",
    "lost": "bad",
    "reconnect_needed": "bad",
}
_PUNCTUAL = 300.0
"""Seconds after its time for which a sync that waits for its turn is not called overdue."""
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def status_tone(status: str) -> str:
    """Return good, calm, busy, warn or bad: the colour beside the word."""
    return _TONES.get(status, "calm")


def sentence(text: str) -> str:
    """Add a capital and a full stop.

    The first word is unchanged if it is an address or a technical name.
    """
    text = text.strip()
    first = text.partition(" ")[0]
    begun = text if re.search(r"[@_/.=]|[0-9]", first) else text[:1].upper() + text[1:]
    return begun + ("" if not text or text[-1] in ".!?…" else ".")


@cache
def time_zones() -> tuple[str, ...]:
    """Return the names of all zones, sorted. Finding them reads several folders."""
    return tuple(sorted(available_timezones()))


def known_zone(zone: str) -> ZoneInfo:
    """Return the zone, or UTC: a stored name may be of another version of the database."""
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


class Words:
    """Formats for one person. `languages`: the browser's Accept-Language."""

    def __init__(self, zone: str, languages: str, now: datetime) -> None:
        self._zone = known_zone(zone)
        self.zone = self._zone.key
        self.now = now
        language = languages.split(",")[0].strip().lower()[:2]
        self.mark = "." if language in _POINT else "\u202f" if language in _SPACE else ","
        self._unit = "%" if self.mark == "," else "\u202f%"

    def number(self, value: float | None, *, sign: bool = False) -> str:
        if value is None:
            return "–"
        text = f"{value:+,.0f}" if sign and round(value) else f"{value:,.0f}"
        return text.replace(",", self.mark).replace("-", "\u2212")

    def short(self, value: float | None) -> str:
        """Format as 12.4k, 3.1M."""
        if value is None:
            return "–"
        for limit, letter in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
            if abs(value) >= limit:
                scaled = value / (limit if letter != "k" else 1e3)
                return (
                    f"{scaled:.1f}".rstrip("0")
                    .rstrip(".")
                    .replace(".", "." if self.mark == "," else ",")
                    + letter
                )
        return self.number(value)

    def percent(self, share: float | None) -> str:
        return (
            "–"
            if share is None
            else f"{share * 100:.0f}{self._unit}"
            if share >= 0.1
            else f"{share * 100:.1f}{self._unit}"
        )

    def change(self, value: float, before: float | None) -> str:
        """Format as `+12%` compared with before."""
        if not before:
            return ""
        return f"{(value - before) / before * 100:+.0f}{self._unit}".replace("-", "\u2212")

    def day(self, value: date | str | None) -> str:
        if value is None:
            return "–"
        made = date.fromisoformat(value) if isinstance(value, str) else value
        return f"{made.day} {made:%b}" + ("" if made.year == self.now.year else f" {made.year}")

    def span(self, start: date, end: date) -> str:
        """Format as `2–29 Nov`, `28 Oct – 24 Nov`."""
        if (start.year, start.month) == (end.year, end.month):
            return f"{start.day}–{self.day(end)}"
        return f"{self.day(start)} – {self.day(end)}"

    def time(self, moment: datetime | None) -> Markup | str:
        """Format date and time in the person's zone, with UTC in the tooltip."""
        if moment is None:
            return "–"
        local = moment.astimezone(self._zone)
        near = local.date() == self.now.astimezone(self._zone).date()
        text = f"{local:%H:%M}" if near else f"{self.day(local.date())}, {local:%H:%M}"
        return self._time(moment, f"today, {text}" if near else text)

    def ago(self, moment: datetime | None) -> Markup | str:
        """Format as `3 hours ago`, `in 2 days`, with the exact time in the tooltip."""
        return "never" if moment is None else self._time(moment, self._distance(moment))

    def due(self, moment: datetime) -> Markup | str:
        """`in 2 hours`; when it has passed by more than a few minutes, `overdue for 2 hours`."""
        if (self.now - moment).total_seconds() <= _PUNCTUAL:
            return self.ago(moment)
        return self._time(moment, f"overdue for {self._distance(moment).removesuffix(' ago')}")

    def duration(self, start: datetime | None, end: datetime | None) -> str:
        if start is None or end is None:
            return "–"
        return self.seconds((end - start).total_seconds())

    def seconds(self, seconds: float) -> str:
        if seconds < 1:
            return f"{max(0, seconds) * 1000:.0f} ms"
        if seconds < 90:
            return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
        minutes, rest = divmod(round(seconds), 60)
        return (
            f"{minutes} min {rest:02d} s"
            if minutes < 90
            else f"{minutes // 60} h {minutes % 60:02d} min"
        )

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone)

    def _distance(self, moment: datetime) -> str:
        seconds = (moment - self.now).total_seconds()
        for length, name in _UNITS:
            count = round(abs(seconds) / length)
            if abs(seconds) >= length * 0.95 and count:
                words = f"{count} {name}{'' if count == 1 else 's'}"
                return f"in {words}" if seconds > 0 else f"{words} ago"
        return "in a moment" if seconds > 0 else "just now"

    def _time(self, moment: datetime, text: str) -> Markup:
        utc = moment.astimezone(UTC)
        here = "" if self.zone == "UTC" else f"{_exact(moment.astimezone(self._zone))}, "
        hover = f"{here}{_exact(utc)}"
        tag = f'<time datetime="{utc.isoformat()}" title="{hover}">{escape(text)}</time>'
        return Markup(tag)  # noqa: S704 - figures of ours; the text is escaped


def _exact(moment: datetime) -> str:
    """Format as `2026-03-11 13:00:00 UTC`.

    (Formatting with % costs four times as much, and a list has hundreds of them.)
    """
    return f"{moment.replace(tzinfo=None).isoformat(' ', 'seconds')} {moment.tzname()}"
