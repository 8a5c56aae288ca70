"""The pages of an account's videos: asked for one after the other or side by side, each checked for its shape."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Annotated

import msgspec

from tiktok_organic.errors import Unreadable
from tiktok_organic.sync.asking import Asking, Question, ask_patiently
from tiktok_organic.sync.fields import Fields
from tiktok_organic.tiktok.client import VIDEO_LIST, video_parameters
from tiktok_organic.tiktok.pagination import Page, Plan, plan
from tiktok_organic.tiktok.scopes import VIDEO_FIELDS
from tiktok_organic.tiktok.spans import elements, members
from tiktok_organic.tiktok.values import read_count, read_flag

__all__ = ["VideoPages"]


class VideoPages:
    """The pages of the video list, and which fields they are asked with."""

    def __init__(
        self, fields: Fields, asking: Asking, narrow: Callable[[Fields, dict[str, str]], bool]
    ) -> None:
        self.fields = fields
        self.numbers: list[int] = []
        self._asking = asking
        self._narrow = narrow
        self._rows = 0
        self._lock = threading.Lock()

    def plan(self, count: int | None, latency: float) -> Plan:
        """How to ask for the rest. `count`: the account's videos, when it says so."""
        limits = self._asking.limits
        return plan(count, latency, second_limit=limits.second, minute_limit=limits.account_minute)

    def page(self, cursor: int | None) -> Page:
        number, page = ask_patiently(
            self.fields,
            Question(
                self._asking.tiktok,
                VIDEO_LIST,
                lambda names: video_parameters(names, cursor),
                _read_page,
            ),
            lambda: self._narrow(self.fields, VIDEO_FIELDS),
        )
        with self._lock:
            self.numbers.append(number)
            self._rows += page.count
            self._asking.step("videos", len(self.numbers), self._rows)
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
        raise Unreadable(
            f"a page of videos whose `has_more` or `cursor` cannot be read: {error}"
        ) from error
    if more is None or (videos == b"null" and more):
        raise Unreadable("a page of videos that does not say whether there are more")
    if more and cursor is None:
        raise Unreadable(
            "TikTok says that there are more videos, but not where they begin (no cursor)"
        )
    return Page(0, more, cursor, 0 if videos == b"null" else len(elements(videos)))
