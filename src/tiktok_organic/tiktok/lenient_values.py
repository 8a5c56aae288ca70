"""Read one value that a strict parser rejected, such as a number sent as text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Self

from tiktok_organic.tiktok.json_spans import minify

__all__ = ["READERS", "Replaced", "read_count", "read_flag", "read_text"]

# Python needs quadratic time to convert long numbers, and an answer is untrusted input.
_LONGEST_NUMBER = 60
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair
    r"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\.",
    re.DOTALL,
)
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
# The years 1 and 9999: the range of dates in Python and BigQuery.
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799


class Replaced(str):  # noqa: SLOT000 - str cannot have slots with values
    """Text in which `replaced` characters became U+FFFD."""

    replaced: int

    def __new__(cls, text: str, replaced: int) -> Self:
        made = super().__new__(cls, text)
        made.replaced = replaced
        return made


def read_count(raw: bytes) -> int | None:
    """A whole number within 64 bits; ValueError otherwise."""
    value = _value(raw)
    if value is None:
        return None
    if isinstance(value, float):
        value = raw.decode("ascii").strip()  # exact also beyond 2^53
    number = _whole(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError("beyond 64 bits")
    return number


def read_number(raw: bytes) -> float | None:
    """A finite number; ValueError otherwise."""
    value = _value(raw)
    if value is None:
        return None
    if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("no number")  # noqa: TRY004 - the one error of every reader
    try:
        number = float(value)
    except OverflowError:
        raise ValueError("too large") from None
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def read_seconds(raw: bytes) -> int | None:
    """Unix seconds between the years 1 and 9999; ValueError otherwise."""
    seconds = read_count(raw)
    if seconds is not None and not _FIRST_SECOND <= seconds <= _LAST_SECOND:
        raise ValueError("no moment between the years 1 and 9999")
    return seconds


def read_text(raw: bytes) -> str | None:
    """Read text; a number becomes its digits.

    Lone surrogates, which no warehouse can store, become U+FFFD: see Replaced.
    """
    value = _value(raw)
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _digits(raw.decode("ascii").strip())
    if not isinstance(value, str):
        raise ValueError("no text")  # noqa: TRY004 - the same
    return _storable(value)


def _digits(number: str) -> str:
    """Return a number as text.

    A whole one without point and exponent, so that an id has one form.
    """
    if not _DECIMAL.fullmatch(number) or len(number) > _LONGEST_NUMBER:
        return number
    value = Decimal(number)
    whole = value.adjusted() < _LONGEST_NUMBER and value == value.to_integral_value()
    return str(int(value)) if whole else number


def read_flag(raw: bytes) -> bool | None:
    """Read true or false, also as text or as 0 and 1; ValueError otherwise."""
    value = _value(raw)
    if value is None or isinstance(value, bool):
        return value
    words = {"true": True, "1": True, "false": False, "0": False}
    word = str(value).strip().lower()
    if word not in words or not isinstance(value, str | int):
        raise ValueError("neither true nor false")
    return words[word]


def read_json(raw: bytes) -> str | None:
    """Read a JSON array as compact text; ValueError if it is something else."""
    if raw == b"null":
        return None
    if not raw.startswith(b"["):
        raise ValueError("no list")
    text = minify(raw)
    # Python reads NaN and Infinity, which are not JSON: a warehouse would refuse the text.
    if b"NaN" in raw or b"Infinity" in raw:
        json.loads(text, strict=False, parse_constant=_no_constant, parse_int=len)
    if b"\\u" not in raw:
        return _storable(text)
    # An escaped lone surrogate is ASCII text, but no warehouse's JSON functions can read it: one
    # such value would fail every query over the column.
    count = sum(1 for match in _ESCAPE.finditer(text) if match.group("lone"))
    clean = _storable(
        _ESCAPE.sub(lambda match: "\ufffd" if match.group("lone") else match.group(), text)
    )
    replaced = count + (clean.replaced if isinstance(clean, Replaced) else 0)
    return Replaced(clean, replaced) if replaced else clean


def _storable(text: str) -> str:
    """Replace lone surrogates; a pair becomes one character."""
    if text.isascii():
        return text
    # UTF-16 joins the two halves of a pair; what remains after it is alone.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    clean, count = _SURROGATE.subn("\ufffd", whole)
    return Replaced(clean, count) if count else clean


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _value(raw: bytes) -> Any:
    return json.loads(raw.decode("utf-8", "surrogateescape"), strict=False)


def _whole(value: object) -> int:
    if isinstance(value, bool):
        raise ValueError("true or false is not a number")  # noqa: TRY004 - the one error of every reader
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if (
        isinstance(value, str)
        and len(value) <= _LONGEST_NUMBER
        and _DECIMAL.fullmatch(value.strip())
    ):
        number = Decimal(value.strip())
        if number.adjusted() <= _LONGEST_NUMBER and number == number.to_integral_value():
            return int(number)
    raise ValueError("no whole number")


READERS: dict[str, Callable[[bytes], Any]] = {
    "Count": read_count,
    "Number": read_number,
    "Seconds": read_seconds,
    "Text": read_text,
    "Flag": read_flag,
    "Json": read_json,
}
"""The reader of each kind of field, by its name in `record_types`."""
