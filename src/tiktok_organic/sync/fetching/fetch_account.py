"""Fetch the account and its days, which TikTok returns in one answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from tiktok_organic.errors import FieldRefused, Unreadable
from tiktok_organic.reports import DAILY_REPORT
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.fetching.fetch_context import FetchContext
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.fetching.open_reports import OpenReports
from tiktok_organic.sync.fetching.refused_fields import Fields
from tiktok_organic.sync.fetching.repeat_refused_request import DaysAsked, Question, ask_patiently
from tiktok_organic.sync.fetching.token_scopes import TokenScopes
from tiktok_organic.sync.window import DOUBTFUL, Window, earliest
from tiktok_organic.tiktok.client import BUSINESS_GET, TikTok, account_parameters
from tiktok_organic.tiktok.json_spans import elements, members
from tiktok_organic.tiktok.records import read_account
from tiktok_organic.tiktok.scopes import ACCOUNT_FIELDS, DAY_FIELDS, granted_fields
from tiktok_organic.tiktok.unusual_data import Findings

__all__ = ["fetch_account"]


def fetch_account(
    task: AttemptTask,
    context: FetchContext,
    fetched: FetchSummary,
    reports: OpenReports,
    scopes: TokenScopes,
) -> int | None:
    """Request the account and its days, and record in `fetched` what the answer serves.

    Returns the account's number of videos, if present. If TikTok refuses the days, the daily report
    fails, and the account is requested without them.
    """
    names = granted_fields(ACCOUNT_FIELDS, scopes.present)
    fields = Fields(names + granted_fields(DAY_FIELDS, scopes.present))
    # TikTok does not return earlier days: those are lost.
    wanted = task.window.since(earliest(context.clock.now().date()))
    days = DaysAsked(wanted, context.clock)

    def narrow() -> bool:
        return scopes.narrow(fields, {**ACCOUNT_FIELDS, **DAY_FIELDS})

    try:
        number, account = ask_patiently(fields, _question(context.tiktok, days), narrow, days)
    except FieldRefused as error:
        _refuse_unless_days(error, fields)
        if DAILY_REPORT in reports.of("account"):
            reports.fail([DAILY_REPORT], _days_refused(error, days.window))
        number, account = ask_patiently(fields, _question(context.tiktok, None), narrow)
    fetched.account = number
    fetched.refused_fields.extend(f"account.{name}" for name in fields.refused)
    asked_days = wanted is not None and any(name in DAY_FIELDS for name in fields.names)
    fetched.window = days.window if asked_days else None
    fetched.warnings += _refused_days(wanted, fetched.window, context.clock.now().date())
    # Again: the requests may have shown that a permission was revoked.
    reports.fail_without_scope(scopes.present)
    context.step("account", 1, 1)
    if account.days_error is not None and DAILY_REPORT in reports.of("account"):
        reports.fail([DAILY_REPORT], account.days_error)
    if account.is_business is False:
        fetched.warnings.append(
            "The account is a Personal account now: TikTok returns fewer metrics for it. To "
            "get them back, switch it to Business in the TikTok app: Settings → Manage "
            "account → Switch to Professional account → Business."
        )
    return account.videos


@dataclass(frozen=True)
class _Account:
    """What fetching needs to know of the account."""

    videos: int | None
    is_business: bool | None
    days_error: Unreadable | None = None


def _question(tiktok: TikTok, days: DaysAsked | None) -> Question[_Account]:
    """Return the request for the account with these days, whose window may become shorter."""

    def parameters(names: tuple[str, ...]) -> dict[str, str]:
        window = None if days is None else (days.window.start, days.window.end)
        return account_parameters(names, window)

    return Question(tiktok, BUSINESS_GET, parameters, _read_account)


def _refuse_unless_days(error: FieldRefused, fields: Fields) -> None:
    """Remove the fields of days, or raise the error if they are not the cause."""
    if error.offline or not fields.keep_only(tuple(ACCOUNT_FIELDS)) or not fields.names:
        raise error


def _days_refused(error: FieldRefused, window: Window) -> FieldRefused:
    return FieldRefused(
        f"TikTok refuses the days from {window.start} to {window.end}: {error.message}",
        case="days",
    )


def _refused_days(wanted: Window | None, asked: Window | None, today: date) -> list[str]:
    """Return a warning of refused days that TikTok should have."""
    if wanted is None or asked is None:
        return []
    surely = wanted.since(earliest(today) + timedelta(days=DOUBTFUL))
    if surely is None or surely.start >= asked.start:
        return []
    last = asked.start - timedelta(days=1)
    return [
        f"TikTok refused the days from {wanted.start} to {last}. The next sync requests them again."
    ]


def _read_account(data: bytes) -> _Account:
    """Check the structure of `data`.

    Raises Unreadable, with a usable part if only the daily series is wrong.
    """
    parts = members(data)
    if not parts:
        raise Unreadable("TikTok's answer describes nothing of the account")
    account = read_account(data, Findings())
    usable = _Account(account.videos_count, account.is_business_account)
    metrics = parts.get("metrics", b"null")
    if metrics != b"null":
        try:
            elements(metrics)
        except Unreadable as error:
            problem = Unreadable(f"the daily series cannot be read: {error.message}")
            raise Unreadable(
                problem.message,
                usable=_Account(usable.videos, usable.is_business, days_error=problem),
            ) from error
    return usable
