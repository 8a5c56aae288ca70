"""The commands for data: sync, recover, coverage, runs, run, replay, move."""

from __future__ import annotations

import contextlib
import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiktok_organic.cli import output as out
from tiktok_organic.cli.advice import advice_for, error_document
from tiktok_organic.cli.options import CONNECTOR, CURVES, JSON, WAIT, open_app, within
from tiktok_organic.cli.output import Output, answering, say
from tiktok_organic.cli.run_errors import explain

if TYPE_CHECKING:
    from tiktok_organic.app import App
    from tiktok_organic.connector import Connector
    from tiktok_organic.errors import TikTokOrganicError
    from tiktok_organic.sync.loading_pool import LoadingPlace
    from tiktok_organic.sync.run import Run
    from tiktok_organic.sync.stop import Stop

__all__ = ["coverage", "move", "recover", "replay", "run", "runs", "sync"]

_DAY = "YYYY-MM-DD"


def sync(
    connector: Annotated[
        str | None, typer.Argument(metavar="[CONNECTOR]", help="Name or id of a connector.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Sync every active connector.")] = False,
    at_once: Annotated[
        int | None, typer.Option(help="With --all: so many side by side, 1 to 64; 8 as a rule.")
    ] = None,
    wait: WAIT = False,
    curves: CURVES = False,
    json: JSON = False,
) -> None:
    """Sync now, and print the result."""
    from tiktok_organic.actions.store_outage import trials
    from tiktok_organic.actions.sync_now import sync as sync_now
    from tiktok_organic.cli.progress_display import showing_progress

    if (connector is None) != all_:
        raise typer.BadParameter("name one CONNECTOR, or give --all")
    if at_once is not None and not all_:
        raise typer.BadParameter("--at-once goes with --all")
    output = Output(json=json)
    with answering(output):
        if at_once is not None:
            within("--at-once", at_once, 1, 64, example="8")
        app = open_app()
        if connector is not None:
            found = app.connectors.get(connector)
            with showing_progress(found.name) as progress:
                for trial in trials(app.clock):
                    with trial:
                        ended = sync_now(
                            app,
                            found,
                            progress,
                            wait=wait or trial.since is not None,
                            curves=curves,
                            since=trial.since,
                        )
            output.document(_document(ended), lambda: _show(ended))
            explain(ended)
            _leave(all_well=ended.succeeded)
            return
        documents, well = _every(app, output, at_once or 8, wait=wait, curves=curves)
        output.document(documents, lambda: None)
    _leave(all_well=well)


def recover(
    connector: CONNECTOR,
    days: Annotated[
        int | None, typer.Option(help="So many days back, up to 60 (the default).")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar=_DAY, help="First day (UTC).")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar=_DAY, help="Last day (UTC); yesterday by default.")
    ] = None,
    wait: WAIT = False,
    curves: CURVES = False,
    json: JSON = False,
) -> None:
    """Recover history: the account's days, up to 60 back.

    Snapshots cannot be recovered: they have the present values.
    """
    from tiktok_organic.actions.order_run import window_for_recovery
    from tiktok_organic.actions.store_outage import trials
    from tiktok_organic.actions.sync_now import sync as sync_now
    from tiktok_organic.cli.progress_display import showing_progress

    output = Output(json=json)
    with answering(output):
        app = open_app()
        found = app.connectors.get(connector)
        window = window_for_recovery(
            app, found, start=_day("--from", from_), end=_day("--to", to), days=days
        )
        with showing_progress(found.name) as progress:
            for trial in trials(app.clock):
                with trial:
                    ended = sync_now(
                        app,
                        found,
                        progress,
                        window=window,
                        wait=wait or trial.since is not None,
                        curves=curves,
                        since=trial.since,
                    )
        output.document(_document(ended), lambda: _show(ended))
        explain(ended)
    _leave(all_well=ended.succeeded)


def coverage(connector: CONNECTOR, json: JSON = False) -> None:
    """Show the state of every day: final, provisional, missing or lost."""
    from tiktok_organic.actions.coverage import coverage as cover

    output = Output(json=json)
    with answering(output):
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
    with answering(output):
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
            names = ("RUN", "CONNECTOR", "KIND", "STATUS", "ROWS", "REQUESTS", "MOMENT (UTC)")
            out.show_table("", names, rows, right=("ROWS", "REQUESTS"))

        output.document([_document(each) for each in found], words)


