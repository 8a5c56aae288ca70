"""The first half of a sync: ask TikTok for everything, keep it, and say which answers are good for what."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, TypeVar

import msgspec

from tiktok_organic.archive import Recording
from tiktok_organic.clock import Clock, timestamp
from tiktok_organic.errors import (
    FieldRefused,
    NotPermitted,
    ReconnectNeeded,
    TikTokOrganicError,
    Unreadable,
)
from tiktok_organic.reports import REPORTS
from tiktok_organic.retry import next_attempt
from tiktok_organic.sync.fields import Fields
from tiktok_organic.sync.order import Fetched, Order, Progress
from tiktok_organic.sync.window import Window, earliest
from tiktok_organic.tiktok.client import TikTok
from tiktok_organic.tiktok.findings import Findings
from tiktok_organic.tiktok.pacing import Limits
from tiktok_organic.tiktok.records import read_account
from tiktok_organic.tiktok.scopes import ACCOUNT_FIELDS, CURVES, DAY_FIELDS, VIDEO_FIELDS, granted_fields
from tiktok_organic.tiktok.spans import elements, members
from tiktok_organic.tiktok.timeline import Page, plan, spread, walk
from tiktok_organic.tiktok.values import read_count, read_flag

__all__ = ["Asking", "fetch"]

_DAILY = "profile_daily_metric"
_T = TypeVar("_T")


@dataclass(frozen=True)
class Asking:
    """What fetching needs besides the order. `scopes_now()` asks TikTok what the token still carries."""

    tiktok: TikTok
    recording: Recording
    clock: Clock
    limits: Limits
    progress: Progress
    scopes_now: Callable[[], tuple[str, ...]]


def fetch(order: Order, asking: Asking) -> Fetched:
    """Everything that the order's reports need. Reports that cannot be completed are in `failed`; the answer is
    sealed in the archive. Raises only what makes the whole attempt useless (the archive cannot be written)."""
    fetched = Fetched(
        archive=asking.recording.name,
        account_id=order.account_id,
        username=order.username,
        moment=timestamp(order.moment) or "",
        reports=list(order.reports),
    )
    pass_ = _Pass(order, asking, fetched)
    pass_.without_scope()
    videos = pass_.account()
    pass_.videos(videos)
    asking.recording.seal(fetched.document())
    return fetched


class _Pass:
    """One walk over the endpoints that the order's reports need."""

    def __init__(self, order: Order, asking: Asking, fetched: Fetched) -> None:
        self._order = order
        self._asking = asking
        self._fetched = fetched
        self._scopes = order.scopes
        self._asked_scopes = False

    def without_scope(self) -> None:
        """Reports that live of a permission which was withheld fail before anything is asked."""
        for name in self._wanted():
            scopes = REPORTS[name].scopes
            if scopes and not set(scopes) & set(self._scopes):
                self._fail([name], NotPermitted(f"{name}: the permission {' or '.join(scopes)} was withheld"))

    def account(self) -> int | None:
        """Ask for the account and its days; how many videos it has, when TikTok says so."""
        wanted = self._wanted("account")
        if not wanted:
            return None
        try:
            number, account = self._ask_account()
        except TikTokOrganicError as error:
            self._fail(wanted, error)
            return None
        self._fetched.account = number
        self.without_scope()  # asking may have shown that a permission was taken back
        self._asking.progress.fetching("account", 1, 1)
        if account.days_error is not None and _DAILY in self._wanted("account"):
            self._fail([_DAILY], account.days_error)
        if account.is_business is False:
            self._fetched.warnings.append(
                "The account is a Personal account now: TikTok gives fewer metrics for it. To get them back, switch it "
                "to Business in the TikTok app: Settings → Manage account → Switch to Professional account → Business."
            )
        return account.videos

    def videos(self, count: int | None) -> None:
        """Ask for every page of videos."""
        wanted = self._wanted("videos")
        if not wanted:
            return
        if any(error["code"] == ReconnectNeeded.code for error in self._fetched.failed.values()):
            self._fail(wanted, ReconnectNeeded("the token was refused before the videos were asked for"))
            return
        pages = _VideoPages(self._video_fields(), self._asking, self._narrow)
        try:
            pages.collect(count)
        except TikTokOrganicError as error:
            self._fail(wanted, error)
            return
        finally:
            self._fetched.refused_fields.extend(f"video.{name}" for name in pages.fields.refused)
        self._fetched.videos = sorted(pages.numbers)

    def _wanted(self, endpoint: str | None = None) -> list[str]:
        return [
            name
            for name in self._order.reports
            if name not in self._fetched.failed and endpoint in (None, REPORTS[name].endpoint)
        ]

    def _fail(self, reports: list[str], error: TikTokOrganicError) -> None:
        for name in reports:
            self._fetched.failed[name] = error.document()
        pause = next_attempt(error, self._order.attempt)
        if pause is not None:
            self._fetched.retry_in = max(self._fetched.retry_in or 0.0, pause.total_seconds())

    def _ask_account(self) -> tuple[int, _Account]:
        fields = Fields(granted_fields(ACCOUNT_FIELDS, self._scopes) + granted_fields(DAY_FIELDS, self._scopes))
        window = self._window()
        days = _DaysAsked(window, self._asking.clock)

        def ask(names: tuple[str, ...]) -> tuple[int, _Account]:
            return self._asking.tiktok.business_get(names, days.window.start, days.window.end, _read_account)

        answer = _ask_patiently(fields, ask, lambda: self._narrow(fields, {**ACCOUNT_FIELDS, **DAY_FIELDS}), days)
        self._fetched.refused_fields.extend(f"account.{name}" for name in fields.refused)
        asked_days = any(name in DAY_FIELDS for name in fields.names)
        self._fetched.window = days.window if asked_days and window is not None else None
        return answer

    def _window(self) -> Window | None:
        """The wanted days that TikTok still answers for; days beyond are lost."""
        return self._order.window.since(earliest(self._asking.clock.now().date()))

    def _video_fields(self) -> Fields:
        granted = granted_fields(VIDEO_FIELDS, self._scopes)
        return Fields([name for name in granted if self._order.curves or name not in CURVES], kept=("item_id",))

    def _narrow(self, fields: Fields, catalogue: dict[str, str]) -> bool:
        """After a refusal for want of permission: learn what the consent really grants, and ask for that alone."""
        if not self._asked_scopes:
            self._asked_scopes = True
            self._scopes = self._asking.scopes_now()
            gone = sorted(set(self._order.scopes) - set(self._scopes))
            self._fetched.withheld_scopes = gone
            if gone:
                self._fetched.warnings.append(f"These permissions were taken back at TikTok: {', '.join(gone)}")
        names = granted_fields(catalogue, self._scopes)
        return bool(names) and fields.keep_only(names)


