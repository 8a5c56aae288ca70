"""Print a run for people."""

from __future__ import annotations

from typing import Any

from tiktok_organic.actions.runs.run_document import run_document
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.cli.output import output as out
from tiktok_organic.errors import facts_of
from tiktok_organic.reports import DAILY_REPORT
from tiktok_organic.sync.run import Run

__all__ = ["show_run"]

# parallel pages overlap, so a video is often seen twice
_NO_NEWS = (
    "examples",
    "unknown_fields",
    "repeated_records",
)


def show_run(run: Run) -> None:
    """Print one run: its reports, errors, findings, and what happens next."""
    document = run_document(run, advice_for)
    window, reports = document["window"], document["reports"]
    out.show(f"{run.kind.capitalize()} {run.status}: run {run.id}, {run.requests} requests")
    out.show(
        f"Sync date {run.sync_date:%Y-%m-%d %H:%M:%S} UTC, days {window['from']} to {window['to']}"
    )
    rows = [
        (
            name,
            report["status"],
            f"{report['rows']:,}",
            (report.get("error") or {}).get("message", ""),
        )
        for name, report in reports.items()
    ]
    out.show_table("", ("TABLE", "STATUS", "ROWS", ""), rows, right=("ROWS",))
    asked, came = (run.window_end - run.window_start).days + 1, reports.get(DAILY_REPORT, {})
    if came.get("status") == "succeeded" and came["rows"] < asked:
        out.show(
            f"{asked - came['rows']} of {asked} days have no data: TikTok returns a day 24 to 48 "
            "hours after its end, and"
        )
        out.show("none from before analytics were switched on. The next syncs request them again.")
    for warning in document["warnings"]:
        out.show(f"Warning: {warning}")
    if document["bytes_billed"] is not None:
        out.show(f"The warehouse billed {document['bytes_billed'] / 1_000_000:,.0f} MB for it.")
    if document["lost_days"]:
        out.show(f"Lost permanently (beyond TikTok's 60 days): {', '.join(document['lost_days'])}")
    _show_findings(document["findings"])
    error = run.cause
    if error:
        code = "set_aside" if run.set_aside else error["code"]
        out.show(f"What to do: {advice_for(code, {**run.about, **facts_of(error)})}")
    if run.next_attempt_at is not None:
        out.show(f"`tiktok-organic serve` retries it at {run.next_attempt_at:%Y-%m-%d %H:%M} UTC.")


def _show_findings(findings: dict[str, Any]) -> None:
    unknown = findings.get("unknown_fields")
    if unknown:
        out.show(
            f"TikTok sent {len(unknown)} fields that this version does not know; they are in the "
            "archive."
        )
    for kind, counts in findings.items():
        if kind not in _NO_NEWS:
            listed = ", ".join(f"{name} ({count})" for name, count in counts.items())
            out.show(f"{kind.replace('_', ' ').capitalize()}: {listed}")
