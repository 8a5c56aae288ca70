"""Every error of the product, by what can be done about it.

::

    TikTokOrganicError            what happened, to what, with a code and facts
    ├── Refused                   the request is invalid; nothing was changed
    │   ├── BadValue              an option, setting or pasted text has an unusable value
    │   ├── NotFound              the connector or run does not exist
    │   ├── Conflict              the name, account or dataset is already in use
    │   ├── AlreadyRunning        the connector is being synced
    │   ├── DestinationRefused    the warehouse can be reached, but not used as it is
    │   └── WrongKey              this process does not have the key of the store
    ├── TryAgain                  waiting helps: the same request may succeed later
    │   ├── Unreachable           no answer was received (network, time-out)
    │   ├── Unavailable           TikTok answered with an error of its own
    │   ├── Throttled             TikTok's limit of requests was reached
    │   ├── Unreadable            the answer could not be understood
    │   └── DestinationBusy       the warehouse is unreachable, locked or full
    ├── ReconnectNeeded           the account's owner must give consent again
    ├── TokenRejected             TikTok rejected the access token: renew it once
    ├── NotPermitted              the token is valid, but not for this data
    ├── FieldRefused              TikTok does not accept a part of the request (a field, a date)
    └── Defect                    the request was wrong: a bug of this product
"""

# Long, because it is one hierarchy, to be read as a whole.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

__all__ = [
    "AlreadyRunning",
    "BadValue",
    "Conflict",
    "Defect",
    "DestinationBusy",
    "DestinationRefused",
    "Fact",
    "Facts",
    "FieldRefused",
    "NotFound",
    "NotPermitted",
    "ReconnectNeeded",
    "Refused",
    "Throttled",
    "TikTokOrganicError",
    "TokenRejected",
    "TryAgain",
    "Unavailable",
    "Unreachable",
    "Unreadable",
    "WrongKey",
    "facts_of",
    "recorded",
    "until_midnight",
]


Fact = str | int | Sequence[str]
Facts = Mapping[str, Fact]
"""The facts of an error by name: `connector`, `path`, `setting`, `example`, `seconds` …

Two names have a special meaning. `remedy`: a sentence of an external system about itself (GRANT …,
gcloud …), shown unchanged everywhere. `case`: distinguishes situations of one code.
"""


class TikTokOrganicError(Exception):
    """An error with a message, a stable code for programs, and facts.

    It has no advice: the terminal (`cli/advice_table.py`) and the page
    (`web/errors/advice_table.py`) have a table each, and compose the advice from code and facts
    when the error is shown.
    """

    code: str = "error"

    def __init__(self, message: str, *, code: str | None = None, **facts: Fact | None) -> None:
        super().__init__(message)
        self.message = message
        self.facts: dict[str, Fact] = {
            name: fact for name, fact in facts.items() if fact is not None
        }
        if code is not None:
            self.code = code

    def document(self) -> dict[str, Any]:
        """Return the error as a run records it."""
        return {"code": self.code, "message": self.message, "facts": self.facts}


class Refused(TikTokOrganicError):
    """The request is invalid; nothing was changed."""

    code = "refused"


class BadValue(Refused):
    """An option, setting or pasted text has an unusable value."""

    code = "bad_value"

    def __init__(self, name: str, problem: str, *, example: str, code: str | None = None) -> None:
        super().__init__(f"{name}: {problem}", code=code, name=name, example=example)
        self.name = name


class NotFound(Refused):
    """The connector or run does not exist."""

    code = "not_found"


class Conflict(Refused):
    """The name, account or dataset is already in use."""

    code = "conflict"


class AlreadyRunning(Refused):
    """The connector is being synced, by this process or another one."""

    code = "already_running"


class DestinationRefused(Refused):
    """The warehouse can be reached, but not used as it is: a permission, table or type is wrong."""

    code = "destination_refused"


class WrongKey(Refused):
    """This process does not have the key that encrypted the store. Another process may have it."""

    code = "wrong_secret_key"


class TryAgain(TikTokOrganicError):
    """Waiting helps: the same request may succeed later."""

    code = "try_again"


class Unreachable(TryAgain):
    """No answer was received: no network, a broken connection, a time-out."""

    code = "unreachable"


class Unavailable(TryAgain):
    """TikTok answered with an error of its own."""

    code = "tiktok_unavailable"


class Throttled(TryAgain):
    """TikTok's limit of requests was reached.

    `limit`: the one that the answer named, None if it named none. `pause`: how long TikTok or its
    documents require to wait.
    """

    code = "throttled"

    def __init__(
        self,
        message: str,
        *,
        limit: Literal["second", "minute", "day"] | None = None,
        pause: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.limit = limit
        self.pause = pause


class Unreadable(TryAgain):
    """The answer could not be understood: truncated, HTML, wrong shape.

    `usable`: the readable part.
    """

    code = "unreadable"

    def __init__(
        self, message: str, *, usable: object = None, code: str | None = None, **facts: Fact | None
    ) -> None:
        super().__init__(message, code=code, **facts)
        self.usable = usable


class DestinationBusy(TryAgain):
    """The warehouse is unreachable, locked or full; the fetched data remains in the archive."""

    code = "destination_busy"


class ReconnectNeeded(TikTokOrganicError):
    """The consent was revoked or has ended: the account's owner must give it again."""

    code = "reconnect_needed"


class TokenRejected(TikTokOrganicError):
    """TikTok rejected the access token; it may accept a renewed one."""

    code = "token_rejected"


class NotPermitted(TikTokOrganicError):
    """The token is valid, but not for this data: a scope is missing."""

    code = "not_permitted"


class FieldRefused(TikTokOrganicError):
    """TikTok does not accept a part of the request; its message may say which."""

    code = "request_refused"

    def __init__(
        self, message: str, *, offline: bool = False, code: str | None = None, **facts: Fact | None
    ) -> None:
        super().__init__(message, code=code, **facts)
        self.offline = offline


class Defect(TikTokOrganicError):
    """The request was wrong, or the product contradicts itself: a bug of this product."""

    code = "defect"


def recorded(document: Mapping[str, Any]) -> TikTokOrganicError:
    """Return a recorded error, to be raised again."""
    revoked = document["code"] == ReconnectNeeded.code
    made: type[TikTokOrganicError] = ReconnectNeeded if revoked else TikTokOrganicError
    return made(document["message"], code=document["code"], **facts_of(document))


def facts_of(document: Mapping[str, Any]) -> dict[str, Fact]:
    """Return the facts of a recorded error; other members are omitted."""
    stored = document.get("facts")
    if not isinstance(stored, Mapping):
        return {}
    return {
        str(name): fact
        for name, fact in stored.items()
        if _is_fact(fact) and name not in ("message", "code")
    }


def _is_fact(stored: object) -> bool:
    if isinstance(stored, list):
        return all(isinstance(each, str) for each in stored)
    return isinstance(stored, str | int)


def until_midnight(now: datetime) -> timedelta:
    """Return the time from `now` (aware) to the next 00:00 UTC.

    TikTok then resets its daily limit.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight - now
