"""The meaning of TikTok's answers: envelope, code, and the error to raise.

No input and output. Sources: the official SDK's list of codes, the rate-limit pages (documents
1738084416214017 and 1740029171730433) and recorded answers; section 4 of our facts. The code
decides, not the HTTP status: errors have status 200.
"""

# Long, because it is one table of codes with the functions that read them.

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from tiktok_organic.errors import (
    Defect,
    FieldRefused,
    NotPermitted,
    ReconnectNeeded,
    Refused,
    Throttled,
    TikTokOrganicError,
    TokenRejected,
    Unavailable,
    Unreadable,
    until_midnight,
)
from tiktok_organic.tiktok.json_spans import members
from tiktok_organic.tiktok.lenient_values import read_count, read_text

__all__ = [
    "LARGEST_PAGE",
    "Answer",
    "BareRejection",
    "clock_difference",
    "decode",
    "error_of",
    "printable",
    "throttled",
]

LARGEST_PAGE = 20
"""Maximum of videos in an answer of `video/list` (1762228421622786)."""
# 20001 means partly done; the returned data is valid (one client sees it on video/list).
SUCCESS = frozenset({0, 20001})
# The codes are those of the official SDK (facts 4.2). One public client has 40100 and 40105
# swapped; TikTok's documents, the SDK and forum posts agree with the sets below. 51021 and 61000
# are "too many requests" too.
THROTTLED = frozenset({40016, 40100, 40132, 40133, 51021, 61000})
# 40102 is an expired access token, 40105 an incorrect or revoked one. TikTok reports an expired
# token mostly as 40105, so both are renewed once before the consent counts as lost.
TOKEN_REJECTED = frozenset({40102, 40105})
# An expired refresh token, an unknown user, a wrong refresh token: no renewal can help.
CONSENT_GONE = frozenset({40103, 40106, 40107})
# The token is valid; a scope is missing. The connector is not stopped: other reports may work.
NOT_PERMITTED = frozenset({40001, 40003, 40130})
# An unknown field and a day that is too old have the same code (40002), so the caller has to find
# the cause. 41002 is a field that is temporarily offline.
REQUEST_REFUSED = frozenset({40000, 40002, 41002})
# Wrong app id or secret, and apps that are forbidden, not allowlisted or rejected by the review.
APP_REFUSED = frozenset({40101, 40113, 40117, 40118, 40124, 40125, 41000})
# TikTok uses 40131 for expired, reused and wrong-flow codes alike (facts 4.2).
CODE_REFUSED = frozenset({40110, 40131})
OUR_FAULT = frozenset({40006, 40007, 40008, 40051, 40104, 40108, 40400})

_LONGEST_TEXT = 300
# The block after exceeding a limit per minute is about this long (1740029171730433).
_PENALTY = timedelta(minutes=5)
# A longer `Retry-After` is not credible, since TikTok's longest limit is per day.
_LONGEST_PAUSE = timedelta(days=1)
# Control characters in a message could change a terminal or forge a line of the log.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


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


def error_of(
    code: int,
    message: str,
    request_id: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    now: datetime,
) -> TikTokOrganicError:
    """Return the error for one of TikTok's codes."""
    text = f"TikTok answered {code}" + (f" ({message})" if message else "")
    text += f", request {request_id}" if request_id else ""
    if code in THROTTLED:
        return throttled(text, message, retry_after(headers or {}, now), now)
    if code in TOKEN_REJECTED:
        return TokenRejected(text)
    if code in CONSENT_GONE:
        return ReconnectNeeded(f"the owner's consent is gone: {text}")
    if code in NOT_PERMITTED:
        return NotPermitted(text)
    if code in REQUEST_REFUSED:
        return FieldRefused(text, offline=code == 41002)
    return _other(code, text)


def _other(code: int, text: str) -> TikTokOrganicError:
    if code in APP_REFUSED:
        return Refused(text, code="app_refused")
    if code in CODE_REFUSED:
        return Refused(text, code="authorization_failed")
    if code in OUR_FAULT:
        return Defect(text)
    # 40200 to 40202: a task failed, is not ready, or conflicts. 50000 and above: TikTok's back
    # ends.
    if 40200 <= code <= 40202 or code >= 50000:
        return Unavailable(text)
    return TikTokOrganicError(text, code="tiktok_error")


def throttled(text: str, message: str, pause: timedelta | None, now: datetime) -> Throttled:
    """Return the limit that a text names, and its pause: a second, five minutes, until midnight."""
    words = message.lower()
    restricted = re.search(r"\brestrict(?:ed|ion)\b(?:.*?\b(\d{1,3}) ?min)?", words, re.DOTALL)
    limit: Literal["second", "minute", "day"] | None = None
    if re.search(r"\bqpd\b|per day|daily|a day", words):
        limit, implied = "day", until_midnight(now)
    elif re.search(r"\bqpm\b|per minute|a minute|minutely", words):
        limit, implied = "minute", _PENALTY
    elif restricted:
        # "requests from App … are temporarily restricted": the penalty after a breach of the limit
        # per minute, in a text that names no limit.
        limit = "minute"
        implied = max(_PENALTY, timedelta(minutes=int(restricted.group(1) or 0)))
    elif re.search(r"\bqps\b|per second|a second", words):
        limit, implied = "second", timedelta(seconds=1)
    else:
        implied = timedelta(0)
    return Throttled(text, limit=limit, pause=max(pause or timedelta(0), implied) or None)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return the pause of a `Retry-After` header, in either of its two forms."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), _LONGEST_PAUSE)
    try:
        return min(max(parsedate_to_datetime(value) - now, timedelta(0)), _LONGEST_PAUSE)
    except (ValueError, TypeError, OverflowError):
        return None


def clock_difference(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how far TikTok's clock is ahead of `now` by its `Date` header; None without one.

    Exact to about a second; the duration of the request makes TikTok's clock seem late.
    """
    try:
        sent = parsedate_to_datetime(headers.get("date", ""))
        age = headers.get("age", "").strip()  # of an answer from a cache
        cached = timedelta(seconds=int(age[:9])) if age.isascii() and age.isdigit() else timedelta()
        return sent + cached - now
    except (ValueError, TypeError, OverflowError):
        return None


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


def printable(text: str) -> str:
    """Shorten a text from outside and replace control characters, for use in an error."""
    return _CONTROL.sub(" ", text)[:_LONGEST_TEXT]
