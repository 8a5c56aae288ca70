"""Answers instead of the real one: gateways, error codes, broken connections."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tiktok_organic.simulator.endpoints.limits import MESSAGES
from tiktok_organic.simulator.server.answer import Answer, envelope, html

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tiktok_organic.simulator.server.request import Request


@dataclass(frozen=True)
class Call:
    """Input of a substitute: the request, simulated time, a new request id, parameters."""

    request: Request
    now: datetime
    request_id: str
    parameters: Mapping[str, Any]


def _always(_request: Request, _parameters: Mapping[str, Any], _today: date) -> bool:
    return True


@dataclass(frozen=True)
class Substitute:
    """`concerns` narrows the requests that are hit, such as to those that ask for a field."""

    answer: Callable[[Call], Answer]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    concerns: Callable[[Request, Mapping[str, Any], date], bool] = _always


def _code(call: Call) -> Answer:
    answer = envelope(
        int(call.parameters["code"]), str(call.parameters["message"]), call.request_id
    )
    answer.status = int(call.parameters["status"])
    return answer


def _throttled(call: Call) -> Answer:
    return envelope(40100, MESSAGES[str(call.parameters["kind"])], call.request_id)


def _gateway(status: int, title: str) -> Callable[[Call], Answer]:
    name = f"{status} {title}"
    page = f"<html><head><title>{name}</title></head><body><h1>{name}</h1></body></html>"
    return lambda _call: html(page, status)


def _too_many(call: Call) -> Answer:
    answer = html("<html><body>429 Too Many Requests</body></html>", 429)
    retry_after = call.parameters["retry_after"]
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def _bare(call: Call) -> Answer:
    """Return a status without a body; with `location` it redirects."""
    location = call.parameters["location"]
    headers = {} if location is None else {"Location": str(location)}
    return Answer(int(call.parameters["status"]), b"", "text/plain", headers)


def _raw(
    text: bytes, content_type: str = "application/json; charset=utf-8"
) -> Callable[[Call], Answer]:
    return lambda _call: Answer(body=text, content_type=content_type)


def _refused_field(call: Call) -> Answer:
    name = call.parameters["field"]
    message = (
        f"fields: {name} is not a valid field"
        if call.parameters["names_field"]
        else "Invalid parameters."
    )
    return envelope(int(call.parameters["code"]), message, call.request_id)


def _asks_field(request: Request, parameters: Mapping[str, Any], _today: date) -> bool:
    try:
        return parameters["field"] in json.loads(request.query.get("fields", "[]"))
    except (ValueError, TypeError):
        return False


def _refused_start(call: Call) -> Answer:
    return envelope(40002, str(call.parameters["message"]), call.request_id)


def _asks_oldest_day(request: Request, parameters: Mapping[str, Any], today: date) -> bool:
    start = request.query.get("start_date", "")
    return bool(start) and start <= (today - timedelta(days=int(parameters["days"]))).isoformat()


SUBSTITUTES: dict[str, Substitute] = {
    "code": Substitute(_code, {"code": 50000, "message": "System error.", "status": 200}),
    "throttled": Substitute(_throttled, {"kind": "qps"}),
    "http_500": Substitute(_gateway(500, "Internal Server Error")),
    "http_502_html": Substitute(_gateway(502, "Bad Gateway")),
    "http_503": Substitute(_gateway(503, "Service Unavailable")),
    "http_504_html": Substitute(_gateway(504, "Gateway Timeout")),
    "http_403_html": Substitute(_gateway(403, "Forbidden")),
    "http_401_plain": Substitute(lambda _call: Answer(401, b"Unauthorized", "text/plain")),
    "http_401_envelope": Substitute(
        _code,
        {"code": 40105, "message": "Access token is incorrect or has been revoked.", "status": 401},
    ),
    "http_bare": Substitute(_bare, {"status": 404, "location": None}),
    "http_429": Substitute(_too_many, {"retry_after": None}),
    "html_200": Substitute(
        _raw(b"<html><body>Please wait...</body></html>", "text/html; charset=utf-8")
    ),
    "empty_body": Substitute(_raw(b"")),
    "not_json": Substitute(_raw(b"upstream connect error or disconnect/reset before headers")),
    "json_null": Substitute(_raw(b"null")),
    "json_list": Substitute(_raw(b"[]")),
    "deep_nesting": Substitute(_raw(b'{"code":0,"data":' + b"[" * 100_000)),
    "connection_reset": Substitute(lambda _call: Answer(reset=True)),
    "refused_field": Substitute(
        _refused_field, {"field": "video_views", "code": 40002, "names_field": True}, _asks_field
    ),
    "refused_oldest_day": Substitute(
        _refused_start,
        {"days": 60, "message": "start_date: must not be more than 60 days ago"},
        _asks_oldest_day,
    ),
}
