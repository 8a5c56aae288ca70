"""The first half of a sync: ask TikTok for everything, keep it, and say which answers are good for what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

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
from tiktok_organic.sync.asking import Asking, DaysAsked, ask_patiently
from tiktok_organic.sync.fields import Fields
from tiktok_organic.sync.order import Fetched, Order
from tiktok_organic.sync.video_pages import VideoPages
from tiktok_organic.sync.window import DOUBTFUL, Window, earliest
from tiktok_organic.tiktok.findings import Findings
from tiktok_organic.tiktok.records import read_account
from tiktok_organic.tiktok.scopes import (
    ACCOUNT_FIELDS,
    CURVES,
    DAY_FIELDS,
    VIDEO_FIELDS,
    granted_fields,
)
from tiktok_organic.tiktok.spans import elements, members

__all__ = ["Asking", "fetch"]

_DAILY = "profile_daily_metric"


def fetch(order: Order, asking: Asking) -> Fetched:
    """Everything that the order's reports need. Reports that cannot be completed are in `failed`; the answer is
    sealed in the archive. Raises only what makes the whole attempt useless (the archive cannot be written, or
    WrongKey)."""
    fetched = Fetched(
        archive=asking.recording.name,
        account_id=order.account_id,
        username=order.username,
        sync_date=timestamp(order.sync_date) or "",
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
                self._fail(
                    [name],
                    NotPermitted(f"{name}: the permission {' or '.join(scopes)} was withheld"),
                )

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
            self._fail(
                wanted, ReconnectNeeded("the token was refused before the videos were asked for")
            )
            return
        pages = VideoPages(self._video_fields(), self._asking, self._narrow)
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
        """The reports cannot be completed, unless another process can: raises WrongKey."""
        if isinstance(error, WrongKey):
            raise error
        for name in reports:
            self._fetched.failed[name] = error.document()
        pause = next_attempt(error, self._order.attempt)
        if pause is not None:
            self._fetched.retry_in = max(self._fetched.retry_in or 0.0, pause.total_seconds())

    def _ask_account(self) -> tuple[int, _Account]:
        fields = Fields(
            granted_fields(ACCOUNT_FIELDS, self._scopes) + granted_fields(DAY_FIELDS, self._scopes)
        )
        window = self._window()
        days = DaysAsked(window, self._asking.clock)

        def ask(names: tuple[str, ...]) -> tuple[int, _Account]:
            return self._asking.tiktok.business_get(
                names, (days.window.start, days.window.end), _read_account
            )

        def ask_without_days(names: tuple[str, ...]) -> tuple[int, _Account]:
            return self._asking.tiktok.business_get(names, None, _read_account)

        def narrow() -> bool:
            return self._narrow(fields, {**ACCOUNT_FIELDS, **DAY_FIELDS})

        try:
            answer = ask_patiently(fields, ask, narrow, days)
        except FieldRefused as error:
            if error.offline or not fields.keep_only(tuple(ACCOUNT_FIELDS)) or not fields.names:
                raise
            answer = ask_patiently(fields, ask_without_days, narrow)
            if _DAILY in self._wanted("account"):
                self._fail([_DAILY], _days_refused(error, days.window))
        self._fetched.refused_fields.extend(f"account.{name}" for name in fields.refused)
        asked_days = any(name in DAY_FIELDS for name in fields.names)
        self._fetched.window = days.window if asked_days and window is not None else None
        self._warn_of_days(window, self._fetched.window)
        return answer

    def _warn_of_days(self, wanted: Window | None, asked: Window | None) -> None:
        """Days that were refused though TikTok should have them are asked for again."""
        if wanted is None or asked is None:
            return
        surely = wanted.since(earliest(self._asking.clock.now().date()) + timedelta(days=DOUBTFUL))
        if surely is not None and surely.start < asked.start:
            self._fetched.warnings.append(
                f"TikTok refused the days from {wanted.start} to {asked.start - timedelta(days=1)}. The next sync asks "
                "for them again."
            )

    def _window(self) -> Window | None:
        """The wanted days that TikTok still answers for; days beyond are lost."""
        return self._order.window.since(earliest(self._asking.clock.now().date()))

    def _video_fields(self) -> Fields:
        granted = granted_fields(VIDEO_FIELDS, self._scopes)
        return Fields(
            [name for name in granted if self._order.curves or name not in CURVES],
            kept=("item_id",),
        )

    def _narrow(self, fields: Fields, catalogue: dict[str, str]) -> bool:
        """After a refusal for want of permission: learn what the consent really grants, and ask for that alone."""
        if not self._asked_scopes:
            self._scopes = self._asking.scopes_now()
            self._asked_scopes = True
            gone = sorted(set(self._order.scopes) - set(self._scopes))
            self._fetched.withheld_scopes = gone
            if gone:
                self._fetched.warnings.append(
                    f"These permissions were taken back at TikTok: {', '.join(gone)}"
                )
        names = granted_fields(catalogue, self._scopes)
        return bool(names) and fields.keep_only(names)


def _days_refused(error: FieldRefused, window: Window) -> FieldRefused:
    return FieldRefused(
        f"TikTok refuses the days from {window.start} to {window.end}: {error.message}",
        advice="See whether this machine's clock is right, and update tiktok-organic. The next sync asks again.",
    )


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
                problem.message,
                usable=_Account(usable.videos, usable.is_business, days_error=problem),
            ) from error
    return usable