class _DaysAsked:
    """The window of one call; its refused oldest day is given up once."""

    def __init__(self, window: Window | None, clock: Clock) -> None:
        today = clock.now().date()
        yesterday = today - timedelta(days=1)
        self.window = window or Window(yesterday, yesterday)
        self._whole: Window | None = None
        self._may_shorten = len(self.window) > 1 and self.window.start <= earliest(today) + timedelta(days=1)

    def shorten(self) -> bool:
        if not self._may_shorten:
            return False
        self._may_shorten = False
        self._whole = self.window
        self.window = Window(self.window.start + timedelta(days=1), self.window.end)
        return True

    def restore(self) -> None:
        """It was not the oldest day that TikTok refused."""
        if self._whole is not None:
            self.window, self._whole, self._may_shorten = self._whole, None, True


def _ask_patiently(
    fields: Fields,
    ask: Callable[[tuple[str, ...]], tuple[int, _T]],
    narrow: Callable[[], bool],
    days: _DaysAsked | None = None,
) -> tuple[int, _T]:
    """Ask; where TikTok refuses something that was asked for, ask again without it."""
    while True:
        asked = fields.names
        try:
            return ask(asked)
        except FieldRefused as error:
            if fields.drop_named(error, asked) or (not error.offline and days and days.shorten()):
                continue
            if not fields.drop_found(lambda names: _accepted(ask, names), asked):
                raise
            if days:
                days.restore()
        except NotPermitted:
            if not narrow() and asked == fields.names:
                raise


