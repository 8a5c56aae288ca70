"""Every error of the product, named by what to do next.

::

    TikTokOrganicError            message: what happened, to what; advice: what to do next
    ├── Refused                   a wish cannot be granted as it stands: correct it, nothing was written
    │   ├── BadValue              an option, setting or pasted text has an unusable value
    │   ├── NotFound              no such connector or run
    │   ├── Conflict              somebody else holds the name, the account, the dataset
    │   ├── AlreadyRunning        the connector is being synced at this moment
    │   ├── DestinationRefused    the warehouse can be reached, but not used as it is
    │   └── WrongKey              this process does not have the key that sealed what is in the store
    ├── TryAgain                  waiting helps: the same request may succeed later
    │   ├── Unreachable           no answer came (network, time-out)
    │   ├── Unavailable           an answer came, and it was a fault of TikTok's side
    │   ├── Throttled             TikTok's limits were reached
    │   ├── Unreadable            the answer could not be understood
    │   └── DestinationBusy       the warehouse is away, locked or full
    ├── ReconnectNeeded           only the owner of the account can help, at TikTok's consent page
    ├── TokenRejected             the access token was not accepted: renew it once
    ├── NotPermitted              the token is good, but not for this data
    ├── FieldRefused              TikTok does not accept what was asked for (a field, a date)
    └── Defect                    TikTok found our request wrong: our bug, please report it
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Literal

__all__ = [
    "AlreadyRunning",
    "BadValue",
    "Conflict",
    "Defect",
    "DestinationBusy",
    "DestinationRefused",
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
    "recorded",
]


class TikTokOrganicError(Exception):
    """What happened (`message`), a stable word for programs (`code`), and what to do next (`advice`)."""

    code: str = "error"
    default_advice: ClassVar[str] = "Run `tiktok-organic doctor` and read the log."

    def __init__(self, message: str, *, advice: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice or self.default_advice
        if code is not None:
            self.code = code

    def document(self) -> dict[str, str]:
        """The error as `--json`, the API and the run row show it."""
        return {"code": self.code, "message": self.message, "advice": self.advice}


class Refused(TikTokOrganicError):
    """A wish cannot be granted as it stands; nothing was written."""

    code = "refused"
    default_advice = "Correct it and try again."


class BadValue(Refused):
    """An option, setting or pasted text has an unusable value."""

    code = "bad_value"

    def __init__(self, name: str, problem: str, *, example: str, code: str | None = None) -> None:
        super().__init__(
            f"{name}: {problem}", advice=f"A valid value is, for example: {example}", code=code
        )
        self.name = name


class NotFound(Refused):
    """No such connector or run."""

    code = "not_found"


class Conflict(Refused):
    """Somebody else holds the name, the account or the dataset."""

    code = "conflict"


class AlreadyRunning(Refused):
    """The connector is being synced at this moment, by this or another process."""

    code = "already_running"
    default_advice = "Wait for it to end, or order it with `--wait`."


class DestinationRefused(Refused):
    """The warehouse can be reached, but not used as it is (permission, foreign table, wrong type, no database)."""

    code = "destination_refused"


class WrongKey(Refused):
    """This process does not have the key that sealed what is in the store. Another process may have it."""

    code = "wrong_secret_key"
    default_advice = (
        "Give the key that sealed it: TIKTOK_ORGANIC_SECRET_KEY, or the file secret.key in the home folder. Without it "
        "every account must be connected again."
    )


class TryAgain(TikTokOrganicError):
    """Waiting helps: the same request may succeed later."""

    code = "try_again"
    default_advice = "Nothing is lost. Try again in a few minutes."


class Unreachable(TryAgain):
    """No answer came: no network, a broken connection, a time-out."""

    code = "unreachable"
    default_advice = "Check this machine's network and proxy, then try again."


class Unavailable(TryAgain):
    """TikTok answered with a fault of its own."""

    code = "tiktok_unavailable"
    default_advice = "TikTok has a problem of its own. Try again later; nothing is lost."


class Throttled(TryAgain):
    """TikTok's limits were reached.

    `limit` says which one the answer named (`None`: it named none); `until` is set when TikTok or its
    documents say how long to stay away.
    """

    code = "throttled"
    default_advice = "TikTok limits how often it may be asked. Try again later; nothing is lost."

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
    """The answer could not be understood: cut off, HTML, wrong shape. `usable` holds the part that could."""

    code = "unreadable"
    default_advice = (
        "TikTok sent an answer that cannot be read. It is kept in the archive. Try again later."
    )

    def __init__(self, message: str, *, advice: str | None = None, usable: object = None) -> None:
        super().__init__(message, advice=advice)
        self.usable = usable


class DestinationBusy(TryAgain):
    """The warehouse is away, locked by somebody or full; what was fetched stays in the archive."""

    code = "destination_busy"
    default_advice = (
        "What was fetched is kept: `tiktok-organic sync` loads it without asking TikTok again."
    )


class ReconnectNeeded(TikTokOrganicError):
    """The consent was revoked or has ended: only the owner of the account can help."""

    code = "reconnect_needed"
    default_advice = (
        "Run `tiktok-organic reconnect CONNECTOR` and let the owner of the account approve again."
    )


class TokenRejected(TikTokOrganicError):
    """The access token was not accepted; a renewed one may be."""

    code = "token_rejected"
    default_advice = ReconnectNeeded.default_advice


class NotPermitted(TikTokOrganicError):
    """The token is good, but not for this data: a scope is missing."""

    code = "not_permitted"
    default_advice = (
        "Run `tiktok-organic reconnect CONNECTOR` and leave every permission on TikTok's consent "
        "page switched on."
    )


class FieldRefused(TikTokOrganicError):
    """TikTok does not accept something that was asked for; its text may say what."""

    code = "request_refused"
    default_advice = (
        "TikTok changed what may be asked for. Update tiktok-organic, or report this text."
    )

    def __init__(self, message: str, *, offline: bool = False, advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.offline = offline


class Defect(TikTokOrganicError):
    """TikTok found our request wrong, or we found ourselves wrong: our bug."""

    code = "defect"
    default_advice = "This is a bug of tiktok-organic. Please report it with the run's id."


def recorded(document: Mapping[str, str]) -> TikTokOrganicError:
    """An error that was recorded as a document, to be raised again."""
    revoked = document["code"] == ReconnectNeeded.code
    made: type[TikTokOrganicError] = ReconnectNeeded if revoked else TikTokOrganicError
    return made(document["message"], advice=document["advice"], code=document["code"])


def until_midnight(now: datetime) -> timedelta:
    """The time from `now` (aware) to the next 00:00 UTC, when TikTok's daily limit starts anew."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight - now
