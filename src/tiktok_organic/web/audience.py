"""Who follows, and when they are there: TikTok's lists of shares, made ready to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["Share", "audience", "hours"]

Share = tuple[str, float]

_PARTS = (
    ("Countries", "audience_countries", "country"),
    ("Cities", "audience_cities", "city_name"),
    ("Age", "audience_ages", "age"),
    ("Gender", "audience_genders", "gender"),
)
_COUNTRIES = {
    "AR": "Argentina", "AT": "Austria", "AU": "Australia", "BE": "Belgium", "BR": "Brazil", "CA": "Canada",
    "CH": "Switzerland", "CL": "Chile", "CO": "Colombia", "CZ": "Czechia", "DE": "Germany", "DK": "Denmark",
    "DZ": "Algeria", "EG": "Egypt", "ES": "Spain", "FI": "Finland", "FR": "France", "GB": "United Kingdom",
    "GR": "Greece", "HU": "Hungary", "ID": "Indonesia", "IE": "Ireland", "IL": "Israel", "IN": "India", "IT": "Italy",
    "JP": "Japan", "KR": "South Korea", "LU": "Luxembourg", "MA": "Morocco", "MX": "Mexico", "MY": "Malaysia",
    "NG": "Nigeria", "NL": "Netherlands", "NO": "Norway", "NZ": "New Zealand", "PH": "Philippines", "PL": "Poland",
    "PT": "Portugal", "RO": "Romania", "SA": "Saudi Arabia", "SE": "Sweden", "SG": "Singapore", "TH": "Thailand",
    "TN": "Tunisia", "TR": "Türkiye", "UA": "Ukraine", "US": "United States", "VN": "Vietnam", "ZA": "South Africa",
}  # fmt: skip
"""Others keep TikTok's two letters."""


def audience(account: dict[str, Any], most: int = 6) -> list[tuple[str, list[Share]]]:
    """Title and largest shares of each part that TikTok gave; ages stay in their order."""
    found = []
    for title, field, name in _PARTS:
        shares = [
            (_label(str(part.get(name, "?"))), _share(part)) for part in account.get(field, [])
        ]
        if title != "Age":
            shares.sort(key=lambda share: -share[1])
        if shares:
            found.append((title, shares[:most]))
    return found


def hours(days: Sequence[dict[str, Any]], zone: str, at: datetime) -> list[tuple[int, float]]:
    """The mean number of followers there in each hour of the day in `zone`; empty when TikTok gave none."""
    sums, counts = [0.0] * 24, [0] * 24
    for figures in days:
        for part in figures.get("audience_activity", []):
            hour, count = _number(part.get("hour")), _number(part.get("count"))
            if hour is not None and count is not None and 0 <= hour < 24:
                sums[int(hour)] += count
                counts[int(hour)] += 1
    if not any(counts):
        return []
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    means = [sums[hour] / counts[hour] if counts[hour] else 0.0 for hour in range(24)]
    shown = [
        ((midnight + timedelta(hours=hour)).astimezone(ZoneInfo(zone)).hour, means[hour])
        for hour in range(24)
    ]
    return sorted(shown)


def _label(name: str) -> str:
    return _COUNTRIES.get(name, name)


def _share(part: dict[str, Any]) -> float:
    return min(1.0, max(0.0, _number(part.get("percentage")) or 0.0))


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
