"""The second half of a sync: rows from the kept answers, all of them into the warehouse in one commit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from tiktok_organic.archive import Archive
from tiktok_organic.clock import Clock
from tiktok_organic.reports import REPORTS
from tiktok_organic.reports.base import Context, Row
from tiktok_organic.reports.profile_daily_metric import digest
from tiktok_organic.sync.chart_extract import ChartExtract
from tiktok_organic.sync.order import Fetched, Order, Progress
from tiktok_organic.sync.owner import days
from tiktok_organic.sync.source import ArchivedSource
from tiktok_organic.tiktok.findings import Findings
from tiktok_organic.tiktok.models import Day, Video
from tiktok_organic.warehouse.base import Load, Warehouse

__all__ = ["LoadResult", "load"]

_PROFILE = "profile"
_DAILY = "profile_daily_metric"


@dataclass
class LoadResult:
    """What one commit wrote. `days`: a digest for each day that it wrote, read from TikTok at `read_at`; `stored`: all
    days that have their row now, None where the sync did not concern them."""

    rows: dict[str, int] = field(default_factory=dict)
    days: dict[date, str] = field(default_factory=dict)
    stored: set[date] | None = None
    read_at: datetime | None = None
    username: str = ""
    display_name: str | None = None
    profile_image: str | None = None
    followers: int | None = None
    findings: Findings = field(default_factory=Findings)
    figures: ChartExtract = field(default_factory=ChartExtract)
    bytes_billed: int | None = None


def load(
    order: Order,
    fetched: Fetched,
    archive: Archive,
    warehouse: Warehouse,
    clock: Clock,
    progress: Progress,
) -> LoadResult:
    """Write the rows of every report that was fetched completely. Raises DestinationRefused, DestinationBusy, Conflict
    when the dataset holds another account's rows, and Refused when the archive has lost an answer; then nothing was
    written."""
    result = LoadResult()
    source = _Watched(ArchivedSource(archive, fetched, result.findings), result)
    reports = [name for name in order.reports if name not in fetched.failed]
    if not reports:
        return result
    result.username = _username(order, fetched, source, result)
    context = Context(order.account_id, result.username, order.sync_date, clock.now())
    stored = days(warehouse, order.dataset, order.account_id) if _DAILY in order.reports else None
    with warehouse.load(order.dataset, run=order.run_id, attempt=order.attempt) as loading:
        for name in order.reports:
            loading.declare(REPORTS[name].table)
        for name in reports:
            _stage(name, REPORTS[name].rows(source, context), loading, progress)
        former = {order.username, *order.former_usernames} - {result.username}
        if former and _PROFILE in reports:
            loading.forget(REPORTS[_PROFILE].table, "username", sorted(former))
        done = loading.commit()
    result.rows = {name: done.rows.get(name, 0) for name in reports}
    result.stored = stored | set(result.days) if stored is not None else None
    result.bytes_billed = done.bytes_billed
    for table, count in done.replaced_characters.items():
        result.findings.characters_replaced(table, count)
    return result


def _stage(name: str, rows: Iterator[Row], loading: Load, progress: Progress) -> None:
    table, count = REPORTS[name].table, 0
    for batch in table.batches(rows):
        loading.stage(table, batch)
        count += batch.num_rows
        progress.loading(name, count)


def _username(order: Order, fetched: Fetched, source: _Watched, result: LoadResult) -> str:
    """The name of the moment; the known one when TikTok left it out."""
    if fetched.account is None:
        return order.username
    account = source.account()
    result.figures.saw_account(account)
    result.display_name = account.display_name
    result.profile_image = account.profile_image
    result.followers = account.followers_count
    return account.username or order.username


class _Watched:
    """A source that takes note of what passes by."""

    def __init__(self, source: ArchivedSource, result: LoadResult) -> None:
        self._source = source
        self._result = result
        self.account = source.account

    def days(self) -> Iterator[Day]:
        for day in self._source.days():
            self._result.days[day.date] = digest(day)
            self._result.figures.saw_day(day)
            yield day
        self._result.read_at = (
            datetime.fromisoformat(self._source.read_at) if self._source.read_at else None
        )

    def videos(self) -> Iterator[Video]:
        for video in self._source.videos():
            self._result.figures.saw_video(video)
            yield video
