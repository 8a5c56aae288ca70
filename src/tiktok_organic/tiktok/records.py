"""Convert TikTok's bytes to records: a fast typed pass, then a lenient one if it fails."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Generic, TypeVar, cast, get_type_hints

import msgspec

from tiktok_organic.errors import Unreadable
from tiktok_organic.tiktok import record_types
from tiktok_organic.tiktok.json_spans import elements, members
from tiktok_organic.tiktok.lenient_values import READERS, Replaced, read_text
from tiktok_organic.tiktok.scopes import ACCOUNT_FIELDS, DAY_FIELDS, VIDEO_FIELDS
from tiktok_organic.tiktok.unusual_data import Findings

__all__ = ["read_account", "read_days", "read_videos"]

R = TypeVar("R", bound=msgspec.Struct)

_EMPTY = msgspec.Raw(b"")
# Values that msgspec reads differently from the lenient pass without an error. The text "null" as
# null, and numbers that it converts through a double (beyond 2^53 to a neighbouring number). Such
# texts could be escaped, but usual encoders do not escape letters and digits.
_DOUBTFUL = re.compile(
    rb'"null"'
    rb"|\\u00(?:3[0-9]|2[bde]|[46][0-9a-f]|[57][0-9a])"
    rb'|[:,\["]\s*[+-]?\d+(?:\.\d*[1-9]\d*)?e[+-]?\d'
    rb'|[:,\["]\s*[+-]?\d{15,}\.',
    re.IGNORECASE,
)


class _Form(Generic[R]):
    """The JSON form of one kind of record, derived from its class in `record_types`."""

    def __init__(
        self,
        record: type[R],
        key: str | None,
        known: set[str],
        read_key: Callable[[str], Any] = str,
    ) -> None:
        self.read_key = read_key
        self.name = record.__name__.lower()
        self.key = key
        hints = get_type_hints(record, include_extras=True)
        self.kinds = {name: _kind(hint) for name, hint in hints.items() if name != key}
        self.known = known | set(hints)
        self.json = tuple(name for name, kind in self.kinds.items() if kind == "Json")
        self.seconds = tuple(name for name, kind in self.kinds.items() if kind == "Seconds")
        fields: list[Any] = [(key, hints[key])] if key else []
        for name, kind in self.kinds.items():
            fields.append(
                (name, msgspec.Raw, _EMPTY) if kind == "Json" else (name, hints[name], None)
            )
        self.wire: Any = msgspec.defstruct(record.__name__, fields)
        self.decoder: Any = msgspec.json.Decoder(list[self.wire], strict=False)  # type: ignore[name-defined]  # made at run time
        extra: list[Any] = [
            (name, msgspec.Raw, _EMPTY)
            for name in sorted(self.known - {field[0] for field in fields})
        ]
        complete: Any = msgspec.defstruct(
            record.__name__, fields + extra, forbid_unknown_fields=True
        )
        self.complete: Any = msgspec.json.Decoder(list[complete], strict=False)
        self.keys: Any = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])

    def read(self, raw: bytes, findings: Findings) -> Iterator[R]:
        """Read every record of a JSON array. Raises Unreadable if it is not an array."""
        try:
            if _DOUBTFUL.search(raw):
                raise msgspec.ValidationError
            found = self._quickly(raw, findings)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            yield from self._patiently(raw, findings)
            return
        for record in found:
            for name in self.json:
                text = bytes(getattr(record, name))
                # msgspec has checked it, `format` has packed it
                plain = text.startswith(b"[") and text.isascii()
                setattr(record, name, text.decode() if plain else self._json(name, text, findings))
            yield self._finish(record)

    def _quickly(self, raw: bytes, findings: Findings) -> list[Any]:
        """Read in one pass if every field is known, in three otherwise.

        JSON columns are returned without whitespace.
        """
        compact = msgspec.json.format(raw, indent=-1)
        found: list[Any]
        try:
            found = self.complete.decode(compact)
        except msgspec.ValidationError:
            found = self.decoder.decode(compact)
            names = chain.from_iterable(self.keys.decode(compact))
            findings.fields_unknown(self.name, (name for name in names if name not in self.known))
        return found

    def _finish(self, record: Any) -> R:
        for name in self.seconds:
            seconds = getattr(record, name)
            if seconds is not None:
                setattr(record, name, seconds * 1_000_000)
        return cast(R, record)

    def _json(self, name: str, raw: bytes, findings: Findings) -> str | None:
        return None if not raw or raw == b"null" else self._value(name, "Json", raw, findings)

    def _patiently(self, raw: bytes, findings: Findings) -> Iterator[R]:
        for element in elements(raw):
            try:
                parts = members(element)
            except Unreadable:
                findings.record_dropped(self.name, "no object")
                continue
            findings.fields_unknown(self.name, (name for name in parts if name not in self.known))
            values = {
                name: self._value(name, kind, parts[name], findings)
                for name, kind in self.kinds.items()
                if name in parts
            }
            if self.key is not None:
                key = self._key(parts.get(self.key))
                if key is None:
                    findings.record_dropped(self.name, f"no readable {self.key}")
                    continue
                values[self.key] = key
            yield self._finish(self.wire(**(dict.fromkeys(self.json) | values)))

    def _key(self, raw: bytes | None) -> Any:
        """Return the key of a record, or None if it cannot become a row."""
        try:
            text = read_text(raw) if raw else None
            return self.read_key(text.strip()) if text and text.strip() else None
        except ValueError:
            return None

    def _value(self, name: str, kind: str, raw: bytes, findings: Findings) -> Any:
        try:
            value = READERS[kind](raw)
        except (ValueError, Unreadable, UnicodeDecodeError):
            findings.value_unreadable(self.name, name, raw)
            return None
        if isinstance(value, Replaced):
            findings.characters_replaced(f"{self.name}.{name}", value.replaced)
            return str(value)
        return value


def _kind(hint: Any) -> str:
    for name in READERS:
        if hint == getattr(record_types, name):
            return name
    raise TypeError(f"{hint} is not a kind of field that record_types knows")


_ACCOUNT: _Form[record_types.Account] = _Form(
    record_types.Account, None, set(ACCOUNT_FIELDS) | {"metrics"}
)
_DAY: _Form[record_types.Day] = _Form(
    record_types.Day,
    "date",
    # TikTok returns it with each day too if it is requested for the account (facts 2.2).
    {*DAY_FIELDS, "followers_count"},
    lambda text: datetime.date.fromisoformat(text[:10]),
)
_VIDEO: _Form[record_types.Video] = _Form(record_types.Video, "item_id", set(VIDEO_FIELDS))


def read_account(data: bytes, findings: Findings) -> record_types.Account:
    """Read the account of `data` of `business/get/`.

    Raises Unreadable if `data` is not an object.
    """
    parts = {name: value for name, value in members(data).items() if name != "metrics"}
    raw = (
        b"[{"
        + b",".join(msgspec.json.encode(name) + b":" + value for name, value in parts.items())
        + b"}]"
    )
    return next(_ACCOUNT.read(raw, findings), record_types.Account())


def read_days(metrics: bytes, findings: Findings) -> list[record_types.Day]:
    """Read the days of `metrics`, oldest first, each date once.

    A later value of the same date replaces an earlier or missing one. Raises Unreadable if
    `metrics` is neither a list nor null.
    """
    if metrics == b"null":
        return []
    days: dict[datetime.date, record_types.Day] = {}
    for day in _DAY.read(metrics, findings):
        known = days.get(day.date)
        if known is not None:
            findings.record_repeated("day")
            for name in _DAY.kinds:
                if getattr(day, name) is None:
                    setattr(day, name, getattr(known, name))
        days[day.date] = day
    return [days[date] for date in sorted(days)]


def read_videos(videos: bytes, findings: Findings) -> Iterator[record_types.Video]:
    """Read the videos of one page in TikTok's order.

    Raises Unreadable if `videos` is not a list.
    """
    for video in _VIDEO.read(videos, findings):
        video.item_id = video.item_id.strip()
        if video.item_id:
            yield video
        else:
            findings.record_dropped("video", "no readable item_id")
