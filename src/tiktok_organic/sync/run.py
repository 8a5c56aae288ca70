"""One run as a value: a sync that was ordered, its attempts, and their results.

`run_status.py` has the states, with a drawing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from tiktok_organic.errors import Facts
from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.run_status import (
    UNFINISHED,
    ErrorDocument,
    ReportResult,
    RunStatus,
    cause,
    stored_count,
)

__all__ = [
    "FetchedPart",
    "PartState",
    "Run",
    "RunNotes",
]


class PartState(StrEnum):
    """The state of the answers of one completely fetched attempt."""

    FETCHED = "fetched"
    """Set when the archive has them all. They can be loaded without asking TikTok."""
    LOADED = "loaded"
    """Set in the transaction that records the load. `replay` reads these parts."""
    REFUSED = "refused"
    """Set if the warehouse refused them: like FETCHED, but later runs need not wait for them."""
    SET_ASIDE = "set_aside"
    """Set if a later run was loaded while these were refused.

    They are never loaded: their older values would replace newer ones.
    """
    GONE = "gone"
    """Set if a later sync notices that an older copy of the warehouse was restored.

    The copy lacks these rows. `replay` writes them again and sets LOADED.
    """
    LOST = "lost"
    """Set if the archive's file is certainly damaged or missing. They are never loaded."""

    @property
    def loadable(self) -> bool:
        """Whether a load may be tried."""
        return self in (PartState.FETCHED, PartState.REFUSED)


@dataclass(frozen=True)
class FetchedPart:
    """The complete answers of one attempt: `summary` lists which archived answers serve what."""

    summary: FetchSummary
    state: PartState = PartState.FETCHED

    @property
    def archive(self) -> str:
        """The name of the archive's file."""
        return self.summary.archive

    @property
    def loaded(self) -> bool:
        """Whether its rows are in the warehouse."""
        return self.state is PartState.LOADED

    def document(self) -> dict[str, Any]:
        """Return the stored JSON document."""
        return {"state": str(self.state), "summary": self.summary.document()}

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> FetchedPart:
        """The part that `document` describes."""
        summary = FetchSummary.from_document(dict(document["summary"]))
        return FetchedPart(summary, PartState(document["state"]))


@dataclass(frozen=True)
class RunNotes:
    """Notes of the attempts. `curves`: the order also requests the videos' curves."""

    curves: bool = False
    warnings: tuple[str, ...] = ()
    findings: Mapping[str, Any] = field(default_factory=dict)
    lost_days: tuple[str, ...] = ()
    refused_fields: tuple[str, ...] = ()
    bytes_billed: int | None = None

    def document(self) -> dict[str, Any]:
        """Return the stored JSON document."""
        return {
            "curves": self.curves,
            "warnings": list(self.warnings),
            "findings": dict(self.findings),
            "lost_days": list(self.lost_days),
            "refused_fields": list(self.refused_fields),
            "bytes_billed": self.bytes_billed,
        }

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> RunNotes:
        """Return the notes of `document`; missing or invalid members are empty."""
        return RunNotes(
            curves=bool(document.get("curves")),
            warnings=_texts(document.get("warnings")),
            findings=found if isinstance(found := document.get("findings"), dict) else {},
            lost_days=_texts(document.get("lost_days")),
            refused_fields=_texts(document.get("refused_fields")),
            bytes_billed=stored_count(document.get("bytes_billed")),
        )


@dataclass(frozen=True)
class Run:
    """A sync as it was ordered, and its progress.

    `kind`: sync or recovery. `requested_by`: person or schedule. `sync_date`: set by the order, the
    same in every attempt, but corrected if the clock was wrong and nothing is loaded.
    `window_start`, `window_end`: the first and last requested day (UTC). `results`: per report; a
    report without an entry was not attempted yet. `fetched`: the complete answers, oldest attempt
    first. `loaded`: rows of any part are in the warehouse. `requests`, `throttled`: HTTP requests
    and throttled answers over all attempts. All times are UTC.
    """

    id: str
    connector_id: str
    connector_name: str
    kind: str
    requested_by: str
    sync_date: datetime
    status: RunStatus
    attempt: int
    reports: tuple[str, ...]
    window_start: date
    window_end: date
    results: Mapping[str, ReportResult]
    requests: int
    throttled: int
    fetched: tuple[FetchedPart, ...]
    loaded: bool
    error: ErrorDocument | None
    notes: RunNotes
    progress: Mapping[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    next_attempt_at: datetime | None

    @property
    def unfinished(self) -> bool:
        """Whether it has no result yet."""
        return self.status in UNFINISHED

    @property
    def succeeded(self) -> bool:
        """Whether every report is loaded."""
        return self.status is RunStatus.SUCCEEDED

    @property
    def loadable(self) -> bool:
        """Whether it is completely fetched and can be loaded without asking TikTok."""
        return bool(self.fetched) and self.fetched[-1].state.loadable

    @property
    def refused(self) -> bool:
        """Whether the warehouse refused the fetched answers."""
        return bool(self.fetched) and self.fetched[-1].state is PartState.REFUSED

    @property
    def set_aside(self) -> bool:
        """Whether a later run was loaded instead, so that this one is never loaded."""
        return bool(self.fetched) and self.fetched[-1].state is PartState.SET_ASIDE

    @property
    def about(self) -> Facts:
        """The facts that every error of this run has."""
        return {
            "run": self.id,
            "connector": self.connector_id,
            "connector_name": self.connector_name,
        }

    @property
    def rows(self) -> int:
        """The rows written over all reports."""
        return sum(result.rows for result in self.results.values())

    @property
    def open_reports(self) -> tuple[str, ...]:
        """The reports that are not in the warehouse yet."""
        return tuple(
            name
            for name in self.reports
            if name not in self.results or not self.results[name].succeeded
        )

    @property
    def cause(self) -> ErrorDocument | None:
        """The error of a run that failed or is partial."""
        return cause(self.error, self.results.values())


def _texts(stored: object) -> tuple[str, ...]:
    return tuple(one for one in stored if isinstance(one, str)) if isinstance(stored, list) else ()
