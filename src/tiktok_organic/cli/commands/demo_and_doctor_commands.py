"""The commands `demo`, `doctor` and `simulator`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tiktok_organic.cli.advice import advice_for
from tiktok_organic.cli.options import JSON
from tiktok_organic.cli.output import output as out
from tiktok_organic.cli.output.output import Output, reporting_errors, say
from tiktok_organic.cli.server.listen_address import Listening, check_port, refusing_address
from tiktok_organic.loopback import LOOPBACK

if TYPE_CHECKING:
    from tiktok_organic.actions.operation.doctor_checks import Check

__all__ = ["demo", "doctor", "simulator"]

_MARKS = {"ok": "✓", "warning": "!", "failed": "✗"}


def demo(
    home: Annotated[
        Path | None, typer.Option(help="Folder for the demo's files; a temporary one by default.")
    ] = None,
    keep_running: Annotated[
        bool, typer.Option("--keep-running", help="Serve the web page afterwards.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the web page; 0 picks a free one.")] = 8000,
    days: Annotated[
        int, typer.Option(min=1, max=90, help="Days of syncs to live through, today included.")
    ] = 90,
    json: JSON = False,
) -> None:
    """Run the product on invented data and show the result."""
    from tiktok_organic.cli.output.demo_output import show_demo

    output = Output(json=json)
    with reporting_errors(output):
        check_port(port)
        well = show_demo(output, home, days=days, keep_running=port if keep_running else None)
    if not well:
        raise typer.Exit(1)


def doctor(
    notify: Annotated[
        bool, typer.Option("--notify", help="Also send a test message to the addresses of NOTIFY.")
    ] = False,
    json: JSON = False,
) -> None:
    """Check settings, TikTok app, store, archive, destination, notifications and tokens."""
    import os

    from tiktok_organic.actions.operation.doctor import checks, setting_values
    from tiktok_organic.cli.options import open_app
    from tiktok_organic.settings import environment

    output = Output(json=json)
    failed = False
    with reporting_errors(output):
        app = open_app()
        found = []
        for check in checks(app, environment(Path.cwd(), os.environ)):
            found.append(check)
            failed = failed or check.status == "failed"
            if not json:
                advice = _advice(check)
                arrow = f"  → {advice}" if advice else ""
                out.show(f"{_MARKS[check.status]} {check.name}: {check.message}{arrow}")
        if notify:
            from tiktok_organic.actions.notifications.send_alerts import send_test

            send_test(app)
            say("A test message was sent to every address of TIKTOK_ORGANIC_NOTIFY.")
        settings = setting_values(app)

        def words() -> None:
            out.show("\nSettings (environment variables, or lines of a .env file)")
            for setting in settings:
                page = "   (chosen on the page)" if setting["source"] == "page" else ""
                out.show(f"  {setting['name']}={setting['value'] or ''}{page}")
                out.show(f"      {setting['meaning']} Default: {setting['default'] or 'none'}.")

        output.document(
            {"checks": [_document(check) for check in found], "settings": settings}, words
        )
    if failed:
        raise typer.Exit(1)


def _advice(check: Check) -> str:
    return advice_for(check.code, check.facts) if check.code else ""


def _document(check: Check) -> dict[str, str]:
    return {
        "name": check.name,
        "status": check.status,
        "message": check.message,
        "advice": _advice(check),
    }


def simulator(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
    port: Annotated[int, typer.Option(help="Port; 0 picks a free one.")] = 8765,
    json: JSON = False,
) -> None:
    """Run the TikTok simulator."""
    from tiktok_organic.simulator import serve

    output = Output(json=json)
    with reporting_errors(output):
        check_port(port)
        with refusing_address(host, port):
            serve(host, port, lambda simulator: Listening(simulator.url).announce(output))
