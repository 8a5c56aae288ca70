"""`errors.md`: the tree of errors, every code with its message and advice, TikTok's codes, and the
pauses.
"""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta

from generator import markdown
from generator.markdown import code, table
from generator.sentences import Sentence, sentences
from tiktok_organic import errors, retry
from tiktok_organic.cli.advice import advice_for as advise_in_terminal
from tiktok_organic.errors import TikTokOrganicError
from tiktok_organic.tiktok import protocol
from tiktok_organic.web.problems import advice_for as advise_on_page

INTRODUCTION = """
Each error says what happened, to what, and what to do. In the terminal these are the lines after
`Error:`; with `--json` they are `message` and `advice`, beside a `code` that programs can rely on.
The terminal advises commands and settings, the page its own buttons and pages; notifications speak
as the page does when `PUBLIC_URL` is set.

Search this page for the words of your message. A name or a number in a message is in `{braces}`
below. A refused request changes nothing.
"""

CODES = """
For each code: the messages, and the advice of the terminal and of the page. `code` is stable;
sentences may change.
"""

TIKTOK = """
TikTok answers with a code of its own, mostly under HTTP status 200. This is what becomes of it. A
code that is not listed fails the report; from 50000 up it counts as a fault of TikTok's side.
"""

PAUSES = """
First a single request is repeated, within the run. When that does not help, the report or the run
fails, and says in `next_attempt_at` when it is worth trying again. Errors that are not listed are
not repeated: time does not cure them.
"""

THROTTLED = """
A throttled answer is waited for as long as its text implies: a second for the limit per second,
five minutes for the limit per minute, until 00:00 UTC for the daily one. A text that names no limit
is first taken for the limit per second. Waits of more than six minutes are left to the next attempt
of the run.
"""

_RUN = {"run": "RUN", "connector": "CONNECTOR", "connector_name": "{connector}"}
"""What is known about every error that a run records."""
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
    "throttled": "Waited for, then asked again.",
    "token_rejected": "The access token is renewed once; when the new one is refused as well, "
    "the account must be "
    "reconnected.",
    "reconnect_needed": "The connector stops until the owner gives consent again.",
    "not_permitted": "TikTok is asked what the token still carries, and then for that alone.",
    "request_refused": (
        "The refused field is dropped, or the oldest day, and the call repeated without it."
    ),
    "app_refused": "Stops: the developer app's key, secret or approval is wrong.",
    "authorization_failed": (
        "Stops: the code was used, is too old, or of another flow. Begin the consent again."
    ),
    "defect": "Stops: our request was wrong. Please report it.",
    "tiktok_unavailable": "Asked again after a pause.",
}


def page() -> str:
    tree = inspect.getdoc(errors) or ""
    drawn = inspect.cleandoc(tree.partition("::")[2])
    return markdown.page(
        "Errors",
        INTRODUCTION,
        "## The tree",
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
        table(("TikTok's codes", "Code here", "What is done"), _tiktok()),
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
    """Every class of the tree, parents first, in the order of their definition."""
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
        rows = [_row(sentence) for sentence in found if sentence.code == name]
        parts.append(f"### {name}")
        heads = ("What you read", "What the terminal advises", "What the page advises")
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
        numbers = sorted(getattr(protocol, name))
        meant = {protocol.error_of(number, "", now=_NOW).code for number in numbers}
        if len(meant) != 1:
            raise AssertionError(f"{name} means several things: {meant}")
        rows.append((", ".join(map(str, numbers)), code(*meant), _DONE[meant.pop()]))
    other = protocol.error_of(50000, "", now=_NOW).code
    return [*rows, ("40200 to 40202, 50000 and above", code(other), _DONE[other])]


def _pauses() -> list[tuple[str, str, str, str]]:
    rows: list[tuple[str, str, str, str]] = []
    for attempt in range(1, 20):
        pauses = (
            retry.next_request(errors.Unavailable("-"), attempt),
            retry.next_request(errors.Unreadable("-"), attempt),
            retry.next_attempt(errors.Unavailable("-"), attempt),
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