def _accepted(ask: Callable[[tuple[str, ...]], object], names: tuple[str, ...]) -> bool:
    try:
        ask(names)
    except FieldRefused:
        return False
    return True


@dataclass(frozen=True)
class _Account:
    """What fetching itself needs to know of the account."""

    videos: int | None
    is_business: bool | None
    days_error: Unreadable | None = None


def _read_account(data: bytes) -> _Account:
    """Check the shape of `data`. Raises Unreadable; with a usable part when only the daily series is wrong."""
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
                problem.message, usable=_Account(usable.videos, usable.is_business, days_error=problem)
            ) from error
    return usable


class _VideoPages:
    """The pages of the video list, and which fields they are asked with."""

    def __init__(self, fields: Fields, asking: Asking, narrow: Callable[[Fields, dict[str, str]], bool]) -> None:
        self.fields = fields
        self.numbers: list[int] = []
        self._asking = asking
        self._narrow = narrow
        self._rows = 0
        self._lock = threading.Lock()

    def collect(self, count: int | None) -> None:
        """All pages. `count`: how many videos the account says it has."""
        clock, limits = self._asking.clock, self._asking.limits
        started, newest = clock.monotonic(), int(clock.now().timestamp() * 1000)
        first = self.page(None)
        latency = clock.monotonic() - started
        chosen = plan(count, latency, second_limit=limits.second, minute_limit=limits.account_minute)
        if chosen.workers > 1 and first.cursor is not None and first.cursor < newest:
            spread(self.page, first, chosen, newest)
        else:
            walk(self.page, first)

    def page(self, cursor: int | None) -> Page:
        number, page = _ask_patiently(
            self.fields,
            lambda names: self._asking.tiktok.video_list(names, cursor, _read_page),
            lambda: self._narrow(self.fields, VIDEO_FIELDS),
        )
        with self._lock:
            self.numbers.append(number)
            self._rows += page.count
            self._asking.progress.fetching("videos", len(self.numbers), self._rows)
        return Page(number, page.has_more, page.cursor, page.count)


class _Shape(msgspec.Struct):
    """A page as it should be."""

    videos: list[msgspec.Raw]
    has_more: bool
    cursor: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | None = None


_SHAPE = msgspec.json.Decoder(_Shape)


def _read_page(data: bytes) -> Page:
    """Check the shape of a page. Raises Unreadable."""
    try:
        page = _SHAPE.decode(data)
        if page.cursor is not None or not page.has_more:
            return Page(0, page.has_more, page.cursor, len(page.videos))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # the patient way says what is wrong, or reads it all the same
    parts = members(data)
    if "videos" not in parts or "has_more" not in parts:
        raise Unreadable("a page of videos without `videos` or `has_more`")
    videos = parts["videos"]
    try:
        more = read_flag(parts["has_more"])
        cursor = read_count(parts.get("cursor", b"null"))
    except ValueError as error:
        raise Unreadable(f"a page of videos whose `has_more` or `cursor` cannot be read: {error}") from error
    if more is None or (videos == b"null" and more):
        raise Unreadable("a page of videos that does not say whether there are more")
    if more and cursor is None:
        raise Unreadable("TikTok says that there are more videos, but not where they begin (no cursor)")
    return Page(0, more, cursor, 0 if videos == b"null" else len(elements(videos)))