def run(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID", help="Id of a run.")],
    json: JSON = False,
) -> None:
    """Show one run with its reports, requests and errors."""
    output = Output(json=json)
    with answering(output):
        found = open_app().runs.get(run_id)
        output.document(_document(found), lambda: _show(found))


def replay(
    connector: CONNECTOR,
    dataset: Annotated[str, typer.Option(help="Dataset that the tables are built in.")],
    run: Annotated[str | None, typer.Option(metavar="RUN_ID", help="This run alone.")] = None,
    json: JSON = False,
) -> None:
    """Rebuild the tables from the archive, without asking TikTok."""
    from tiktok_organic.actions.replay import replay as play
    from tiktok_organic.cli.progress_display import showing_progress

    output = Output(json=json)
    with answering(output):
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
    _leave(all_well=not document["skipped"])


def move(
    connector: CONNECTOR,
    to: Annotated[str, typer.Option(help="Address of the new warehouse.")],
    dataset: Annotated[
        str | None, typer.Option(help="Dataset there; the same name by default.")
    ] = None,
    json: JSON = False,
) -> None:
    """Move a connector's tables, with their history, to another warehouse or dataset."""
    from tiktok_organic.actions.connector_events import record_in_shell, what_of
    from tiktok_organic.actions.move_connector import move as move_tables
    from tiktok_organic.cli.progress_display import showing_progress

    output = Output(json=json)
    with answering(output):
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


def _every(
    app: App, output: Output, at_once: int, *, wait: bool, curves: bool
) -> tuple[list[Any], bool]:
    """Sync all connectors that are not paused; an error of one does not stop the others.

    Sorted by name.
    """
    from tiktok_organic.actions.store_outage import trials
    from tiktok_organic.actions.sync_all import sync_all
    from tiktok_organic.actions.sync_now import sync as sync_now
    from tiktok_organic.cli.progress_display import showing_many
    from tiktok_organic.sync.run import Run

    everyone = app.connectors.all()
    wanted = [connector for connector in everyone if connector.state != "paused"]
    for connector in everyone:
        if connector.state == "paused":
            say(f"{connector.name}: paused, skipped")
    documents: dict[str, Any] = {}
    well = True
    with showing_many(len(wanted)) as shown:

        def one(connector: Connector, stop: Stop, place: LoadingPlace) -> Run:
            progress = shown.progress(connector.name)
            for trial in trials(app.clock):
                with trial:
                    return sync_now(
                        app,
                        connector,
                        progress,
                        wait=wait or trial.since is not None,
                        curves=curves,
                        stop=stop,
                        since=trial.since,
                        place=place,
                    )
            raise AssertionError("the last trial returns or raises")

        with contextlib.closing(sync_all(app, wanted, one, at_once=at_once)) as results:
            for connector, ended in results:
                well = well and isinstance(ended, Run) and ended.succeeded
                with shown.ended():
                    documents[connector.id] = _told(connector, ended, output)
    return [documents[connector.id] for connector in wanted], well


def _told(connector: Connector, ended: Run | TikTokOrganicError, output: Output) -> dict[str, Any]:
    """Return its document; also print it for people."""
    from tiktok_organic.sync.run import Run

    if not isinstance(ended, Run):
        error = error_document(ended, connector=connector.id)
        say(f"{connector.name}: {ended.message}\n{error['advice']}")
        return {
            "connector": {"id": connector.id, "name": connector.name},
            "error": error,
        }
    if not output.json:
        out.show(connector.name)
        _show(ended)
    explain(ended)
    return _document(ended)


def _document(found: Run) -> dict[str, Any]:
    from tiktok_organic.actions.documents import run_document

    return run_document(found, advice_for)


def _show(found: Run) -> None:
    from tiktok_organic.cli.run_output import show_run

    show_run(found)


def _day(option: str, text: str | None) -> date | None:
    from tiktok_organic.errors import BadValue

    if text is None:
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip(), re.ASCII):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(text.strip())
    raise BadValue(option, f"{text!r} is not a day", example="2026-11-01")


def _left(days: int | None) -> str:
    if days is None:
        return ""
    return "until today" if days == 0 else str(days)


def _leave(*, all_well: bool) -> None:
    if not all_well:
        raise typer.Exit(1)
