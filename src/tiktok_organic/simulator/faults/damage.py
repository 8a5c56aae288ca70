"""Damage to an answer: bytes removed, envelopes changed, values spoiled.

The request itself took effect.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tiktok_organic.simulator.faults import spoiling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tiktok_organic.simulator.server.answer import Answer

Document = dict[str, Any]


@dataclass(frozen=True)
class Damage:
    """Changes an answer in place."""

    harm: Callable[[Answer, Mapping[str, Any]], None]
    parameters: Mapping[str, Any] = field(default_factory=dict)


def _on_document(
    change: Callable[[Document, Mapping[str, Any]], None],
) -> Callable[[Answer, Mapping[str, Any]], None]:
    """Damage to the parsed envelope.

    Written back escaped, so that lone surrogates and NaN survive the trip.
    """

    def harm(answer: Answer, parameters: Mapping[str, Any]) -> None:
        try:
            document = json.loads(answer.body)
        except ValueError:
            return
        if isinstance(document, dict):
            change(document, parameters)
            text = json.dumps(document, separators=(",", ":"))
            answer.body = spoiling.as_sent(text).encode()
            answer.code = document.get("code", answer.code)

    return harm


def _cut(answer: Answer, parameters: Mapping[str, Any]) -> None:
    """Shorten the body; Content-Length is that of the shorter body."""
    answer.body = answer.body[: int(len(answer.body) * float(parameters["keep"]))]


def _close_mid_body(answer: Answer, parameters: Mapping[str, Any]) -> None:
    """Close the connection before the end of the body that Content-Length announces."""
    answer.cut_after = int(len(answer.body) * float(parameters["keep"]))


def _drip(answer: Answer, parameters: Mapping[str, Any]) -> None:
    """Send without long silence and without an end."""
    answer.drip = float(parameters["seconds"])


def _drip_before(part: str) -> Callable[[Answer, Mapping[str, Any]], None]:
    def harm(answer: Answer, parameters: Mapping[str, Any]) -> None:
        answer.drip, answer.drip_part = float(parameters["seconds"]), part
        answer.drip_pieces = int(parameters["pieces"])

    return harm


def _wrong_date(answer: Answer, parameters: Mapping[str, Any]) -> None:
    answer.date_shift = float(parameters["seconds"])


def _lose(answer: Answer, _parameters: Mapping[str, Any]) -> None:
    answer.reset = True


def _whitespace(answer: Answer, parameters: Mapping[str, Any]) -> None:
    pretty = json.dumps(
        json.loads(answer.body), indent=int(parameters["indent"]), ensure_ascii=False
    )
    padding = "\r\n \t" * int(parameters["padding"])
    answer.body = f"{padding}{pretty}{padding}".encode()


def _byte_order_mark(answer: Answer, _parameters: Mapping[str, Any]) -> None:
    answer.body = b"\xef\xbb\xbf" + answer.body


def _header(answer: Answer, parameters: Mapping[str, Any]) -> None:
    answer.headers[str(parameters["header"])] = str(parameters["value"])


def _escape(answer: Answer, parameters: Mapping[str, Any]) -> None:
    """Write a text of the body in JSON's other spelling, or in that of an address."""
    text, lead = str(parameters["text"]), str(parameters["lead"])
    escaped = "".join(f"{lead}{ord(letter):02x}" for letter in text)
    answer.body = answer.body.replace(text.encode(), escaped.encode())


def _invalid_utf8(answer: Answer, _parameters: Mapping[str, Any]) -> None:
    answer.body = answer.body.replace(b'"caption":"', b'"caption":"\xff\xfe').replace(
        b'"message":"', b'"message":"\xc3\x28'
    )


def _partial_success(document: Document, _parameters: Mapping[str, Any]) -> None:
    document["code"], document["message"] = 20001, "Partial success"


def _envelope_value(name: str) -> Callable[[Document, Mapping[str, Any]], None]:
    def change(document: Document, parameters: Mapping[str, Any]) -> None:
        document[name] = parameters["value"]

    return change


def _data_missing(document: Document, _parameters: Mapping[str, Any]) -> None:
    document.pop("data", None)


DAMAGES: dict[str, Damage] = {
    "truncated_body": Damage(_cut, {"keep": 0.6}),
    "closed_mid_body": Damage(_close_mid_body, {"keep": 0.6}),
    "dripping": Damage(_drip, {"seconds": 0.5}),
    "dripping_headers": Damage(_drip_before("headers"), {"seconds": 0.5, "pieces": 200}),
    "dripping_interim": Damage(_drip_before("interim"), {"seconds": 0.5, "pieces": 200}),
    "dripping_chunk": Damage(_drip_before("chunk"), {"seconds": 0.5, "pieces": 200}),
    "wrong_date": Damage(_wrong_date, {"seconds": 259_200.0}),
    "lost_answer": Damage(_lose),
    "whitespace": Damage(_whitespace, {"indent": 8, "padding": 2000}),
    "header": Damage(_header, {"header": "X-Tt-Logid", "value": ""}),
    "escaped": Damage(_escape, {"text": "", "lead": "\\u00"}),
    "byte_order_mark": Damage(_byte_order_mark),
    "invalid_utf8": Damage(_invalid_utf8),
    "code_20001": Damage(_on_document(_partial_success)),
    "code_value": Damage(_on_document(_envelope_value("code")), {"value": "0"}),
    "data_value": Damage(_on_document(_envelope_value("data")), {"value": None}),
    "data_missing": Damage(_on_document(_data_missing)),
    **{
        name: Damage(_on_document(spoil.change), spoil.parameters)
        for name, spoil in spoiling.SPOILINGS.items()
    },
}
