"""TikTok's answers for the reports, read from the archive.

A first sync, a retry and a replay use the same code.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tiktok_organic.archive import Archive, ArchivedAnswer
from tiktok_organic.errors import Refused, Unreadable
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.tiktok.json_spans import members
from tiktok_organic.tiktok.record_types import Account, Day, Video
from tiktok_organic.tiktok.records import read_account, read_days, read_videos
from tiktok_organic.tiktok.unusual_data import Findings

__all__ = ["ArchivedSource"]


class ArchivedSource:
    """The answers of one fetched attempt. Raises Refused if the archive has lost them.

    `read_at`: when TikTok returned the days (UTC), which decides whether they are final.
    """

    def __init__(self, archive: Archive, fetched: FetchSummary, findings: Findings) -> None:
        self._archive = archive
        self._fetched = fetched
        self._findings = findings
        self._account: tuple[Account, list[Day]] | None = None
        self.read_at = ""

    def account(self) -> Account:
        return self._load()[0]

    def days(self) -> Iterator[Day]:
        """The days of the window; may be iterated again."""
        yield from self._load()[1]

    def videos(self) -> Iterator[Video]:
        seen: set[str] = set()
        for answer in self._archive.answers(self._fetched.archive, self._fetched.videos):
            videos = members(self._data(answer)).get("videos", b"null")
            for video in read_videos(videos, self._findings) if videos != b"null" else ():
                if video.item_id in seen:
                    self._findings.record_repeated("video")
                    continue
                seen.add(video.item_id)
                yield video

    def _load(self) -> tuple[Account, list[Day]]:
        if self._account is None:
            numbers = [] if self._fetched.account is None else [self._fetched.account]
            account, days = Account(), list[Day]()
            for answer in self._archive.answers(self._fetched.archive, numbers):
                data = self._data(answer)
                account = read_account(data, self._findings)
                self.read_at = str(answer.head["received_at"])
                try:
                    days = read_days(members(data).get("metrics", b"null"), self._findings)
                except Unreadable:
                    days = []  # the daily report has already failed for this reason
            self._account = account, self._asked_for(days)
        return self._account

    def _data(self, answer: ArchivedAnswer) -> bytes:
        """`data` of an answer, which was good when it was archived."""
        try:
            datetime.fromisoformat(answer.head["received_at"])
            return members(answer.body)["data"]
        except (KeyError, TypeError, ValueError, Unreadable) as error:
            raise Refused(
                f"the archive file {self._fetched.archive} is damaged",
                code="archive_missing",
            ) from error

    def _asked_for(self, days: list[Day]) -> list[Day]:
        """Return the requested days; other days are findings."""
        window = self._fetched.window
        inside = [day for day in days if window is not None and day.date in window]
        for _ in range(len(days) - len(inside)):
            self._findings.record_dropped("day", "outside the days that were asked for")
        return inside
