"""The first half of a sync: ask TikTok, archive the answers, and list which answer serves what."""

from __future__ import annotations

from tiktok_organic.clock import timestamp
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.fetching.fetch_account import fetch_account
from tiktok_organic.sync.fetching.fetch_context import FetchContext
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.fetching.fetch_videos import VideoPages
from tiktok_organic.sync.fetching.open_reports import OpenReports
from tiktok_organic.sync.fetching.refused_fields import Fields
from tiktok_organic.sync.fetching.token_scopes import TokenScopes
from tiktok_organic.tiktok.read_video_pages import spread, walk
from tiktok_organic.tiktok.scopes import CURVES, VIDEO_FIELDS, granted_fields

__all__ = ["fetch"]


def fetch(task: AttemptTask, context: FetchContext) -> FetchSummary:
    """Fetch everything that the reports of `task` need.

    Reports that cannot be completed are in `failed`; the archive's summary is then complete as
    well. Raises only errors that make the whole attempt useless (the archive cannot be written, or
    WrongKey).
    """
    fetched = FetchSummary(
        archive=context.recording.name,
        account_id=task.account_id,
        username=task.username,
        sync_date=timestamp(task.sync_date) or "",
        reports=list(task.reports),
    )
    reports = OpenReports(task, fetched)
    scopes = TokenScopes(task.scopes, context.scopes_now, fetched)
    reports.fail_without_scope(scopes.present)
    pages = VideoPages(_video_fields(task), context, scopes.narrow)
    # The first page is requested together with the account: the sync of a small account consists
    # of little else than the latency of these two requests.
    first = pages.begin() if reports.of("videos") else None
    count: int | None = None
    if reports.of("account"):
        with reports.failing("account"):
            count = fetch_account(task, context, fetched, reports, scopes)
    reports.fail_without_token()
    if first is not None and reports.of("videos"):
        with reports.failing("videos"):
            begun = first.result()
            pages.announce()  # the account may have been announced after the first page
            plan = pages.plan(count, begun)
            if plan.workers > 1:
                spread(pages.page, begun.page, plan, begun.newest)
            else:
                walk(pages.page, begun.page)
            _record_list(fetched, pages, count)
        fetched.refused_fields.extend(f"video.{name}" for name in pages.fields.refused)
    elif first is not None:
        first.exception()  # nothing is archived after the attempt
    fetched.clock_ahead = context.tiktok.clock_ahead
    fetched.answer_bytes = context.recording.answer_bytes
    # Last: a file without this summary is an interrupted attempt and is never loaded.
    context.recording.complete(fetched.document())
    return fetched


def _video_fields(task: AttemptTask) -> Fields:
    """Return the granted fields of videos; the curves only if they were ordered."""
    granted = granted_fields(VIDEO_FIELDS, task.scopes)
    names = [name for name in granted if task.curves or name not in CURVES]
    return Fields(names, kept=("item_id",))


def _record_list(fetched: FetchSummary, pages: VideoPages, count: int | None) -> None:
    """Record a complete list; `count`: TikTok's number of videos.

    The list may be longer than that ("only show in ads" posts).
    """
    listed = len(pages.videos)
    fetched.videos = sorted(pages.numbers)
    fetched.videos_counted, fetched.videos_listed = count, listed
    fetched.known_videos = pages.remembered()
    # Only a warning: posts that TikTok removed for violations are not listed (facts 3.2).
    if count is not None and listed < count:
        fetched.warnings.append(f"TikTok counts {count} public videos, its list has {listed}.")
