"""The commands for a connector's tables: replay, move."""

from __future__ import annotations

from typing import Annotated

import typer

from tiktok_organic.cli.advice import error_document
from tiktok_organic.cli.options import CONNECTOR, JSON, open_app
from tiktok_organic.cli.output import output as out
from tiktok_organic.cli.output.output import Output, reporting_errors, say
from tiktok_organic.cli.output.run_result import exit_unless

__all__ = ["move", "replay"]


def replay(
    connector: CONNECTOR,
    dataset: Annotated[str, typer.Option(help="Dataset that the tables are built in.")],
    run: Annotated[str | None, typer.Option(metavar="RUN_ID", help="This run alone.")] = None,
    json: JSON = False,
) -> None:
    """Rebuild the tables from the archive, without asking TikTok."""
    from tiktok_organic.actions.runs.replay import replay as play
    from tiktok_organic.cli.output.progress_display import showing_progress

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        found = app.connectors.get(connector)
        with showing_progress(f"replay {found.name}") as progress:
            document = play(app, found, dataset, run, progress)
        for skipped in document["skipped"]:
            skipped["error"] = error_document(skipped["error"], connector=found.id)

        def words() -> None:
            out.show(f"{document['runs']} runs were replayed into {document['dataset']}.")
            written = [(table, f"{rows:,}") for table, rows in document["rows"].items()]
            out.show_table("", ("TABLE", "ROWS WRITTEN"), written, right=("ROWS WRITTEN",))

        output.document(document, words)
        for skipped in document["skipped"]:
            say(f"Error: run {skipped['run_id']} was skipped: {skipped['error']['message']}")
        if document["skipped"]:
            say(document["skipped"][0]["error"]["advice"])
    exit_unless(not document["skipped"])


def move(
    connector: CONNECTOR,
    to: Annotated[str, typer.Option(help="Address of the new warehouse.")],
    dataset: Annotated[
        str | None, typer.Option(help="Dataset there; the same name by default.")
    ] = None,
    json: JSON = False,
) -> None:
    """Move a connector's tables, with their history, to another warehouse or dataset."""
    from tiktok_organic.actions.connectors.connector_events import record_in_shell, what_of
    from tiktok_organic.actions.connectors.move_connector import move as move_tables
    from tiktok_organic.cli.output.progress_display import showing_progress

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        found = app.connectors.get(connector)
        with showing_progress(f"move {found.name}") as progress:
            document = move_tables(app, found, to, dataset, progress)
        place = f"{document['dataset']} at {document['destination']}"
        record_in_shell(app, what_of(found, f"moved to {place}"))

        def words() -> None:
            out.show(
                f"{found.name!r} writes to {document['dataset']} at {document['destination']} "
                "from now on."
            )
            moved = [(table, f"{rows:,}") for table, rows in document["moved_rows"].items()]
            out.show_table("", ("TABLE", "ROWS COPIED"), moved, right=("ROWS COPIED",))
            out.show(
                f"The former tables were not deleted:  {found.dataset} at {document['moved_from']}."
            )

        output.document(document, words)
