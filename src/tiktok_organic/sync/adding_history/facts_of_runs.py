"""The facts of one run for its row in the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tiktok_organic.archive import Archive
from tiktok_organic.history.syncs import SyncFacts
from tiktok_organic.history.when_columns_are_filled import withheld_columns
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import ReportResult
from tiktok_organic.sync.window import Window

__all__ = ["FactsOfRuns", "report_facts"]


@dataclass(frozen=True)
class FactsOfRuns:
    """Collects the facts of an account's runs. `times_known` is false in a replay."""

    archive: Archive
    account_id: str
    product_version: str = ""
    times_known: bool = True
    scopes: tuple[str, ...] = ()

    def loaded(
        self, run: Run, fetched: FetchSummary, reports: Mapping[str, tuple[str, int]]
    ) -> SyncFacts:
        """Return the facts of a run with these answers; `reports`: status and rows of each."""
        return self._facts(
            run, fetched.username, fetched.window, reports, _cause(fetched), known=self.times_known
        )

    def failed(self, run: Run) -> SyncFacts:
        """Return the facts of a run that loaded nothing."""
        window = Window(run.window_start, run.window_end)
        reports = dict.fromkeys(run.reports, ("failed", 0))
        cause = None if run.cause is None else run.cause["message"]
        return self._facts(run, "", window, reports, cause, known=True)

    def _facts(
        self,
        run: Run,
        username: str,
        window: Window | None,
        reports: Mapping[str, tuple[str, int]],
        error: str | None,
        *,
        known: bool,
    ) -> SyncFacts:
        return SyncFacts(
            sync_date=run.sync_date,
            run_id=run.id,
            account_id=self.account_id,
            username=username,
            kind=run.kind,
            requested_by=run.requested_by,
            window=None if window is None else (window.start, window.end),
            reports=reports,
            requests=run.requests if known else None,
            answer_bytes=self._bytes(run) or None,
            started_at=run.started_at if known else None,
            finished_at=run.finished_at if known else None,
            error=error,
            product_version=self.product_version,
            withheld=withheld_columns(self.scopes),
        )

    def _bytes(self, run: Run) -> int:
        """Return the bytes of all archived answers of the run."""
        return sum(self._bytes_of(part.summary) for part in run.fetched)

    def _bytes_of(self, fetched: FetchSummary) -> int:
        if fetched.answer_bytes is not None:
            return fetched.answer_bytes
        # An attempt whose summary lacks the number: each answer in the archive has its own.
        return sum(int(head.get("bytes", 0)) for head in self.archive.heads(fetched.archive))


def report_facts(
    loaded: Iterable[str], fetched: FetchSummary, results: Mapping[str, ReportResult]
) -> dict[str, tuple[str, int]]:
    """Return status and rows of each report; those of the run's `results`, where there are some."""
    rows = {name: result.rows for name, result in results.items() if result.succeeded}
    return {
        **{name: ("succeeded", rows.get(name, 1)) for name in loaded},
        **dict.fromkeys(fetched.failed, ("failed", 0)),
    }


def _cause(fetched: FetchSummary) -> str | None:
    """Return the failures of a partly loaded sync."""
    failures = (f"{name}: {error['message']}" for name, error in fetched.failed.items())
    return "; ".join(failures) or None
