"""The page of a run, from the stored run: every part exists, whatever the store contains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tiktok_organic.store.connectors.chart_data import whole_number
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import ReportStatus
from tiktok_organic.web.errors.problems import Problem, stored_problem

__all__ = ["Finding", "ReportLine", "RunContent", "RunLine", "run_content", "run_line"]


@dataclass(frozen=True)
class ReportLine:
    """One report of a run; `rows` is None if unknown."""

    name: str
    status: ReportStatus
    rows: int | None
    problem: Problem | None


@dataclass(frozen=True)
class Finding:
    """A finding on a run: its kind, and how often it occurred at which field."""

    kind: str
    counts: tuple[tuple[str, int], ...]
    text: str


@dataclass(frozen=True)
class RunContent:
    """The typed columns of a `run`, and the content of its JSON columns."""

    run: Run
    reports: tuple[ReportLine, ...]
    problem: Problem | None
    warnings: tuple[str, ...]
    findings: tuple[Finding, ...]
    lost_days: tuple[str, ...]
    refused_fields: tuple[str, ...]
    bytes_billed: int | None


@dataclass(frozen=True)
class RunLine:
    """A run in a list; `rows` is None if nothing was written."""

    run: Run
    rows: int | None
    problem: Problem | None


def run_line(run: Run) -> RunLine:
    """Return a run for a list."""
    return RunLine(run, run.rows if run.results else None, stored_problem(run.cause, run.about))


def run_content(run: Run) -> RunContent:
    """Return a run for its own page."""
    notes = run.notes
    loaded = _mapping(_mapping(run.progress).get("tables")) if run.unfinished else {}
    return RunContent(
        run=run,
        reports=tuple(_report(run, name, loaded.get(name)) for name in run.reports),
        problem=stored_problem(run.error, run.about, "set_aside" if run.set_aside else ""),
        warnings=notes.warnings,
        findings=tuple(_findings(notes.findings)),
        lost_days=notes.lost_days,
        refused_fields=notes.refused_fields,
        bytes_billed=notes.bytes_billed,
    )


def _report(run: Run, name: str, loaded: object) -> ReportLine:
    result = run.results.get(name)
    if result is None:
        return ReportLine(name, ReportStatus.SKIPPED, whole_number(loaded), None)
    return ReportLine(name, result.status, result.rows, stored_problem(result.error, run.about))


def _findings(stored: object) -> list[Finding]:
    found = []
    for kind, counts in _mapping(stored).items():
        if kind == "examples" or not counts:
            continue
        label = str(kind).replace("_", " ").capitalize()
        if isinstance(counts, Mapping):
            pairs = ((str(name), whole_number(count)) for name, count in counts.items())
            each = tuple((name, count) for name, count in pairs if count is not None)
            found.append(Finding(label, each, ""))
        else:
            found.append(Finding(label, (), ", ".join(_texts(counts)) or str(counts)))
    return found


def _texts(stored: object) -> tuple[str, ...]:
    return tuple(str(one) for one in stored if one) if isinstance(stored, list) else ()


def _mapping(stored: object) -> Mapping[str, Any]:
    return stored if isinstance(stored, Mapping) else {}
