"""How a run is shown to people."""

from __future__ import annotations

from tiktok_organic.actions.documents import run_document
from tiktok_organic.cli import output as out
from tiktok_organic.store.runs import Run

__all__ = ["show_run"]


def show_run(run: Run) -> None:
    """One run: its reports, what went wrong, what was odd."""
    document = run_document(run)
    window = document["window"]
    out.show(
        f"Run {run.id}: {run.status}. Moment {document['sync_date']}, days {window['from']} to {window['to']}, "
        f"{run.requests} requests."
    )
    rows = []
    for name, report in document["reports"].items():
        error = report.get("error") or {}
        rows.append((name, report["status"], f"{report['rows']:,}", error.get("message", "")))
    out.show_table("", ("TABLE", "STATUS", "ROWS", ""), rows, right=("ROWS",))
    for warning in document["warnings"]:
        out.show(f"Warning: {warning}")
    if document["lost_days"]:
        out.show(f"Lost for ever (beyond TikTok's 60 days): {', '.join(document['lost_days'])}")
    for kind, counts in document["findings"].items():
        if kind != "examples":
            told = ", ".join(f"{name} ({count})" for name, count in counts.items())
            out.show(f"{kind.replace('_', ' ').capitalize()}: {told}")
    error = document["error"] or next((r["error"] for r in document["reports"].values() if r.get("error")), None)
    if error:
        out.show(f"What to do: {error['advice']}")
