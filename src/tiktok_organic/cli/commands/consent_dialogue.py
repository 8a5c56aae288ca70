"""The five steps in a terminal: print the consent address, read the pasted one."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import typer

from tiktok_organic.actions.connectors import connect as connecting
from tiktok_organic.actions.connectors import connector_choices
from tiktok_organic.actions.connectors import consent as consenting
from tiktok_organic.actions.connectors.connector_document import connector_document
from tiktok_organic.actions.connectors.connector_events import (
    connected_what,
    record_in_shell,
    what_of,
)
from tiktok_organic.app import App
from tiktok_organic.cli.advice import advice_of
from tiktok_organic.cli.output import output as out
from tiktok_organic.cli.output.output import Output, print_json, say, wrapped
from tiktok_organic.connector import Connector
from tiktok_organic.errors import AlreadyRunning, Refused, TikTokOrganicError
from tiktok_organic.reports import DAILY_REPORT, REPORTS

__all__ = ["connect_account", "consent_of_owner", "reconnect_account"]

# Only the process that printed the address accepts the pasted one.
_BOUND_TO = f"terminal {secrets.token_hex(8)}"


def connect_account(
    app: App,
    output: Output,
    *,
    name: str | None,
    dataset: str | None,
    reports: Sequence[str] | None,
    destination: str | None,
    schedule: str | None,
    recover: int | None,
    sync: bool,
    views: bool = True,
) -> bool:
    """Run the five steps; return whether everything that was requested succeeded.

    Raises TikTokOrganicError.
    """
    choices = connector_choices.Choices(
        name, dataset, reports, destination, "daily" if schedule is None else schedule
    )
    try:
        connector_choices.check_choices(app, choices)
        _check_recovery(app, recover, reports)
    except TikTokOrganicError:
        if output.json:  # a program needs the address before the result
            print_json({"authorize_url": consenting.begin(app, _BOUND_TO)})
        raise
    consent = consent_of_owner(app, output, None)
    if out.interactive() and not output.json:
        choices = _ask(app, consent, choices, recover, asked_schedule=schedule is None)
    choices = replace(choices, recover_from=_first_day(app, recover), views=views)
    connector = connecting.create(app, consent, choices)
    record_in_shell(app, connected_what(connector))
    if (
        out.interactive()
        and not output.json
        and recover is None
        and not sync
        and DAILY_REPORT in connector.reports
    ):
        say("A recovery fetches the last 60 days; each day of delay loses one permanently.")
        recover = 60 if typer.confirm("Recover 60 days now?", default=True, err=True) else None
    return _begin(app, output, connector, recover, sync=sync)


def reconnect_account(app: App, output: Output, connector: Connector) -> bool:
    """Renew the consent, then sync; return whether both succeeded.

    Raises TikTokOrganicError; the connector is unchanged then.
    """
    from tiktok_organic.actions.runs.sync_now import sync as sync_now
    from tiktok_organic.cli.output.progress_display import showing_progress
    from tiktok_organic.cli.output.run_output import show_run

    consent = consent_of_owner(app, output, connector)
    connector = connecting.reconnect(app, connector, consent)
    record_in_shell(app, what_of(connector, "reconnected"))
    show = say if output.json else out.show_now
    show(f"{connector.name!r} is connected again.")
    run = None
    try:
        with showing_progress(connector.name) as progress:
            run = sync_now(app, connector, progress)
    except AlreadyRunning as error:
        say(f"{error.message}. That sync continues with the new consent.")
    connector = app.connectors.get(connector.id)

    def words() -> None:
        if run is not None:
            show_run(run)

    last = run or app.runs.last().get(connector.id)
    output.document(connector_document(connector, last), words)
    return run is None or run.succeeded


def consent_of_owner(app: App, output: Output, connector: Connector | None) -> consenting.Consent:
    """Run steps 1 and 2. Raises Refused."""
    address = consenting.begin(app, _BOUND_TO, connector)
    if output.json:
        print_json({"authorize_url": address})
    else:
        out.show("Open this address, log in as the owner of the account, and approve:")
        out.show(f"\n  {address}\n")
        out.show_now(
            "Then paste the address at which the browser arrived (valid once, for 10 minutes):"
        )
    landed = sys.stdin.readline()
    if not landed.strip():
        raise Refused(
            "no address came on standard input",
            code="no_address",
        )
    consent = consenting.finish(app, landed, _BOUND_TO)
    account = consent.account
    followers = (
        "" if account.followers_count is None else f", {account.followers_count:,} followers"
    )
    kind = "Personal" if account.is_business_account is False else "Business"
    say(f"Account: {consent.display_name} (@{consent.username}), {kind} account{followers}")
    say(f"Avatar:  {account.profile_image or 'none'}")
    if consent.withheld:
        say(
            "Columns will be null because these permissions were withheld: "
            f"{', '.join(consent.withheld)}"
        )
    return consent


def _first_day(app: App, recover: int | None) -> date | None:
    """Return the first day of a recovery.

    The connector stores it, so the next sync makes up for a failed recovery.
    """
    return None if recover is None else app.clock.now().date() - timedelta(days=recover)


def _check_recovery(app: App, recover: int | None, reports: Sequence[str] | None) -> None:
    if recover is None:
        return
    from tiktok_organic.sync.window import recovery_window

    recovery_window(app.clock.now().date(), None, None, recover)
    if reports is not None and DAILY_REPORT not in [report.strip() for report in reports]:
        raise Refused(
            "only profile_daily_metric can be recovered, and it is not among the reports",
            case="no_past",
        )


def _ask(
    app: App,
    consent: consenting.Consent,
    choices: connector_choices.Choices,
    recover: int | None,
    *,
    asked_schedule: bool,
) -> connector_choices.Choices:
    """Ask for a value that no option set, until it is valid."""
    if not typer.confirm("Is this the right account?", default=True, err=True):
        raise Refused(
            "the account was not confirmed",
            case="account_not_confirmed",
        )
    destination = str(connector_choices.check_choices(app, choices).destination)
    name, dataset = connector_choices.suggest(app, consent, destination)
    questions: list[tuple[str, str, str]] = []
    if choices.reports is None:
        for report in REPORTS.values():
            say(wrapped(f"{report.name}: {report.sentence}", indent=2))
            say(wrapped(", ".join(report.table.names), indent=6))
        questions.append(("reports", "Reports", ",".join(REPORTS)))
    questions += [("name", "Name", name)] if choices.name is None else []
    questions += [("dataset", "Dataset", dataset)] if choices.dataset is None else []
    questions += (
        [("schedule", "Sync automatically (daily, weekly, off)", "daily")] if asked_schedule else []
    )
    for field, question, default in questions:
        while True:
            given: Any = typer.prompt(question, default=default, err=True)
            changed = replace(choices, **{field: given.split(",") if field == "reports" else given})
            try:
                connector_choices.check_choices(app, changed, consent)
                _check_recovery(app, recover, changed.reports)
            except TikTokOrganicError as error:
                say(f"{error.message}\n{advice_of(error)}")
                continue
            choices = changed
            break
    return choices


def _begin(
    app: App, output: Output, connector: Connector, recover: int | None, *, sync: bool
) -> bool:
    """Run step 5: start what was requested, then show the connector."""
    from tiktok_organic.actions.runs.order_run import window_for_recovery
    from tiktok_organic.actions.runs.sync_now import sync as sync_now
    from tiktok_organic.cli.output.progress_display import showing_progress
    from tiktok_organic.cli.output.run_output import show_run

    run = None
    connected = f"Connected {connector.name!r} ({connector.id}): dataset {connector.dataset}."
    show = say if output.json else out.show_now
    show(connected)  # before the sync: the connector exists even if the sync fails
    if recover is not None or sync:
        window = (
            window_for_recovery(connector, app.clock.now().date(), days=recover)
            if recover
            else None
        )
        with showing_progress(connector.name) as progress:
            run = sync_now(app, connector, progress, window=window)
        connector = app.connectors.get(connector.id)

    def words() -> None:
        if run is not None:
            show_run(run)
        else:
            out.show(
                f"Next: tiktok-organic recover {connector.id}   (up to 60 days; each day of "
                "delay loses one)"
            )

    output.document(connector_document(connector, run), words)
    return run is None or run.succeeded
