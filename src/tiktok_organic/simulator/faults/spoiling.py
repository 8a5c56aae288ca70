"""Spoiled `data`: values of wrong types, cursors that do not move, contradictory rows and posts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Document = dict[str, Any]

# JSON texts that a test asks for by name, because JSON itself (or its own request) could not carry
# them.
BAD_VALUES: dict[str, Any] = {
    "empty": "",
    "text": "abc",
    "fraction": 44.5,
    "nan": float("nan"),
    "infinity": float("inf"),
    "two_to_63": 2**63,
    "two_to_64": 2**64,
    "huge": 10**400,
    "exponent": "@1e400@",  # written as a bare number, see `as_sent`
    "negative": -1,
    "null": None,
    "lone_surrogate": "cake \ud83d cake",
    "zero_byte": "cake \x00 cake",
    "number": 12345,
    "object": {"value": 1},
    "list": [1],
    "true": True,
    "false": False,
}


@dataclass(frozen=True)
class Spoiling:
    """Changes the parsed envelope in place.

    Does nothing to an answer that lacks what it would spoil.
    """

    change: Callable[[Document, Mapping[str, Any]], None]
    parameters: Mapping[str, Any] = field(default_factory=dict)


def _data(document: Document) -> dict[str, Any]:
    data = document.get("data")
    return data if isinstance(data, dict) else {}


def _rows(document: Document, name: str) -> list[dict[str, Any]]:
    rows = _data(document).get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _objects(document: Document, where: str) -> list[dict[str, Any]]:
    return [_data(document)] if where == "data" else _rows(document, where)


def _chosen(document: Document, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects under `where` ("videos", "metrics" or "data"), or only the one at `index`."""
    objects = _objects(document, parameters["where"])
    index = parameters["index"]
    return objects if index is None else objects[index : index + 1]


def _bad_values(document: Document, parameters: Mapping[str, Any]) -> None:
    bad = (
        parameters["value"] if parameters["kind"] == "given" else BAD_VALUES.get(parameters["kind"])
    )
    for target in _chosen(document, parameters):
        for name in parameters["fields"]:
            if parameters["kind"] == "as_text":
                target[name] = str(target.get(name))
            elif parameters["inside"] is None:
                target[name] = bad
            elif isinstance(rows := target.get(name), list):
                target[name] = [{**row, parameters["inside"]: bad} for row in rows]


def as_sent(text: str) -> str:
    """Return JSON text with numbers that Python cannot represent in place of their placeholders."""
    return text.replace('"@1e400@"', "1e400")


def _missing_fields(document: Document, parameters: Mapping[str, Any]) -> None:
    for target in _chosen(document, parameters):
        for name in parameters["fields"]:
            target.pop(name, None)


def _unknown_fields(document: Document, _parameters: Mapping[str, Any]) -> None:
    news = {"brand_new_metric": 7, "brand_new_list": [{"a": 1}], "brand_new_object": {"b": None}}
    document["brand_new_envelope_field"] = "x"
    for target in [_data(document), *_rows(document, "metrics"), *_rows(document, "videos")]:
        target.update(news)


def _wrong_shape(document: Document, parameters: Mapping[str, Any]) -> None:
    shape = parameters["shape"]
    if shape == "data_list":
        document["data"] = [document.get("data")]
    elif shape == "data_text":
        document["data"] = "ok"
    elif shape == "videos_object":
        _data(document)["videos"] = {"0": {}}
    elif shape == "videos_of_text":
        _data(document)["videos"] = ["7500000000000000001"]
    elif shape == "metrics_text":
        _data(document)["metrics"] = "none"
    elif shape == "metrics_object":
        _data(document)["metrics"] = {"date": "2026-01-01"}
    elif shape == "has_more_text":
        _data(document)["has_more"] = "false"


def _put(name: str) -> Callable[[Document, Mapping[str, Any]], None]:
    """Sets one key of `data` to the parameter `value`."""

    def change(document: Document, parameters: Mapping[str, Any]) -> None:
        _data(document)[name] = parameters["value"]

    return change


def _drop(name: str) -> Callable[[Document, Mapping[str, Any]], None]:
    def change(document: Document, _parameters: Mapping[str, Any]) -> None:
        _data(document).pop(name, None)

    return change


def _stuck_cursor(document: Document, parameters: Mapping[str, Any]) -> None:
    """Return the request's cursor again, and announce more pages."""
    data = _data(document)
    data["cursor"], data["has_more"] = parameters["asked_cursor"] or data.get("cursor"), True


def _cursor_back(document: Document, parameters: Mapping[str, Any]) -> None:
    data = _data(document)
    data["cursor"], data["has_more"] = (
        int(data.get("cursor") or 0) + int(parameters["milliseconds"]),
        True,
    )


