"""Who the followers are and when they are active: TikTok's shares and counts for the charts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tiktok_organic.actions.data.chart_series import DayFigures
from tiktok_organic.connector import WEEKDAYS
from tiktok_organic.web.texts.formatting import known_zone

__all__ = ["ActiveHours", "Share", "active_hours", "audience", "country_name"]

Share = tuple[str, float]

# Hours of the interval that is shown as the busiest.
_BLOCK = 3

_PARTS = (
    ("Countries", "audience_countries"),
    ("Cities", "audience_cities"),
    ("Age", "audience_ages"),
    ("Gender", "audience_genders"),
)
# Other countries are shown with TikTok's two letters.
_COUNTRIES = {
    "AR": "Argentina", "AT": "Austria", "AU": "Australia", "BE": "Belgium", "BR": "Brazil",
    "CA": "Canada", "CH": "Switzerland", "CL": "Chile", "CO": "Colombia", "CZ": "Czechia",
    "DE": "Germany", "DK": "Denmark", "DZ": "Algeria", "EG": "Egypt", "ES": "Spain",
    "FI": "Finland", "FR": "France", "GB": "United Kingdom", "GR": "Greece", "HU": "Hungary",
    "ID": "Indonesia", "IE": "Ireland", "IL": "Israel", "IN": "India", "IT": "Italy",
    "JP": "Japan", "KR": "South Korea", "LU": "Luxembourg", "MA": "Morocco", "MX": "Mexico",
    "MY": "Malaysia", "NG": "Nigeria", "NL": "Netherlands", "NO": "Norway", "NZ": "New Zealand",
    "PH": "Philippines", "PL": "Poland", "PT": "Portugal", "RO": "Romania", "SA": "Saudi Arabia",
    "SE": "Sweden", "SG": "Singapore", "TH": "Thailand", "TN": "Tunisia", "TR": "Türkiye",
    "UA": "Ukraine", "US": "United States", "VN": "Vietnam", "ZA": "South Africa",
}  # fmt: skip


@dataclass(frozen=True)
class ActiveHours:
    """The mean number of active followers, in the viewer's time zone.

    `hours`: for each of the 24 hours of a day. `best`: the busiest interval, such as `17:00–20:00`.
    `weekdays`: weekday, its busiest interval, and the mean number of followers in it.
    """

    hours: tuple[tuple[int, float], ...]
    best: str
    weekdays: tuple[tuple[str, str, float], ...]


def country_name(code: str) -> str:
    """Return the English name of a country; TikTok's two letters for an unlisted one."""
    return _COUNTRIES.get(code, code)


def audience(parts: Mapping[str, Sequence[Share]], most: int = 6) -> list[tuple[str, list[Share]]]:
    """Return title and largest shares of each part that TikTok sent; ages are ordered by age."""
    found = []
    for title, name in _PARTS:
        shares = [(_COUNTRIES.get(label, label), share) for label, share in parts.get(name, ())]
        shares.sort(key=_by_age if title == "Age" else _largest_first)
        if shares:
            found.append((title, shares if title == "Age" else shares[:most]))
    return found


def active_hours(days: Sequence[DayFigures], zone: str) -> ActiveHours | None:
    """Return when followers are active; None if TikTok sent nothing for these days."""
    there, counts = known_zone(zone), dict[tuple[int, int], list[float]]()
    for one in days:
        for hour, count in one.activity:
            at = datetime(one.day.year, one.day.month, one.day.day, hour, tzinfo=UTC)
            local = at.astimezone(there)
            counts.setdefault((local.weekday(), local.hour), []).append(count)
    if not counts:
        return None
    hours = [_mean([c for (_, at), c in counts.items() if at == hour]) for hour in range(24)]
    weekdays = []
    for number, name in enumerate(WEEKDAYS):
        own = [_mean([counts.get((number, hour), [])]) for hour in range(24)]
        if any(own):
            stretch, mean = _busiest(own)
            weekdays.append((name.capitalize(), stretch, mean))
    return ActiveHours(tuple(enumerate(hours)), _busiest(hours)[0], tuple(weekdays))


def _busiest(hours: Sequence[float]) -> tuple[str, float]:
    """Return the interval of three hours with the most followers, and their mean."""
    means = [sum(hours[(start + n) % 24] for n in range(_BLOCK)) / _BLOCK for start in range(24)]
    start = max(range(24), key=lambda hour: means[hour])
    return f"{start:02d}:00–{(start + _BLOCK) % 24:02d}:00", means[start]


def _mean(groups: Sequence[Sequence[float]]) -> float:
    values = [value for group in groups for value in group]
    return sum(values) / len(values) if values else 0.0


def _largest_first(share: Share) -> float:
    return -share[1]


def _by_age(share: Share) -> int:
    found = re.search(r"[0-9]{1,3}", share[0])
    return int(found.group()) if found else 1000
