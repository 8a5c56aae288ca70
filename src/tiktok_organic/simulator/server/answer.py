"""One HTTP answer, including faults of the connection."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import quote

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass
class Answer:
    """An answer. `code` is TikTok's inside the envelope.

    `cut_after` closes the connection after this many body bytes; `reset` sends none. `delay` is in
    seconds, before the first byte. With `drip` the body is sent byte by byte, this many seconds
    apart; with a `drip_part` it is instead preceded by this many `drip_pieces` of headers, of
    interim answers, or of one chunk's extension. `date_shift` makes the Date header wrong.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    code: int | None = None
    delay: float = 0.0
    cut_after: int | None = None
    drip: float = 0.0
    drip_part: str = "body"
    drip_pieces: int = 0
    date_shift: float = 0.0
    reset: bool = False
    fault: str | None = None


def compact(value: object) -> str:
    """JSON without spaces, characters unescaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encode(text: str) -> bytes:
    """UTF-8. A lone surrogate, which UTF-8 cannot hold, becomes its JSON escape."""
    return text.encode("utf-8", "backslashreplace")


def html(text: str, status: int = 200) -> Answer:
    """A page for a browser."""
    return Answer(status=status, body=encode(text), content_type=HTML)


def redirect(url: str) -> Answer:
    """A 302 to `url`."""
    return Answer(
        status=302, headers={"Location": quote(url, safe="%/:=&?~#+!$,;'@()*[]")}, content_type=HTML
    )


def plain_json(document: object, status: int = 200) -> Answer:
    """JSON without TikTok's envelope, for the control calls."""
    return Answer(status=status, body=encode(json.dumps(document, ensure_ascii=False, default=str)))


def envelope(code: int, message: str, request_id: str, data: str = "{}") -> Answer:
    """TikTok's envelope around `data`, which is JSON text already (facts 4.1)."""
    head = f'"code":{code},"message":{json.dumps(message)},"request_id":"{request_id}"'
    text = f'{{{head},"data":{data}}}'
    return Answer(body=encode(text), code=code)
