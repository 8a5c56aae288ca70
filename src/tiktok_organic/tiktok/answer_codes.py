"""The meaning of TikTok's codes: the error to raise for each.

No input and output. Sources: the official SDK's list of codes, the rate-limit pages (documents
1738084416214017 and 1740029171730433) and recorded answers; section 4 of our facts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
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
    until_midnight,
)
from tiktok_organic.tiktok.answer_headers import retry_after

__all__ = ["error_of", "throttled"]

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

# The block after exceeding a limit per minute is about this long (1740029171730433).
_PENALTY = timedelta(minutes=5)


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
