"""`errors.md`: the hierarchy of errors, every code with its advice, TikTok's codes, the pauses."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta

from generator import markdown
from generator.markdown import code, table
from generator.sentences import Sentence, sentences
from tiktok_organic import errors, retry_pauses
from tiktok_organic.cli.advice import advice_for as advise_in_terminal
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.tiktok import answer_codes
from tiktok_organic.web.errors.problems import advice_for as advise_on_page

INTRODUCTION = """
Each error says what happened, to what, and what to do. The terminal prints this after `Error:`;
with `--json`, the members are `message`, `advice`, and a stable `code` for programs. The terminal
advises commands and settings, the page its own buttons and pages. Notifications contain the page's
advice if `PUBLIC_URL` is set.

Search this page for the words of your message. Names and numbers in a message are in `{braces}`
below. A refused request changes nothing.
"""

CODES = """
For each code, the messages and the advice of the terminal and of the page. The codes are stable;
the sentences may change.
"""

TIKTOK = """
TikTok's answers contain a code, mostly with HTTP status 200. This table shows how each code is
handled. A code that is not listed fails the report; codes from 50000 on count as a failure of
TikTok.
"""

PAUSES = """
First the request is repeated within the run. If that does not help, the report or the run fails,
and `next_attempt_at` has the time of the next attempt. Errors that are not listed are not retried,
because waiting does not solve them.
"""

THROTTLED = """
After a throttled answer, the pause depends on its text: a second for the limit per second, five
minutes for the limit per minute, until 00:00 UTC for the daily limit. A text that names no limit
first counts as the limit per second. If the pause is more than six minutes, the attempt ends and
the next attempt of the run continues.
"""

_RUN = {"run": "RUN", "connector": "CONNECTOR", "connector_name": "{connector}"}
"""Facts of every error that a run records."""
_BEFORE_A_RUN = ("refused", "account_held")
_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_SETS = (
    "THROTTLED",
    "TOKEN_REJECTED",
    "CONSENT_GONE",
    "NOT_PERMITTED",
    "REQUEST_REFUSED",
    "APP_REFUSED",
    "CODE_REFUSED",
    "OUR_FAULT",
)
_DONE = {
    "throttled": "The request is repeated after the limit's pause.",
    "token_rejected": (
        "The access token is renewed once; if TikTok refuses the new one too, the account must be "
        "reconnected."
    ),
    "reconnect_needed": "The connector stops until the owner gives consent again.",
    "not_permitted": (
        "The token's current permissions are read, and only their fields are requested."
    ),
    "request_refused": "The request is repeated without the refused field or the oldest day.",
    "app_refused": "The sync stops: the developer app's key, secret or approval is wrong.",
    "authorization_failed": (
        "Connecting stops: the code was used, is too old, or belongs to another consent. Begin "
        "the consent again."
    ),
    "defect": "The sync stops: our request was wrong. Please report it.",
    "tiktok_unavailable": "The request is repeated after a pause.",
}


def page() -> str:
    tree = inspect.getdoc(errors) or ""
    drawn = inspect.cleandoc(tree.partition("::")[2])
    return markdown.page(
        "Errors",
        INTRODUCTION,
        "## Hierarchy",
        f"```text\n{drawn}\n```",
        table(
            ("Error", "Code", "When"),
            [(code(kind.__name__), code(kind.code), _first(kind)) for kind in kinds()],
        ),
        "## Every code",
        CODES,
        *_codes(sentences()),
        "## TikTok's codes",
        TIKTOK,
        table(("TikTok's codes", "Our code", "What happens"), _tiktok()),
        "## Pauses",
        PAUSES,
        table(
            (
                "After failure",
                "Request: fault or no answer",
                "Request: unreadable answer",
                "Whole run",
            ),
            _pauses(),
        ),
        THROTTLED,
    )


def kinds() -> list[type[TikTokOrganicError]]:
    """Return every error class, parents first, in the order of definition."""
    found = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, TikTokOrganicError)
    ]
    return list(dict.fromkeys(found))


def _first(kind: type[TikTokOrganicError]) -> str:
    return (inspect.getdoc(kind) or "").partition("\n\n")[0]


def _codes(found: list[Sentence]) -> list[str]:
    parts: list[str] = []
    for name in sorted({sentence.code for sentence in found}):
        # By message, so that a renamed file does not change the page.
        rows = sorted(_row(sentence) for sentence in found if sentence.code == name)
        parts.append(f"### {name}")
        heads = ("Message", "Advice in the terminal", "Advice on the page")
        parts.append(table(heads, dict.fromkeys(rows)))
    return parts


def _row(sentence: Sentence) -> tuple[str, str, str]:
    facts = {**_RUN, **sentence.facts} if sentence.code not in _BEFORE_A_RUN else sentence.facts
    return (
        sentence.message,
        advise_in_terminal(sentence.code, facts),
        advise_on_page(sentence.code, facts),
    )


def _tiktok() -> list[tuple[str, str, str]]:
    rows = []
    for name in _SETS:
        numbers = sorted(getattr(answer_codes, name))
        meant = {answer_codes.error_of(number, "", now=_NOW).code for number in numbers}
        if len(meant) != 1:
            raise AssertionError(f"{name} means several things: {meant}")
        rows.append((", ".join(map(str, numbers)), code(*meant), _DONE[meant.pop()]))
    other = answer_codes.error_of(50000, "", now=_NOW).code
    return [*rows, ("40200 to 40202, 50000 and above", code(other), _DONE[other])]


def _pauses() -> list[tuple[str, str, str, str]]:
    rows: list[tuple[str, str, str, str]] = []
    for attempt in range(1, 20):
        pauses = (
            retry_pauses.next_request(errors.Unavailable("-"), attempt),
            retry_pauses.next_request(errors.Unreadable("-"), attempt),
            retry_pauses.next_attempt(errors.Unavailable("-"), attempt),
        )
        if not any(pauses):
            return rows
        fault, unreadable, run = (_words(pause) for pause in pauses)
        rows.append((str(attempt), fault, unreadable, run))
    return rows


def _words(pause: timedelta | None) -> str:
    if pause is None:
        return "no more"
    seconds = pause.total_seconds()
    if seconds < 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min" if seconds < 3600 else f"{seconds / 3600:g} h"