def _cursor_text(document: Document, _parameters: Mapping[str, Any]) -> None:
    _data(document)["cursor"] = str(_data(document).get("cursor"))


def _duplicated_video(document: Document, _parameters: Mapping[str, Any]) -> None:
    videos = _rows(document, "videos")
    if videos:
        _data(document)["videos"] = [*videos, dict(videos[0])]


def _item_id_number(document: Document, _parameters: Mapping[str, Any]) -> None:
    for video in _rows(document, "videos"):
        video["item_id"] = int(video["item_id"])


def _duplicate_date(document: Document, _parameters: Mapping[str, Any]) -> None:
    rows = _rows(document, "metrics")
    if rows:
        again = {
            name: value + 1 if type(value) is int else value for name, value in rows[-1].items()
        }
        _data(document)["metrics"] = [*rows, again]


def _day_outside(document: Document, parameters: Mapping[str, Any]) -> None:
    rows = _rows(document, "metrics")
    if rows:
        _data(document)["metrics"] = [*rows, {**rows[-1], "date": parameters["date"]}]


def _reversed_days(document: Document, _parameters: Mapping[str, Any]) -> None:
    _rows(document, "metrics")
    if isinstance(_data(document).get("metrics"), list):
        _data(document)["metrics"].reverse()


def _empty_audience(document: Document, _parameters: Mapping[str, Any]) -> None:
    for target in [_data(document), *_rows(document, "metrics"), *_rows(document, "videos")]:
        for name in target:
            if name.startswith("audience_"):
                target[name] = []


def _early_end(document: Document, _parameters: Mapping[str, Any]) -> None:
    """Announce that the page is the last."""
    _data(document)["has_more"] = False


def _cursor_seconds(document: Document, _parameters: Mapping[str, Any]) -> None:
    _data(document)["cursor"] = int(_data(document).get("cursor") or 0) // 1000


def _endless_list(document: Document, parameters: Mapping[str, Any]) -> None:
    """Return the newest page again, with a slightly older cursor each time (see `router`)."""
    data = _data(document)
    former = parameters["asked_cursor"] or int(data.get("cursor") or 0)
    data["cursor"], data["has_more"] = former - int(parameters["milliseconds"]), True


_ONE = {"where": "videos", "index": 0}
_BAD = {**_ONE, "inside": None}
SPOILINGS: dict[str, Spoiling] = {
    "bad_values": Spoiling(_bad_values, {**_BAD, "fields": [], "kind": "text", "value": None}),
    "missing_fields": Spoiling(_missing_fields, {**_ONE, "index": None, "fields": []}),
    "unknown_fields": Spoiling(_unknown_fields),
    "wrong_shape": Spoiling(_wrong_shape, {"shape": "data_list"}),
    "stuck_cursor": Spoiling(_stuck_cursor, {"asked_cursor": 0}),
    "cursor_back": Spoiling(_cursor_back, {"milliseconds": 86_400_000}),
    "early_end": Spoiling(_early_end),
    "cursor_seconds": Spoiling(_cursor_seconds),
    "endless_list": Spoiling(_endless_list, {"asked_cursor": 0, "milliseconds": 1}),
    "cursor_missing": Spoiling(_drop("cursor")),
    "cursor_null": Spoiling(_put("cursor"), {"value": None}),
    "cursor_text": Spoiling(_cursor_text),
    "has_more_missing": Spoiling(_drop("has_more")),
    "duplicated_video": Spoiling(_duplicated_video),
    "missing_item_id": Spoiling(_missing_fields, {**_ONE, "fields": ["item_id"]}),
    "item_id_number": Spoiling(_item_id_number),
    "duplicate_date": Spoiling(_duplicate_date),
    "day_outside": Spoiling(_day_outside, {"date": "2020-02-29"}),
    "bad_date": Spoiling(
        _bad_values,
        {
            "where": "metrics",
            "index": 0,
            "inside": None,
            "fields": ["date"],
            "kind": "given",
            "value": "2026-13-45",
        },
    ),
    "date_missing": Spoiling(_missing_fields, {"where": "metrics", "index": 0, "fields": ["date"]}),
    "reversed_days": Spoiling(_reversed_days),
    "empty_audience": Spoiling(_empty_audience),
    "metrics_null": Spoiling(_put("metrics"), {"value": None}),
    "metrics_missing": Spoiling(_drop("metrics")),
    "videos_null": Spoiling(_put("videos"), {"value": None}),
    "videos_missing": Spoiling(_drop("videos")),
    "username_missing": Spoiling(_drop("username")),
}
