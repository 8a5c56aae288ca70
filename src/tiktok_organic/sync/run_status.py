"""The states of a run, the results of its reports, and the rules between them. Pure.

The states of a run::

     order                 attempt begins              every report loaded
    ───────▶  WAITING  ───────────────────▶  RUNNING  ─────────────────────▶  SUCCEEDED
                 ▲                            │ │ │
                 │   released: stop, no key   │ │ │    some reports loaded
                 └────────────────────────────┘ │ └────────────────────────▶  PARTIAL ──┐
                                                │      no report loaded                 │
                                                └──────────────────────────▶  FAILED ───┤
                                                                                        │
                                            RUNNING  ◀──────────────────────────────────┘
                              at `next_attempt_at`, or when fetched answers wait to be loaded

A waiting or running run that is given up or cancelled becomes PARTIAL if an earlier attempt has
loaded some of its reports, and FAILED otherwise. It is not attempted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tiktok_organic.errors import ReconnectNeeded, TikTokOrganicError

__all__ = [
    "UNFINISHED",
    "ErrorDocument",
    "ReportResult",
    "ReportStatus",
    "RunStatus",
    "cause",
    "failed_results",
    "results_when_ended",
    "status_of",
    "stored_count",
]

ErrorDocument = Mapping[str, Any]
"""`code`, `message` and `facts` of an error; the advice is composed when it is shown."""


class RunStatus(StrEnum):
    """The state of a run; see the drawing above."""

    WAITING = "waiting"
    """Set by the order, and by an attempt that was released. An engine or `sync` begins it."""
    RUNNING = "running"
    """Set when an attempt begins. After a kill it remains until another process takes the run."""
    SUCCEEDED = "succeeded"
    """Set by the attempt that loaded the last report. Nothing follows."""
    PARTIAL = "partial"
    """Set when some reports are loaded and the others are not; tried again as FAILED is."""
    FAILED = "failed"
    """Set when no report is loaded.

    Tried again at `next_attempt_at`; when its answers are complete they are loaded by the next sync
    as well.
    """


UNFINISHED = (RunStatus.WAITING, RunStatus.RUNNING)
"""The states in which a run has no result yet."""


class ReportStatus(StrEnum):
    """The result of one report of a run."""

    SUCCEEDED = "succeeded"
    """Its rows are in the warehouse; later attempts skip it."""
    FAILED = "failed"
    """It has no rows of this run; `error` has the reason. A later attempt requests it again."""
    SKIPPED = "skipped"
    """Shown for a report without a result yet; never stored."""


@dataclass(frozen=True)
class ReportResult:
    """The result of one report of a run: rows written, or the error."""

    status: ReportStatus
    rows: int = 0
    error: ErrorDocument | None = None

    @property
    def succeeded(self) -> bool:
        """Whether its rows are in the warehouse."""
        return self.status is ReportStatus.SUCCEEDED

    def document(self) -> dict[str, Any]:
        """Return the stored JSON document."""
        document = {"status": str(self.status), "rows": self.rows}
        return document if self.error is None else {**document, "error": dict(self.error)}

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> ReportResult:
        """The result that `document` describes."""
        status = ReportStatus(document["status"])
        rows, error = document.get("rows"), document.get("error")
        return ReportResult(
            status, stored_count(rows) or 0, error if isinstance(error, dict) else None
        )


def stored_count(stored: object) -> int | None:
    """Return a number of a stored document; None if it is not one that a counter can have."""
    return stored if isinstance(stored, int) and abs(stored) < 2**63 else None


def cause(error: ErrorDocument | None, results: Iterable[ReportResult]) -> ErrorDocument | None:
    """Return the error of a run: of several, one that later syncs do not solve automatically."""
    found = [one for one in (error, *(result.error for result in results)) if one]
    # Only a person can give the consent again; later syncs solve the other errors.
    revoked = (one for one in found if one.get("code") == ReconnectNeeded.code)
    return next(revoked, found[0] if found else None)


def status_of(results: Iterable[ReportResult]) -> RunStatus:
    """Return the status of a finished run with these results."""
    succeeded = {result.succeeded for result in results}
    if succeeded == {True}:
        return RunStatus.SUCCEEDED
    return RunStatus.PARTIAL if True in succeeded else RunStatus.FAILED


def failed_results(
    reports: Iterable[str], error: TikTokOrganicError | ErrorDocument
) -> dict[str, ReportResult]:
    """Return the same failure for each of the reports."""
    document = error.document() if isinstance(error, TikTokOrganicError) else dict(error)
    return {name: ReportResult(ReportStatus.FAILED, error=document) for name in reports}


def results_when_ended(
    reports: Iterable[str],
    results: Mapping[str, ReportResult],
    error: TikTokOrganicError | ErrorDocument,
) -> dict[str, ReportResult]:
    """Return the results of a run that `error` ends: its loaded reports remain loaded."""
    loaded = {name: result for name, result in results.items() if result.succeeded}
    return {**failed_results(reports, error), **loaded}
