"""A source of records that collects values for the store while the reports read it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime

from tiktok_organic.history.videos import ListedVideo
from tiktok_organic.reports.profile_daily_metric_columns import digest
from tiktok_organic.sync.loading.archived_source import ArchivedSource
from tiktok_organic.sync.loading.extract_chart_data import ChartExtract
from tiktok_organic.tiktok.record_types import Account, Day, Video

__all__ = ["WatchedSource"]


class WatchedSource:
    """The archived answers, read once for the rows, the charts and the records of days.

    `without`: days that are skipped. `collects`: whether the listed videos are needed.
    """

    def __init__(
        self, source: ArchivedSource, without: Collection[date] = (), *, collects: bool
    ) -> None:
        self._without = without
        self._collects = collects
        self.listed: list[ListedVideo] = []
        self.plain = source
        self.figures = ChartExtract()
        self.digests: dict[date, str] = {}
        self.read_at: datetime | None = None
        self._account: Account | None = None

    def account(self) -> Account:
        account = self.plain.account()
        if self._account is None:
            self._account = account
            self.figures.saw_account(account)
        return account

    def days(self) -> Iterator[Day]:
        for day in self.plain.days():
            if day.date in self._without:
                continue
            self.digests[day.date] = digest(day)
            self.figures.saw_day(day)
            yield day
        read_at = self.plain.read_at
        self.read_at = datetime.fromisoformat(read_at) if read_at else None

    def videos(self) -> Iterator[Video]:
        # A report may read the list again.
        self.listed.clear()
        for video in self.plain.videos():
            self.figures.saw_video(video)
            if self._collects:
                self.listed.append(ListedVideo.of(video))
            yield video
