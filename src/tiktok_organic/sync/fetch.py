"""The first half of a sync: ask TikTok, archive the answers, and list which answer serves what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

from tiktok_organic.clock import timestamp
from tiktok_organic.errors import (
    FieldRefused,
    NotPermitted,
    ReconnectNeeded,
    TikTokOrganicError,
    Unreadable,
    WrongKey,
)
from tiktok_organic.reports import REPORTS
from tiktok_organic.retry import next_attempt
from tiktok_organic.sync.asking import Asking, DaysAsked, Question, ask_patiently
from tiktok_organic.sync.order import Fetched, Order
from tiktok_organic.sync.refused_fields import Fields
from tiktok_organic.sync.video_pages import VideoPages
from tiktok_organic.sync.window import DOUBTFUL, Window, earliest
from tiktok_organic.tiktok.client import BUSINESS_GET, account_parameters
from tiktok_organic.tiktok.findings import Findings
from tiktok_organic.tiktok.json_spans import elements, members
from tiktok_organic.tiktok.pagination import spread, walk
from tiktok_organic.tiktok.records import read_account
from tiktok_organic.tiktok.scopes import (
    ACCOUNT_FIELDS,
    CURVES,
    DAY_FIELDS,
    VIDEO_FIELDS,
    granted_fields,
)

__all__ = ["Asking", "fetch"]

_DAILY = "profile_daily_metric"


def fetch(order: Order, asking: Asking) -> Fetched:
    """Fetch everything that the order's reports need.

    Reports that cannot be completed are in `failed`; the archive's summary is then complete as
    well. Raises only errors that make the whole attempt useless (the archive cannot be written, or
    WrongKey).
    """
    fetched = Fetched(
        archive=asking.recording.name,
        account_id=order.account_id,
        username=order.username,
        sync_date=timestamp(order.sync_date) or "",
        reports=list(order.reports),
    )
    pass_ = _Pass(order, asking, fetched)
    pass_.without_scope()
    pages = pass_.video_pages()
    # The first page is requested together with the account: the sync of a small account consists
    # of little else than the latency of these two requests.
    first = pages.begin() if pass_.wanted("videos") else None
    count: int | None = None
    if pass_.wanted("account"):
        call = pass_.account_call()
        with pass_.failing("account"):
            try:
                answer = ask_patiently(call.fields, call.with_days, call.narrow, call.days)
            except FieldRefused as error:
                pass_.without_days(call, error)
                answer = ask_patiently(call.fields, call.without_days, call.narrow)
            count = pass_.account_came(call, *answer)
    pass_.stop_without_token()
    if first is not None and pass_.wanted("videos"):
        with pass_.failing("videos", pages):
            begun = first.result()
            plan = pages.plan(count, begun)
            if plan.workers > 1:
                spread(pages.page, begun.page, plan, begun.newest)
            else:
                walk(pages.page, begun.page)
            pass_.videos_came(pages, count)
    elif first is not None:
        first.exception()  # nothing is archived after the attempt
    fetched.clock_ahead = asking.tiktok.clock_ahead
    fetched.answer_bytes = asking.recording.answer_bytes
    asking.recording.complete(fetched.document())
    return fetched


@dataclass(frozen=True)
class _AccountCall:
    """The request for the account, with and without its days, and its fields and days."""

    fields: Fields
    days: DaysAsked
    wanted: Window | None
    with_days: Question[_Account]
    without_days: Question[_Account]
    narrow: Callable[[], bool]


class _Pass:
    """One pass over the endpoints that the order's reports need."""

    def __init__(self, order: Order, asking: Asking, fetched: Fetched) -> None:
        self._order = order
        self._asking = asking
        self._fetched = fetched
        self._scopes = order.scopes
        self._asked_scopes = False
        self._narrowing = Lock()

    def without_scope(self) -> None:
        """Fail the reports whose permission was withheld, before TikTok is asked."""
        for name in self.wanted():
            scopes = REPORTS[name].scopes
            if scopes and not set(scopes) & set(self._scopes):
                self._fail(
                    [name],
                    NotPermitted(f"{name}: the permission {' or '.join(scopes)} was withheld"),
                )

    @contextmanager
    def failing(self, endpoint: str, pages: VideoPages | None = None) -> Iterator[None]:
        """Fail the endpoint's reports with an error that is raised within the context."""
        try:
            yield
        except TikTokOrganicError as error:
            self._fail(self.wanted(endpoint), error)
        finally:
            if pages is not None:
                refused = (f"video.{name}" for name in pages.fields.refused)
                self._fetched.refused_fields.extend(refused)

    def account_call(self) -> _AccountCall:
        """Request the account and its days."""
        names = granted_fields(ACCOUNT_FIELDS, self._scopes)
        fields = Fields(names + granted_fields(DAY_FIELDS, self._scopes))
        window = self._window()
        days = DaysAsked(window, self._asking.clock)

        def with_days(names: tuple[str, ...]) -> dict[str, str]:
            return account_parameters(names, (days.window.start, days.window.end))

        def without_days(names: tuple[str, ...]) -> dict[str, str]:
            return account_parameters(names, None)

        tiktok = self._asking.tiktok
        return _AccountCall(
            fields,
            days,
            window,
            Question(tiktok, BUSINESS_GET, with_days, _read_account),
            Question(tiktok, BUSINESS_GET, without_days, _read_account),
            lambda: self.narrow(fields, {**ACCOUNT_FIELDS, **DAY_FIELDS}),
        )

    def without_days(self, call: _AccountCall, error: FieldRefused) -> None:
        """Request the account without its days, which TikTok refused.

        Raises the error if the days are not the cause.
        """
        if error.offline or not call.fields.keep_only(tuple(ACCOUNT_FIELDS)):
            raise error
        if not call.fields.names:
            raise error
        if _DAILY in self.wanted("account"):
            self._fail([_DAILY], _days_refused(error, call.days.window))

    def account_came(self, call: _AccountCall, number: int, account: _Account) -> int | None:
        """Record which reports the answer serves.

        Return the account's number of videos, if present.
        """
        fetched = self._fetched
        fetched.refused_fields.extend(f"account.{name}" for name in call.fields.refused)
        asked_days = any(name in DAY_FIELDS for name in call.fields.names)
        fetched.window = call.days.window if asked_days and call.wanted is not None else None
        self._warn_of_days(call.wanted, fetched.window)
        fetched.account = number
        self.without_scope()  # the requests may have shown that a permission was revoked
        self._asking.step("account", 1, 1)
        if account.days_error is not None and _DAILY in self.wanted("account"):
            self._fail([_DAILY], account.days_error)
        if account.is_business is False:
            fetched.warnings.append(
                "The account is a Personal account now: TikTok returns fewer metrics for it. To "
                "get them back, switch it to Business in the TikTok app: Settings → Manage "
                "account → Switch to Professional account → Business."
            )
        return account.videos

    def stop_without_token(self) -> None:
        """Do not request videos with a token that was refused."""
        wanted = self.wanted("videos")
        codes = {error["code"] for error in self._fetched.failed.values()}
        if wanted and ReconnectNeeded.code in codes:
            self._fail(
                wanted,
                ReconnectNeeded("the token was refused before the videos were asked for"),
            )

    def wanted(self, endpoint: str | None = None) -> list[str]:
        return [
            name
            for name in self._order.reports
            if name not in self._fetched.failed and endpoint in (None, REPORTS[name].endpoint)
        ]

    def _fail(self, reports: list[str], error: TikTokOrganicError) -> None:
        """Fail the reports, unless another process can complete them: raises WrongKey."""
        if isinstance(error, WrongKey):
            raise error
        for name in reports:
            self._fetched.failed[name] = error.document()
        pause = next_attempt(error, self._order.attempt)
        if pause is not None:
            self._fetched.retry_in = max(self._fetched.retry_in or 0.0, pause.total_seconds())

    def _warn_of_days(self, wanted: Window | None, asked: Window | None) -> None:
        """Warn of refused days that TikTok should have; the next sync requests them again."""
        if wanted is None or asked is None:
            return
        surely = wanted.since(earliest(self._asking.clock.now().date()) + timedelta(days=DOUBTFUL))
        if surely is not None and surely.start < asked.start:
            self._fetched.warnings.append(
                f"TikTok refused the days from {wanted.start} to "
                f"{asked.start - timedelta(days=1)}. The next sync requests them again."
            )

    def _window(self) -> Window | None:
        """Return the wanted days that TikTok still returns; earlier days are lost."""
        return self._order.window.since(earliest(self._asking.clock.now().date()))

    def video_pages(self) -> VideoPages:
        """Prepare the pages of videos; none is requested yet."""
        granted = granted_fields(VIDEO_FIELDS, self._scopes)
        fields = Fields(
            [name for name in granted if self._order.curves or name not in CURVES],
            kept=("item_id",),
        )
        return VideoPages(fields, self._asking, self.narrow)

    def videos_came(self, pages: VideoPages, count: int | None) -> None:
        """Record a complete list.

        It may be longer than TikTok's count ("only show in ads" posts).
        """
        listed = len(pages.videos)
        self._fetched.videos = sorted(pages.numbers)
        self._fetched.videos_counted, self._fetched.videos_listed = count, listed
        self._fetched.known_videos = pages.remembered()
        # Only a warning: posts that TikTok removed for violations are not listed (facts 3.2).
        if count is not None and listed < count:
            self._fetched.warnings.append(
                f"TikTok counts {count} public videos, its list has {listed}."
            )

    def narrow(self, fields: Fields, catalogue: dict[str, str]) -> bool:
        """After a refused permission: read the token's scopes, and request only their fields."""
        with self._narrowing:
            self._learn_scopes()
        names = granted_fields(catalogue, self._scopes)
        return bool(names) and fields.keep_only(names)

    def _learn_scopes(self) -> None:
        if not self._asked_scopes:
            # The stored scopes are those of the consent and may be outdated.
            self._scopes = self._asking.scopes_now()
            self._asked_scopes = True
            gone = sorted(set(self._order.scopes) - set(self._scopes))
            self._fetched.withheld_scopes = gone
            if gone:
                self._fetched.warnings.append(
                    f"These permissions were revoked at TikTok: {', '.join(gone)}"
                )


def _days_refused(error: FieldRefused, window: Window) -> FieldRefused:
    return FieldRefused(
        f"TikTok refuses the days from {window.start} to {window.end}: {error.message}",
        case="days",
    )


@dataclass(frozen=True)
class _Account:
    """What fetching needs to know of the account."""

    videos: int | None
    is_business: bool | None
    days_error: Unreadable | None = None


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
