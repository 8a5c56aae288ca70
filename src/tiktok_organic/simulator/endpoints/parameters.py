"""Read query parameters as TikTok does; every invalid one is 40002 (facts 2.1, 3.1)."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

from tiktok_organic.simulator.endpoints.refusal import RefusalError

_BAD_PARAMETER = 40002
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE = re.compile(r"\d{1,19}", re.ASCII)


def refuse(message: str) -> RefusalError:
    """Return a 40002 to raise."""
    return RefusalError(_BAD_PARAMETER, message)


def json_parameter(query: dict[str, str], name: str, kind: type) -> Any:
    """The JSON literal under `name`, or None when the parameter is not there."""
    if name not in query:
        return None
    try:
        value = json.loads(query[name])
    except (ValueError, RecursionError):
        raise refuse(f"{name}: not a valid JSON literal") from None
    if not isinstance(value, kind):
        raise refuse(f"{name}: must be a JSON {'array' if kind is list else 'object'}")
    return value


def field_list(query: dict[str, str], default: tuple[str, ...]) -> tuple[str, ...]:
    """The asked fields without repetitions, in the order asked."""
    names = json_parameter(query, "fields", list)
    if names is None:
        return default
    if not names or not all(isinstance(name, str) for name in names):
        raise refuse("fields: must be a list of one or more strings")
    return tuple(dict.fromkeys(names))


def whole_number(query: dict[str, str], name: str, default: int) -> int:
    """A decimal integer that is not negative."""
    text = query.get(name)
    if text is None:
        return default
    if not _WHOLE.fullmatch(text):
        raise refuse(f"{name}: must be an integer")
    return int(text)


def day(query: dict[str, str], name: str, default: date) -> date:
    """A day as YYYY-MM-DD."""
    text = query.get(name)
    if text is None:
        return default
    if not _DAY.fullmatch(text):
        raise refuse(f"{name}: must look like YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refuse(f"{name}: no such day") from None


def window(
    query: dict[str, str], today: date, look_back_days: int, refuse_future_end: bool
) -> tuple[date, date]:
    """First and last day, both included; by default the seven complete UTC days before today."""
    start = day(query, "start_date", today - timedelta(days=7))
    end = day(query, "end_date", today - timedelta(days=1))
    if start > end:
        raise refuse("start_date: must not be later than end_date")
    if start < today - timedelta(days=look_back_days):
        raise refuse(f"start_date: must not be more than {look_back_days} days ago")
    if refuse_future_end and end > today:
        raise refuse("end_date: must not be in the future")
    return start, end
