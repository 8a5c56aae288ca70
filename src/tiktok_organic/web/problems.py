"""What went wrong, in the words of a page: a plain sentence, what to do, and the technical details.

Errors of the product speak to a terminal too; a person in front of a page has buttons instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tiktok_organic.errors import (
    AlreadyRunning,
    BadValue,
    Conflict,
    NotFound,
    Refused,
    TikTokOrganicError,
    TryAgain,
)

__all__ = ["Problem", "advice", "problem", "status_of", "stored_problem"]


@dataclass(frozen=True)
class Problem:
    """`message`: one plain sentence. `details`: TikTok's or the warehouse's own words, or empty.

    `field`: the name of the form field that was refused, or empty.
    """

    code: str
    message: str
    advice: str
    details: str = ""
    field: str = ""


_PLAIN = {
    "reconnect_needed": "TikTok no longer accepts the permission that the account's owner gave",
    "token_rejected": "TikTok no longer accepts the permission that the account's owner gave",
    "unreachable": "TikTok could not be reached",
    "tiktok_unavailable": "TikTok had a problem of its own",
    "throttled": "TikTok's limit of requests was reached",
    "unreadable": "TikTok sent an answer that could not be read",
    "not_permitted": "The account's owner withheld the permission for this data",
    "request_refused": "TikTok refused a part of what was asked for",
    "tiktok_error": "TikTok answered with an error",
    "defect": "TikTok rejected the request of this product",
    "archive_away": "The archive could not be reached",
    "archive_unwritable": "The archive could not be written",
    "disk_full": "The disk is full",
    "interrupted": "The sync was interrupted",
    "notify_failed": "The message did not arrive at every address",
    "notify_unset": "There is no address to send a message to",
}
"""For these codes the message of the error becomes the details."""

_ADVICE = {
    "access_denied": "Nothing was connected. Start again and choose to allow on TikTok's page.",
    "authorization_failed": "Start again, and approve on TikTok's page within 10 minutes.",
    "invalid_scope": "Enable the permissions listed on the set-up page for your app in TikTok's "
    "developer portal.",
    "state_expired": "The address is valid for 10 minutes. Start again.",
    "state_used": "Each address works once. Start again.",
    "wrong_state": "It was made for another browser or another attempt. Start again in this "
    "window.",
    "no_address": "After you approve, copy the whole address from your browser's address bar and "
    "paste it here.",
    "scope_missing": "Start again, and leave these permissions switched on on TikTok's page.",
    "account_held": "Open that connector instead, or connect another account.",
    "name_taken": "Choose another name.",
    "dataset_taken": "A dataset belongs to one connector. Choose another one.",
    "reconnect_needed": "Use Reconnect and let the owner of the account approve again. The next "
    "sync then fetches the missing days, up to 60 days back.",
    "token_rejected": "Use Reconnect and let the owner of the account approve again.",
    "not_permitted": "Use Reconnect, and leave every permission on TikTok's page switched on.",
    "unreachable": "Check this server's network, then try again.",
    "unreadable": "The answer is in the archive. Try again later.",
    "throttled": "Nothing is lost. Try again in a few minutes.",
    "destination_busy": "Check that the warehouse is running and that its address is right, then "
    "try again.",
    "disk_full": "Free some space on the server, then sync again.",
    "connector_paused": "Resume the connector, or sync it now.",
    "interrupted": "Nothing of it was written. The next sync fetches it again.",
    "already_running": "Wait for it to end, then try again.",
    "unknown_connector": "It may have been removed. The list shows all that exist.",
    "unknown_run": "The list of runs shows all that exist.",
    "app_not_configured": "An owner can enter the app under Settings → TikTok app. Demo data "
    "works without one.",
    "app_refused": "Compare the app ID and the secret with those in TikTok's developer portal, "
    "and check there that the app is approved for TikTok Accounts.",
    "notify_unset": "Add an address under Settings → Notifications, then send the test.",
    "notify_failed": "Check the addresses and their passwords under Settings → Notifications.",
    "notify_missing": "The server lacks the package for notifications: install "
    "tiktok-organic[notify].",
    "login_failed": "Check both. An administrator with access to the server can reset a password.",
}

_ADVICE_FOR_RUNS = {
    "destination_busy": "What was fetched is stored. The next sync loads it without asking TikTok "
    "again.",
    "connector_paused": "Resume the connector, or sync it now. What was fetched is not fetched "
    "twice.",
}

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
    "TIKTOK_ORGANIC_DESTINATION": ("destination", "Destination", ""),
    "TIKTOK_ORGANIC_TIMEZONE": ("timezone", "Time zone", ""),
    "TIKTOK_ORGANIC_NOTIFY": ("address", "Notifications", ""),
    "TIKTOK_ORGANIC_NOTIFY_EVENTS": ("event", "What is told", "Select at least one."),
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
"""Of a refused value: the name of its form field, its label on the page, and advice."""

_TERMINAL = re.compile(r"`|tiktok-organic |--[a-z]")


def problem(error: TikTokOrganicError) -> Problem:
    """An error that a person has just met on a page."""
    message, field = error.message, ""
    if isinstance(error, BadValue):
        field, label, _ = _FIELDS.get(error.name, (error.name, error.name, ""))
        message = f"{label}: {error.message.partition(': ')[2]}"
    plain = _PLAIN.get(error.code)
    details = message if plain else ""
    return Problem(error.code, plain or message, advice(error), details, field)


def stored_problem(document: object) -> Problem | None:
    """The error of a run or of one of its reports, as the run stores it; None when there is none."""
    if not isinstance(document, Mapping) or not document:
        return None
    code, message, advised = (
        text if isinstance(text := document.get(name), str) else ""
        for name in ("code", "message", "advice")
    )
    said = _ADVICE_FOR_RUNS.get(code) or _ADVICE.get(code) or _without_commands(advised)
    plain = _PLAIN.get(code)
    return Problem(
        code, plain or message or "The reason was not recorded", said, message if plain else ""
    )


def advice(error: TikTokOrganicError) -> str:
    """What to do next, on a page."""
    if isinstance(error, BadValue):
        own = _FIELDS.get(error.name, ("", "", ""))[2]
        if own:
            return own
    return _ADVICE.get(error.code) or _without_commands(error.advice)


def status_of(error: TikTokOrganicError) -> int:
    """The HTTP status of an error."""
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


def _without_commands(text: str) -> str:
    """The sentences that make sense without a terminal."""
    sentences = re.split(r"(?<=[.!?;]) +", text)
    left = " ".join(one for one in sentences if not _TERMINAL.search(one))
    return left or "An administrator of this server can find the details in its log."
