"""Errors on the page: a plain sentence, advice, and the technical details.

The texts are in `web/errors/advice_table.py`; the terminal has its own in `cli/advice_table.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tiktok_organic.advice_text import compose
from tiktok_organic.errors import (
    AlreadyRunning,
    BadValue,
    Conflict,
    Facts,
    NotFound,
    Refused,
    TikTokOrganicError,
    TryAgain,
    facts_of,
)
from tiktok_organic.web.errors.advice_table import ADVICE, PLAIN

__all__ = ["Problem", "advice", "advice_for", "http_status", "problem", "stored_problem"]


@dataclass(frozen=True)
class Problem:
    """An error on the page.

    `message`: one plain sentence. `details`: the original words of TikTok or the warehouse, or
    empty. `field`: the name of the refused form field, or empty.
    """

    code: str
    message: str
    advice: str
    details: str = ""
    field: str = ""


_FIELDS = {
    "reports": ("report", "Reports", "Select at least one report."),
    "name": ("name", "Name", ""),
    "timezone": ("timezone", "Time zone", "Choose one of the list, such as Europe/Berlin."),
    "lookback": ("lookback", "Days read again", "Enter a number from 1 to 60."),
    "hour": ("hour", "Hour", ""),
    "weekday": ("weekday", "Weekday", ""),
    "schedule": ("schedule", "Schedule", ""),
    "dataset": ("dataset", "Dataset", ""),
    "destination": ("address", "Destination", ""),
    "email": ("email", "E-mail", ""),
    "password": ("password", "Password", ""),
    "warehouse": ("place", "Warehouse", ""),
    "File": ("file", "File", ""),
    "Project": ("bq_project", "Project", ""),
    "Host": ("pg_host", "Host", ""),
    "PostgreSQL port": ("pg_port", "Port", ""),
    "Database": ("pg_database", "Database", ""),
    "User": ("pg_user", "User", ""),
    "TIKTOK_ORGANIC_DESTINATION": ("place", "Destination", ""),
    "TIKTOK_ORGANIC_TIMEZONE": ("timezone", "Time zone", ""),
    "TIKTOK_ORGANIC_NOTIFY": ("address", "Notifications", ""),
    "TIKTOK_ORGANIC_NOTIFY_EVENTS": ("event", "Events", "Select at least one."),
    "Mail server": ("host", "Mail server", ""),
    "Port": ("port", "Port", ""),
    "Security": ("security", "Security", ""),
    "From": ("sender", "From", ""),
    "To": ("to", "To", ""),
    "Address": ("address", "Webhook address", ""),
    "TIKTOK_ORGANIC_CLIENT_KEY": ("client_key", "App ID", ""),
    "TIKTOK_ORGANIC_CLIENT_SECRET": ("client_secret", "Secret", ""),
    "TIKTOK_ORGANIC_REDIRECT_URL": ("redirect_url", "Redirect address", ""),
}


def problem(error: TikTokOrganicError) -> Problem:
    """Return an error of an action on a page."""
    message, field = error.message, ""
    if isinstance(error, BadValue):
        field, label, _ = _FIELDS.get(error.name, (error.name, error.name, ""))
        message = f"{label}: {error.message.partition(': ')[2]}"
    plain = PLAIN.get(error.code)
    details = message if plain else ""
    return Problem(error.code, plain or message, advice(error), details, field)


def stored_problem(document: object, about: Facts, code: str = "") -> Problem | None:
    """Return the stored error of a run or of one of its reports; None if none exists.

    `about`: facts of that run. `code`: the row of the table, if it differs from the error's code.
    """
    if not isinstance(document, Mapping) or not document:
        return None
    own, message = (
        text if isinstance(text := document.get(name), str) else "" for name in ("code", "message")
    )
    plain = PLAIN.get(own)
    return Problem(
        own,
        plain or message or "The reason was not recorded",
        advice_for(code or own, {**about, **facts_of(document)}),
        message if plain else "",
    )


def advice(error: TikTokOrganicError) -> str:
    """Return the advice of the page for an error."""
    if isinstance(error, BadValue):
        own = _FIELDS.get(error.name, ("", "", ""))[2]
        if own:
            return own
    return advice_for(error.code, error.facts)


def advice_for(code: str, facts: Facts) -> str:
    """Return the advice of the page for a code and facts."""
    return compose(ADVICE, code, facts)


def http_status(error: TikTokOrganicError) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, Conflict | AlreadyRunning):
        return 409
    if isinstance(error, BadValue):
        return 422
    if error.code in ("login_slowed", "too_many_checks", "too_many_streams"):
        return 429
    if isinstance(error, TryAgain):
        return 503
    return 400 if isinstance(error, Refused) else 409
