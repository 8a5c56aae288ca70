"""The pages of an account's videos: requested one by one or in parallel, each checked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Annotated

import msgspec

from tiktok_organic.errors import Unreadable
from tiktok_organic.sync.fetching.fetch_context import FetchContext
from tiktok_organic.sync.fetching.refused_fields import Fields
from tiktok_organic.sync.fetching.repeat_refused_request import Question, ask_patiently
from tiktok_organic.tiktok.client import VIDEO_LIST, video_parameters
from tiktok_organic.tiktok.json_spans import elements, members
from tiktok_organic.tiktok.lenient_values import read_count, read_flag, read_seconds, read_text
from tiktok_organic.tiktok.plan_video_pages import KnownVideos, Plan, plan
from tiktok_organic.tiktok.read_video_pages import Page
from tiktok_organic.tiktok.scopes import VIDEO_FIELDS

__all__ = ["VideoPages"]


@dataclass(frozen=True)
class _First:
    """The first page.

    `newest`: the time of its request (unix milliseconds); `latency`: in seconds.
    """

    page: Page
    newest: int
    latency: float


class VideoPages:
    """The pages of the video list, and the requested fields.

    `videos`: the publication time of each listed video (unix seconds; None if unreadable), by id.
    """

    def __init__(
        self,
        fields: Fields,
        context: FetchContext,
        narrow: Callable[[Fields, dict[str, str]], bool],
    ) -> None:
        self.fields = fields
        self.numbers: list[int] = []
        self.videos: dict[str, int | None] = {}
        self._context = context
        self._narrow = narrow
        self._cursors: list[int] = []
        self._rows = 0
        self._lock = threading.Lock()

    def begin(self) -> Future[_First]:
        """Request the first page in a separate thread."""
        future: Future[_First] = Future()

        def run() -> None:
            try:
                future.set_result(self._first())
            except BaseException as error:  # noqa: BLE001 - raised again where the result is read
                future.set_exception(error)

        # A daemon: a process that ends does not wait for a request that hangs.
        threading.Thread(target=run, name="first-page", daemon=True).start()
        return future

    def announce(self) -> None:
        """Report the pages so far as progress. Raises Stopped when the sync has to stop here."""
        with self._lock:
            self._step()

    def plan(self, count: int | None, first: _First) -> Plan:
        """Plan the requests for the remaining pages.

        `count`: the account's number of videos, if known.
        """
        limits, start = self._context.limits, first.page.cursor
        chosen = plan(
            count,
            first.latency,
            second_limit=limits.second,
            minute_limit=limits.account_minute,
            known=self._context.known_videos,
            start=start,
        )
        # Parts of the timeline need a cursor that is a time; otherwise each page leads to the next.
        return chosen if start is not None and start < first.newest else Plan(1, chosen.pages)

    def remembered(self) -> KnownVideos:
        """Return what the next sync can use, after the list is complete."""
        times = [time for time in self.videos.values() if time is not None]
        return KnownVideos.of(times, self._cursors)

    def _first(self) -> _First:
        clock = self._context.clock
        started, newest = clock.monotonic(), int(clock.now().timestamp() * 1000)
        return _First(self.page(None), newest, clock.monotonic() - started)

    def page(self, cursor: int | None) -> Page:
        """Return one page older than `cursor` (unix milliseconds; None: the newest)."""
        number, page = ask_patiently(
            self.fields,
            Question(
                self._context.tiktok,
                VIDEO_LIST,
                lambda names: video_parameters(names, cursor),
                _read_page,
            ),
            lambda: self._narrow(self.fields, VIDEO_FIELDS),
        )
        with self._lock:
            self.numbers.append(number)
            self.videos.update(page.videos)
            if page.has_more and page.cursor is not None:
                self._cursors.append(page.cursor)
            self._rows += page.count
            self._step()
        return Page(number, page.has_more, page.cursor, page.count, tuple(page.videos))

    def _step(self) -> None:
        self._context.step("videos", len(self.numbers), self._rows)


@dataclass(frozen=True)
class _Read:
    """A page after reading: `videos` with their times, if readable."""

    has_more: bool
    cursor: int | None
    count: int
    videos: dict[str, int | None]


class _Video(msgspec.Struct):
    """The fields of a video that are needed to read the list."""

    item_id: str
    # Up to the end of the year 9999, the last date that Python and the warehouses can store.
    create_time: Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799)] | None = None


class _Shape(msgspec.Struct):
    """A valid page."""

    videos: list[_Video]
    has_more: bool
    cursor: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] | None = None


# Not strict: TikTok sends `create_time` as text, some clients report a number (facts 3.3).
_SHAPE = msgspec.json.Decoder(_Shape, strict=False)


def _read_page(data: bytes) -> _Read:
    """Check the structure of a page. Raises Unreadable."""
    try:
        page = _SHAPE.decode(data)
        if page.cursor is not None or not page.has_more:
            videos = {video.item_id.strip(): video.create_time for video in page.videos}
            return _Read(page.has_more, page.cursor, len(page.videos), videos)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # the lenient pass finds the error, or reads the page anyway
    parts = members(data)
    if "videos" not in parts or "has_more" not in parts:
        raise Unreadable("a page of videos without `videos` or `has_more`")
    try:
        more = read_flag(parts["has_more"])
        cursor = read_count(parts.get("cursor", b"null"))
    except ValueError as error:
        raise Unreadable(
            f"a page of videos whose `has_more` or `cursor` cannot be read: {error}"
        ) from error
    if more is None or (parts["videos"] == b"null" and more):
        raise Unreadable("a page of videos that does not say whether there are more")
    if more and cursor is None:
        raise Unreadable(
            "TikTok says that there are more videos, but not where they begin (no cursor)"
        )
    listed = [] if parts["videos"] == b"null" else elements(parts["videos"])
    read = [video for element in listed if (video := _read_video(element)) is not None]
    return _Read(more, cursor, len(listed), dict(read))


def _read_video(element: bytes) -> tuple[str, int | None] | None:
    """Read the id and time of a video whose other fields may be unreadable."""
    try:
        parts = members(element)
        name = (read_text(parts.get("item_id", b"null")) or "").strip()
    except (ValueError, Unreadable):
        return None
    if not name:
        return None
    try:
        return name, read_seconds(parts.get("create_time", b"null"))
    except ValueError:
        return name, None
