"""TikTok's envelope around each answer: its code, data and request id.

The code decides, not the HTTP status: errors have status 200.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tiktok_organic.errors import (
    NotPermitted,
    Refused,
    TikTokOrganicError,
    TokenRejected,
    Unavailable,
    Unreadable,
)
from tiktok_organic.tiktok.answer_codes import SUCCESS, error_of, throttled
from tiktok_organic.tiktok.answer_headers import retry_after
from tiktok_organic.tiktok.json_spans import members
from tiktok_organic.tiktok.lenient_values import read_count, read_text
from tiktok_organic.tiktok.printable_text import printable

__all__ = ["LARGEST_PAGE", "Answer", "BareRejection", "decode"]

LARGEST_PAGE = 20
"""Maximum of videos in an answer of `video/list` (1762228421622786)."""


@dataclass(frozen=True)
class Answer:
    """A good answer: its `data` as JSON text, and TikTok's request id."""

    data: bytes
    request_id: str
    code: int


class BareRejection(TokenRejected):
    """HTTP 401 without an envelope.

    The token may be wrong, or the answer is not from TikTok's API.
    """


def decode(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime,
    proven: bool = False,
) -> Answer:
    """Return the answer, or raise the error that it means.

    `headers` in lower case; `now` (aware) is needed for limits that last until midnight UTC.
    `proven`: the API has answered at this address before, so a bare 404 is not a wrong address.
    """
    try:
        envelope = members(body)
        code = read_count(envelope["code"])
    except (Unreadable, ValueError, KeyError):
        raise _without_envelope(status, headers, body, now, proven) from None
    if code is None:
        raise _without_envelope(status, headers, body, now, proven)
    request_id = _text(envelope.get("request_id"))
    if code in SUCCESS:
        # Clients report 429 and 5xx of the gateway (facts 4.1): then the status decides.
        if status >= 500 or status == 429:
            raise _without_envelope(status, headers, body, now, proven)
        return Answer(data=envelope.get("data", b"null"), request_id=request_id, code=code)
    raise error_of(code, _text(envelope.get("message")), request_id, headers=headers, now=now)


def _without_envelope(
    status: int, headers: Mapping[str, str], body: bytes, now: datetime, proven: bool
) -> TikTokOrganicError:
    """Return the error for an answer of which only the status can be used.

    The edge server answered, not the API; or a firewall or the login page of a network.
    """
    if status == 429:
        return throttled("TikTok answered HTTP 429", "", retry_after(headers, now), now)
    if status >= 500:
        return Unavailable(f"TikTok answered HTTP {status}")
    if status == 401:
        return BareRejection("HTTP 401 without an answer of the API")
    # The API answers errors with status 200 (facts 4.1). At an address that worked before, these
    # statuses come from a firewall, a proxy or a login page, and pass.
    if proven and (status in (403, 404, 405, 407, 410) or 300 <= status < 400):
        return Unavailable(
            f"HTTP {status} without an answer of the API, at an address that has worked before",
            case="firewall",
        )
    if status == 403:
        return NotPermitted("TikTok answered HTTP 403")
    # An unknown path gets a 404 of the edge server without an envelope (facts 4.1).
    if status in (404, 405, 410) or 300 <= status < 400:
        return Refused(
            f"the address did not answer as TikTok's API does: HTTP {status}",
            code="wrong_address",
        )
    start = body[:40].decode("ascii", "replace").replace("\ufffd", "?")
    return Unreadable(
        f"HTTP {status} with {len(body)} bytes that are not an answer of the API, "
        f"beginning {start!r}"
    )


def _text(raw: bytes | None) -> str:
    try:
        text = read_text(raw) if raw else None
    except ValueError:
        text = None
    return printable(text or "")
