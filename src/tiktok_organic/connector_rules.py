"""The rules for a connector's values: what may be entered, and what is proposed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from tiktok_organic.caseless import caseless, composed
from tiktok_organic.connector import SCHEDULES, WEEKDAYS, Every
from tiktok_organic.errors import BadValue

__all__ = [
    "LONGEST_NAME",
    "check_dataset",
    "check_hour",
    "check_lookback",
    "check_name",
    "check_reports",
    "check_schedule",
    "check_timezone",
    "check_weekday",
    "default_dataset",
    "default_name",
    "zone",
]

LONGEST_NAME = 200
LONGEST_DATASET = 200
_DATASET = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


def default_name(display_name: str, taken: Collection[str]) -> str:
    """Return `TikTok Organic - {display_name}`, with a number if the name is in use."""
    plain = " ".join(_printable(display_name).split())[:100].strip() or "account"
    return _free(f"TikTok Organic - {plain}", taken, " ")


def default_dataset(username: str, taken: Collection[str]) -> str:
    """Return `tiktokorganic_{username}`, with a number if it is in use.

    It is in lower case, with `_` for every other character.
    """
    made = re.sub(r"[^a-z0-9_]", "_", username.lower())
    return _free(f"tiktokorganic_{made}"[:100], taken, "_")


def check_name(name: str) -> str:
    """Return a connector's name as it is stored. Raises BadValue."""
    text = composed(name.strip())
    if not text:
        raise BadValue("name", "it is empty", example="TikTok Organic - Demo Bakery")
    if len(text) > LONGEST_NAME:
        raise BadValue(
            "name",
            f"it is longer than {LONGEST_NAME} characters",
            example="TikTok Organic - Demo Bakery",
        )
    if text != _printable(text):
        raise BadValue(
            "name", "it holds control characters", example="TikTok Organic - Demo Bakery"
        )
    return text


def check_dataset(dataset: str) -> str:
    """Return a dataset id. Raises BadValue."""
    if not _DATASET.fullmatch(dataset):
        raise BadValue(
            "dataset",
            f"{dataset!r} must be lowercase, start with a letter, and hold only letters, digits "
            "and underscores",
            example="tiktokorganic_demo_bakery",
        )
    if len(dataset) > LONGEST_DATASET:
        raise BadValue(
            "dataset",
            f"it is longer than {LONGEST_DATASET} characters",
            example="tiktokorganic_demo_bakery",
        )
    return dataset


def check_reports(names: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """Return the selected reports in their usual order.

    Raises BadValue for an unknown one, or none.
    """
    wanted = [name.strip() for name in names if name.strip()]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise BadValue(
            "reports", f"the report {unknown[0]!r} does not exist", example=",".join(known)
        )
    if not wanted:
        raise BadValue("reports", "at least one report must be selected", example=",".join(known))
    return tuple(name for name in known if name in wanted)


def check_schedule(every: str) -> Every:
    for known in SCHEDULES:
        if every.strip().lower() == known:
            return known
    raise BadValue("schedule", f"{every!r} is not one of {', '.join(SCHEDULES)}", example="daily")


def check_hour(hour: int) -> int:
    if not 0 <= hour <= 23:
        raise BadValue("hour", f"{hour} is not between 0 and 23", example="3")
    return hour


def check_weekday(weekday: str) -> str:
    word = weekday.strip().lower()
    for known in WEEKDAYS:
        if word == known or (len(word) == 3 and known.startswith(word)):
            return known
    raise BadValue("weekday", f"{weekday!r} is not a day of the week", example="monday")


def check_timezone(name: str) -> str:
    """Return the name of a time zone of the IANA database. Raises BadValue."""
    if not name.strip():
        raise BadValue("timezone", "it is empty", example="Europe/Berlin")
    if name.strip() not in _zones():
        raise BadValue(
            "timezone",
            f"{name!r} is not a time zone of the IANA database",
            example="Europe/Berlin",
        )
    return name.strip()


@cache
def _zones() -> frozenset[str]:
    """Return the names in the tzdata package: the same on every machine."""
    listed = resources.files("tzdata").joinpath("zones").read_text("ascii")
    return frozenset(listed.split())


def zone(name: str) -> ZoneInfo:
    """Return a stored time zone.

    Raises BadValue if this machine lacks it.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, UnicodeError):
        raise BadValue(
            "timezone", f"{name!r} is not a time zone here", example="Europe/Berlin"
        ) from None


def check_lookback(days: int) -> int:
    if not 1 <= days <= 60:
        raise BadValue("lookback", f"{days} is not between 1 and 60 days", example="5")
    return days


def _printable(text: str) -> str:
    return "".join(
        character for character in text if unicodedata.category(character) not in ("Cc", "Cs")
    )


def _free(wanted: str, taken: Collection[str], separator: str) -> str:
    """Return `wanted`, or the first unused one with a number appended."""
    used = {caseless(name) for name in taken}
    if caseless(wanted) not in used:
        return wanted
    number = 2
    while caseless(f"{wanted}{separator}{number}") in used:
        number += 1
    return f"{wanted}{separator}{number}"
