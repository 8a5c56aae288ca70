"""The commands that sync: sync, recover."""

from __future__ import annotations

import contextlib
import re
from datetime import date
from typing import Annotated

import typer

from tiktok_organic.cli.options import CONNECTOR, CURVES, JSON, WAIT, open_app, within
from tiktok_organic.cli.output.output import Output, reporting_errors
from tiktok_organic.cli.output.run_errors import explain
from tiktok_organic.cli.output.run_result import document_of, exit_unless, print_run

__all__ = ["recover", "sync"]

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
    from tiktok_organic.actions.runs.sync_patiently import sync_patiently
    from tiktok_organic.cli.commands.sync_all_connectors import sync_all_connectors
    from tiktok_organic.cli.output.progress_display import showing_progress

    if (connector is None) != all_:
        raise typer.BadParameter("name one CONNECTOR, or give --all")
    if at_once is not None and not all_:
        raise typer.BadParameter("--at-once goes with --all")
    output = Output(json=json)
    with reporting_errors(output):
        if at_once is not None:
            within("--at-once", at_once, 1, 64, example="8")
        app = open_app()
        if connector is not None:
            found = app.connectors.get(connector)
            with showing_progress(found.name) as progress:
                ended = sync_patiently(app, found, progress, wait=wait, curves=curves)
            output.document(document_of(ended), lambda: print_run(ended))
            explain(ended)
            exit_unless(ended.succeeded)
            return
        documents, well = sync_all_connectors(app, output, at_once or 8, wait=wait, curves=curves)
        output.document(documents, lambda: None)
    exit_unless(well)


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
    from tiktok_organic.actions.runs.order_run import window_for_recovery
    from tiktok_organic.actions.runs.sync_patiently import sync_patiently
    from tiktok_organic.cli.output.progress_display import showing_progress

    output = Output(json=json)
    with reporting_errors(output):
        app = open_app()
        found = app.connectors.get(connector)
        window = window_for_recovery(
            found,
            app.clock.now().date(),
            start=_day("--from", from_),
            end=_day("--to", to),
            days=days,
        )
        with showing_progress(found.name) as progress:
            ended = sync_patiently(app, found, progress, window=window, wait=wait, curves=curves)
        output.document(document_of(ended), lambda: print_run(ended))
        explain(ended)
    exit_unless(ended.succeeded)


def _day(option: str, text: str | None) -> date | None:
    from tiktok_organic.errors import BadValue

    if text is None:
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip(), re.ASCII):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(text.strip())
    raise BadValue(option, f"{text!r} is not a day", example="2026-11-01")
