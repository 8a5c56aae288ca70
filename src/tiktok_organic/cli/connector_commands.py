"""The commands for connectors, such as connect, edit, pause and remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiktok_organic.cli import output as out
from tiktok_organic.cli.options import CONNECTOR, JSON, open_app
from tiktok_organic.cli.output import Output, answering, say

if TYPE_CHECKING:
    from tiktok_organic.app import App
    from tiktok_organic.connector import Connector

__all__ = ["connect", "connectors", "edit", "pause", "reconnect", "remove", "resume", "show"]


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
    from tiktok_organic.cli.consent_dialogue import connect_account

    output = Output(json=json)
    with answering(output):
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
    from tiktok_organic.cli.consent_dialogue import reconnect_account

    output = Output(json=json)
    with answering(output):
        app = open_app()
        ended_well = reconnect_account(app, output, app.connectors.get(connector))
    if not ended_well:
        raise typer.Exit(1)


def connectors(json: JSON = False) -> None:
    """List the connectors."""
    from tiktok_organic.actions.documents import connector_document

    output = Output(json=json)
    with answering(output):
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
                    _run_words(d["last_run"]),
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
    with answering(output):
        app = open_app()
        _print(app, output, app.connectors.get(connector), None)


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
    from tiktok_organic.actions import connect as connecting
    from tiktok_organic.actions.connector_events import changed_what, record_in_shell

    output = Output(json=json)
    with answering(output):
        app = open_app()
        found = app.connectors.get(connector)
        changed = connecting.edit(
            app,
            found,
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
        _print(app, output, changed, "was changed")


def pause(connector: CONNECTOR, json: JSON = False) -> None:
    """Stop scheduled syncs of a connector."""
    from tiktok_organic.actions import pause_resume_remove
    from tiktok_organic.actions.connector_events import record_in_shell, what_of

    output = Output(json=json)
    with answering(output):
        app = open_app()
        paused = pause_resume_remove.pause(app, app.connectors.get(connector))
        record_in_shell(app, what_of(paused, "paused"))
        _print(app, output, paused, "is paused")


def resume(connector: CONNECTOR, json: JSON = False) -> None:
    """Start scheduled syncs of a paused connector again."""
    from tiktok_organic.actions import pause_resume_remove
    from tiktok_organic.actions.connector_events import record_in_shell, what_of

    output = Output(json=json)
    with answering(output):
        app = open_app()
        resumed = pause_resume_remove.resume(app, app.connectors.get(connector))
        record_in_shell(app, what_of(resumed, "resumed"))
        _print(app, output, resumed, "goes on")


def remove(
    connector: CONNECTOR,
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Delete its tables and its archive as well.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JSON = False,
) -> None:
    """Remove a connector. Its data remains unless you confirm its deletion twice."""
    from tiktok_organic.actions import pause_resume_remove
    from tiktok_organic.actions.connector_events import record_in_shell
    from tiktok_organic.errors import Refused

    output = Output(json=json)
    with answering(output):
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
            kept = (
                "Its tables and its archive were deleted."
                if delete_data
                else (f"Its data stays: dataset {found.dataset} at {document['destination']}.")
            )
            out.show(f"{found.name!r} was removed. {kept}")

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


def _print(app: App, output: Output, found: Connector, event: str | None) -> None:
    from tiktok_organic.actions.documents import connector_document

    document = connector_document(found, app.runs.last().get(found.id))

    def words() -> None:
        if event:
            out.show(f"{found.name!r} {event}.")
        for name, value in document.items():
            out.show(f"  {name.replace('_', ' '):<18} {_words(value)}")

    output.document(document, words)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return _run_words(value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "–" if value is None else str(value)


def _run_words(run: dict[str, Any] | None) -> str:
    return f"{run['status']} {run['sync_date'][:16].replace('T', ' ')}" if run else "never"
