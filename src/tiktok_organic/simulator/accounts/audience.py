"""Shares of an audience: ages, genders, countries, cities, sources.

Fractions from 0 to 1 (facts 2.2, 3.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktok_organic.simulator.dice import Blend, Dice

    Lots = Dice | Blend

Shares = list[dict[str, object]]

_AGES = (("18-24", 31), ("25-34", 34), ("35-44", 19), ("45-54", 10), ("55+", 6))
_GENDERS = (("Female", 58), ("Male", 39), ("Other", 3))
_COUNTRIES = {
    "DE": (("DE", 61), ("AT", 14), ("CH", 8), ("FR", 5), ("US", 4), ("NL", 3)),
    "FR": (("FR", 64), ("BE", 12), ("CH", 7), ("CA", 6), ("DE", 4), ("MA", 3)),
    "US": (("US", 66), ("CA", 11), ("GB", 9), ("AU", 5), ("DE", 3), ("MX", 2)),
}
_CITIES = {
    "DE": (
        ("Berlin", 12),
        ("München", 10),
        ("Hamburg", 8),
        ("Köln", 6),
        ("Wien", 5),
        ("Zürich", 3),
    ),
    "FR": (
        ("Paris", 17),
        ("Lyon", 8),
        ("Marseille", 6),
        ("Bruxelles", 5),
        ("Genève", 3),
        ("Orléans", 2),
    ),
    "US": (
        ("New York", 11),
        ("Los Angeles", 9),
        ("Chicago", 5),
        ("Toronto", 4),
        ("London", 4),
        ("Austin", 3),
    ),
}
_SOURCES = (
    ("For You", 70),
    ("Follow", 11),
    ("Personal Profile", 8),
    ("Search", 6),
    ("Sound", 2),
    ("Hashtag", 2),
    ("other_profile_vv", 1),
)


def ages(dice: Lots) -> Shares:
    """Age bands, youngest first."""
    return _shares("age", _AGES, dice, 0)


def genders(dice: Lots) -> Shares:
    """Female, Male, Other."""
    return _shares("gender", _GENDERS, dice, 5)


def countries(dice: Lots, home: str) -> Shares:
    """ISO 3166-1 alpha-2 codes around `home`; the rest is left out: the sum stays below 1."""
    return _shares("country", _COUNTRIES.get(home, _COUNTRIES["US"]), dice, 8, whole=0.96)


def cities(dice: Lots, home: str, prefixed: bool = False) -> Shares:
    """City names; on posts TikTok puts the country before the city (`prefixed`)."""
    base = _CITIES.get(home, _CITIES["US"])
    named = tuple(
        (f"{home}-{city}", weight) if prefixed else (city, weight) for city, weight in base
    )
    return _shares("city_name", named, dice, 8, whole=0.45)


def sources(dice: Lots, age: float) -> Shares:
    """Where the views came from, largest first: with `age` (days) fewer from "For You"."""
    old = min(1.0, age / 120)
    turn = {"For You": 1 - 0.35 * old, "Search": 1 + 2 * old, "Personal Profile": 1 + old}
    base = tuple((name, weight * turn.get(name, 1.0)) for name, weight in _SOURCES)
    shares = _shares("impression_source", base, dice, 2)
    return sorted(shares, key=lambda share: -float(str(share["percentage"])))


def viewer_types(dice: Lots) -> Shares:
    """Two pairs, each of which adds up to 1."""
    new, followers = round(dice.between(3, 0.55, 0.95), 4), round(dice.between(4, 0.05, 0.4), 4)
    return [
        {"type": "NEW_VIEWER", "percentage": new},
        {"type": "RETURN_VIEWER", "percentage": round(1 - new, 4)},
        {"type": "FOLLOWER_PERCENT", "percentage": followers},
        {"type": "NON_FOLLOWER_PERCENT", "percentage": round(1 - followers, 4)},
    ]


def _shares(
    key: str, base: tuple[tuple[str, float], ...], dice: Lots, throw: int, whole: float = 1.0
) -> Shares:
    weights = [
        weight * dice.between((throw + number) % 16, 0.8, 1.2)
        for number, (_, weight) in enumerate(base)
    ]
    total = sum(weights)
    return [
        {key: name, "percentage": round(whole * weight / total, 4)}
        for (name, _), weight in zip(base, weights, strict=True)
    ]
