"""The warnings of a sync that was loaded, as sentences for its run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tiktok_organic.connector import Connector
from tiktok_organic.reports import VIDEO_REPORT
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.clock_skew import clock_is_right, skew_words
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.loading.load_result import LoadResult
from tiktok_organic.sync.run import PartState, Run
from tiktok_organic.tiktok.scopes import SCOPES

__all__ = ["warnings"]

_MOST_NAMED = 5


def warnings(
    task: AttemptTask,
    part: FetchSummary,
    result: LoadResult,
    connector: Connector,
    others: Sequence[Run],
) -> Iterator[str]:
    """Yield the warnings of an attempt that loaded its answers.

    `others`: the other runs that the load changes.
    """
    yield from part.warnings
    yield from _about_account(part, result, connector)
    yield from _about_warehouse(result)
    lacking = [run for run in others if _is_gone(run)]
    if result.loads_missing_since is not None:
        yield _older_copy(task, lacking)


def _about_account(part: FetchSummary, result: LoadResult, connector: Connector) -> Iterator[str]:
    # A wrong clock computes a wrong range of days that TikTok still serves; days recorded as lost
    # by mistake would never be requested again.
    if not clock_is_right(part.clock_ahead):
        yield (
            f"This machine's clock is {skew_words(part.clock_ahead or 0.0)}. Correct it (NTP): "
            "no day is recorded as lost meanwhile."
        )
    missing = [scope for scope in SCOPES if scope not in connector.scopes]
    if missing and not part.withheld_scopes:
        yield f"Columns stay empty because these permissions were withheld: {', '.join(missing)}"
    if result.username and result.username != connector.username:
        yield (f"The account's username changed from {connector.username} to {result.username}")
    listed = result.rows.get(VIDEO_REPORT)
    counted = result.account.videos_count if result.account is not None else None
    # A warning and not an error: it is unknown whether `videos_count` includes posts that appear
    # only in ads, which the list of videos lacks.
    if listed is not None and counted is not None and listed < counted:
        yield (
            f"TikTok listed {listed:,} videos and counts {counted:,}. Rows of the others are "
            "missing from this snapshot."
        )


def _about_warehouse(result: LoadResult) -> Iterator[str]:
    for name, reason in result.refused_tables.items():
        yield (
            f"The table {name} was not written: {reason}. Rename it, or let the connector fill "
            "another dataset."
        )
    if result.reports_alone:
        yield (
            "The reports were loaded without the history tables and views, which the warehouse "
            f"did not accept: {result.reports_alone} The next sync tries them again."
        )
    for name, reason in result.refused_views.items():
        yield f"The view {name} was not made: {reason}"


def _is_gone(run: Run) -> bool:
    return any(part.state is PartState.GONE for part in run.fetched)


def _older_copy(task: AttemptTask, lacking: Sequence[Run]) -> str:
    text = (
        "The warehouse lacks rows that were loaded before: an older copy was restored, or tables "
        "were deleted. The days are read again."
    )
    if not lacking:
        return text
    ids = [run.id for run in lacking]
    named = ", ".join(ids[:_MOST_NAMED]) + (" …" if len(ids) > _MOST_NAMED else "")
    return (
        f"{text} The snapshots of {len(ids)} syncs are missing ({named}); a replay into the "
        f"dataset {task.dataset} writes them again from the archive."
    )
