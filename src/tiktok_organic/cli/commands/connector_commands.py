"""The commands for connectors, such as connect, edit, pause and remove."""

from __future__ import annotations

from typing import Annotated

import typer

from tiktok_organic.cli.options import CONNECTOR, JSON, open_app
from tiktok_organic.cli.output import output as out
from tiktok_organic.cli.output.connector_output import print_connector, run_words
from tiktok_organic.cli.output.output import Output, reporting_errors

__all__ = ["connect", "connectors", "edit", "reconnect", "show"]


def connect(
    name: Annotated[str | None, typer.Option(help="Name of the connector; unique.")] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="Dataset (schema) in the warehouse; belongs to this connector."),
    ] = None,
    reports: Annotated[
        str | None, typer.Option(help="Comma-separated reports; all by default.")
    ] = None,
    destination: Annotated[str | None, typer.Option(help="Address of the warehouse.")] = None,
    schedule: Annotated[str | None, typer.Option(help="daily, weekly or off.")] = None,
    recover: Annotated[
        int | None, typer.Option(metavar="DAYS", help="Recover so many days of history, up to 60.")
    ] = None,
    sync: Annotated[bool, typer.Option("--sync", help="Sync at once.")] = False,
    views: Annotated[
        bool, typer.Option("--views/--no-views", help="Create the views in addition to the tables.")
    ] = True,
    json: JSON = False,
) -> None:
    """Connect a TikTok Business account in five steps.

    In a terminal, it asks for missing values.
    """
    from tiktok_organic.cli.commands.consent_dialogue import connect_account

    output = Output(json=json)
    with reporting_errors(output):
        ended_well = connect_account(
            open_app(),
            output,
            name=name,
            dataset=dataset,
            reports=None if reports is None else reports.split(","),
            destination=destination,
            schedule=schedule,
            recover=recover,
            sync=sync,
            views=views,
        )
    if not ended_well:
        raise typer.Exit(1)


def reconnect(connector: CONNECTOR, json: JSON = False) -> None:
    """Renew the consent for the same account, and sync."""
    from tiktok_organic.cli.commands.consent_dialogue import reconnect_account

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        ended_well = reconnect_account(app, output, app.connectors.get(connector))
    if not ended_well:
        raise typer.Exit(1)


def connectors(json: JSON = False) -> None:
    """List the connectors."""
    from tiktok_organic.actions.connectors.connector_document import connector_document

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        last = app.runs.last()
        documents = [
            connector_document(found, last.get(found.id)) for found in app.connectors.all()
        ]

        def table() -> None:
            if not documents:
                out.show(
                    "No connectors yet. `tiktok-organic connect` creates one; `tiktok-organic "
                    "demo` shows how it looks."
                )
                return
            rows = [
                (
                    d["name"],
                    d["id"],
                    f"@{d['username']}",
                    d["state"],
                    d["schedule"],
                    run_words(d["last_run"]),
                    d["next_due"],
                )
                for d in documents
            ]
            out.show_table(
                "", ("NAME", "ID", "ACCOUNT", "STATE", "SCHEDULE", "LAST RUN", "NEXT DUE"), rows
            )

        output.document(documents, table)


def show(connector: CONNECTOR, json: JSON = False) -> None:
    """Show one connector."""
    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        print_connector(app, output, app.connectors.get(connector), None)


def edit(
    connector: CONNECTOR,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    reports: Annotated[str | None, typer.Option(help="Comma-separated reports.")] = None,
    schedule: Annotated[str | None, typer.Option(help="daily, weekly or off.")] = None,
    hour: Annotated[int | None, typer.Option(help="Hour of the day, 0 to 23.")] = None,
    weekday: Annotated[
        str | None, typer.Option(help="Day of a weekly schedule, for example monday.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Time zone of the schedule, for example Europe/Berlin.")
    ] = None,
    lookback: Annotated[
        int | None, typer.Option(help="Days that every sync reads again, 1 to 60.")
    ] = None,
    views: Annotated[
        bool | None,
        typer.Option("--views/--no-views", help="Create the views in addition to the tables."),
    ] = None,
    json: JSON = False,
) -> None:
    """Change a connector."""
    from tiktok_organic.actions.connectors.connector_events import changed_what, record_in_shell
    from tiktok_organic.actions.connectors.edit_connector import edit_connector

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        found = app.connectors.get(connector)
        changed = edit_connector(
            app.connectors,
            found,
            app.clock.now(),
            name=name,
            reports=None if reports is None else reports.split(","),
            schedule=schedule,
            hour=hour,
            weekday=weekday,
            timezone=timezone,
            lookback=lookback,
            views=views,
        )
        record_in_shell(app, changed_what(found, changed))
        print_connector(app, output, changed, "was changed")
