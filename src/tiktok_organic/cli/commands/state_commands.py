"""The commands that change a connector's state: pause, resume, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tiktok_organic.cli.options import CONNECTOR, JSON, open_app
from tiktok_organic.cli.output import output as out
from tiktok_organic.cli.output.connector_output import print_connector
from tiktok_organic.cli.output.output import Output, reporting_errors, say

if TYPE_CHECKING:
    from tiktok_organic.connector import Connector

__all__ = ["pause", "remove", "resume"]


def pause(connector: CONNECTOR, json: JSON = False) -> None:
    """Stop scheduled syncs of a connector."""
    from tiktok_organic.actions.connectors import pause_resume_remove
    from tiktok_organic.actions.connectors.connector_events import record_in_shell, what_of

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        paused = pause_resume_remove.pause(app.connectors, app.connectors.get(connector))
        record_in_shell(app, what_of(paused, "paused"))
        print_connector(app, output, paused, "is paused")


def resume(connector: CONNECTOR, json: JSON = False) -> None:
    """Start scheduled syncs of a paused connector again."""
    from tiktok_organic.actions.connectors import pause_resume_remove
    from tiktok_organic.actions.connectors.connector_events import record_in_shell, what_of

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        resumed = pause_resume_remove.resume(
            app.connectors, app.connectors.get(connector), app.clock.now()
        )
        record_in_shell(app, what_of(resumed, "resumed"))
        print_connector(app, output, resumed, "goes on")


def remove(
    connector: CONNECTOR,
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Delete its tables and its archive as well.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JSON = False,
) -> None:
    """Remove a connector. Its data remains unless you confirm its deletion twice."""
    from tiktok_organic.actions.connectors import pause_resume_remove
    from tiktok_organic.actions.connectors.connector_events import record_in_shell
    from tiktok_organic.errors import Refused

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        found = app.connectors.get(connector)
        if not yes and not json and out.interactive():
            _ask_to_remove(found, delete_data)
        elif not yes and delete_data:
            raise Refused(
                "deleting data must be confirmed",
                code="not_confirmed",
            )
        document = pause_resume_remove.remove(app, found, delete_data=delete_data)
        removed = f"{found.name} ({found.id}){' with its data' if delete_data else ''}"
        record_in_shell(app, removed, "connector_removed")

        def words() -> None:
            effect = (
                "Its tables and its archive were deleted."
                if delete_data
                else (f"Its data stays: dataset {found.dataset} at {document['destination']}.")
            )
            out.show(f"{found.name!r} was removed. {effect}")

        output.document(document, words)


def _ask_to_remove(found: Connector, delete_data: bool) -> None:
    typer.confirm(
        f"Remove the connector {found.name!r} of @{found.username}?", abort=True, err=True
    )
    if delete_data:
        say("This deletes history that TikTok cannot return again.")
        typed = typer.prompt(
            f"Type the dataset's name ({found.dataset}) to delete its tables and archive", err=True
        )
        if typed.strip() != found.dataset:
            say("That is not its name; nothing was removed.")
            raise typer.Exit(1)
