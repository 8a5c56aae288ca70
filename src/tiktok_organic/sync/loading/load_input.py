"""One load as a value: what is loaded, and what was known before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tiktok_organic.reports.report import Context
from tiktok_organic.sync.attempt_task import AttemptTask
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.loading.dataset_before import DatasetBefore
from tiktok_organic.sync.loading.known_before_load import Known
from tiktok_organic.sync.loading.watched_source import WatchedSource
from tiktok_organic.tiktok.record_types import Account

__all__ = ["LoadInput"]


@dataclass(frozen=True)
class LoadInput:
    """One load: its answers, and what the store and the dataset held before it.

    `reports`: those that were fetched completely. `account`: None if it was not requested.
    """

    task: AttemptTask
    fetched: FetchSummary
    known: Known
    before: DatasetBefore
    reports: tuple[str, ...]
    source: WatchedSource
    account: Account | None
    context: Context
    loads_missing_since: datetime | None
