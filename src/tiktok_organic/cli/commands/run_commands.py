"""The commands that show what was synced: coverage, runs, run."""

from __future__ import annotations

from typing import Annotated

import typer

from tiktok_organic.cli.options import CONNECTOR, JSON, open_app, within
from tiktok_organic.cli.output import output as out
from tiktok_organic.cli.output.output import Output, reporting_errors
from tiktok_organic.cli.output.run_result import document_of, print_run

__all__ = ["coverage", "run", "runs"]


def coverage(connector: CONNECTOR, json: JSON = False) -> None:
    """Show the state of every day: final, provisional, missing or lost."""
    from tiktok_organic.actions.data.coverage import coverage as cover

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        document = cover(app, app.connectors.get(connector))

        def words() -> None:
            out.show(
                ", ".join(
                    f"{count} {status}" for status, count in document["summary"].items() if count
                )
                or "no days yet"
            )
            out.show(
                "final: read twice with the same values. provisional: stored, read again by the "
                "next syncs."
            )
            out.show(
                "missing: TikTok has not given it yet. lost: it never will. DAYS LEFT: how long "
                "it can still be asked."
            )
            rows = [
                (day["date"], day["status"], _left(day["days_left"])) for day in document["days"]
            ]
            out.show_table("", ("DAY", "STATUS", "DAYS LEFT"), rows, right=("DAYS LEFT",))

        output.document(document, words)


def runs(
    connector: Annotated[
        str | None, typer.Argument(metavar="[CONNECTOR]", help="Name or id of a connector.")
    ] = None,
    limit: Annotated[int, typer.Option(help="At most this many.")] = 100,
    json: JSON = False,
) -> None:
    """List the runs, newest first."""
    output = Output(json=json)
    with reporting_errors(output):
        within("--limit", limit, 1, 1_000_000, example="20")
        app = open_app()
        found = app.runs.newest(app.connectors.get(connector).id if connector else None, limit)

        def words() -> None:
            if not found:
                out.show("No runs yet. `tiktok-organic sync CONNECTOR` creates one.")
                return
            rows = [
                (
                    r.id,
                    r.connector_name,
                    r.kind,
                    r.status,
                    f"{r.rows:,}",
                    r.requests,
                    f"{r.sync_date:%Y-%m-%d %H:%M:%S}",
                )
                for r in found
            ]
            names = ("RUN", "CONNECTOR", "KIND", "STATUS", "ROWS", "REQUESTS", "SYNC DATE (UTC)")
            out.show_table("", names, rows, right=("ROWS", "REQUESTS"))

        output.document([document_of(each) for each in found], words)


def run(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID", help="Id of a run.")],
    json: JSON = False,
) -> None:
    """Show one run with its reports, requests and errors."""
    output = Output(json=json)
    with reporting_errors(output):
        found = open_app().runs.get(run_id)
        output.document(document_of(found), lambda: print_run(found))


def _left(days: int | None) -> str:
    if days is None:
        return ""
    return "until today" if days == 0 else str(days)
