"""The commands `serve` (web page, scheduler and worker in one process) and `worker`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from tiktok_organic.cli.options import JSON, open_app, within
from tiktok_organic.cli.output.output import Output, reporting_errors
from tiktok_organic.loopback import LOOPBACK

__all__ = ["serve", "worker"]

PATIENCE = Annotated[
    float,
    typer.Option(
        metavar="SECONDS", help="How long running syncs may take to finish when asked to stop."
    ),
]
AT_ONCE = Annotated[
    int, typer.Option(help="Syncs that this process works on side by side, 1 to 64.")
]


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
    port: Annotated[int, typer.Option(help="Port; 0 picks a free one.")] = 8000,
    patience: PATIENCE = 60.0,
    at_once: AT_ONCE = 8,
    json: JSON = False,
) -> None:
    """Run the web page, the scheduler and a worker, until stopped (SIGTERM, Ctrl-C)."""
    from tiktok_organic.cli.server.listen_address import check_port
    from tiktok_organic.cli.server.server_process import serve_until_signalled

    output = Output(json=json)
    with reporting_errors(output):
        check_port(port)
        _check(patience, at_once)
        serve_until_signalled(
            open_app(),
            host,
            port,
            patience=patience,
            at_once=at_once,
            ready=lambda listening: listening.announce(output),
        )


def worker(patience: PATIENCE = 60.0, at_once: AT_ONCE = 8, json: JSON = False) -> None:
    """Run one more worker, on this or another machine, until stopped (SIGTERM, Ctrl-C)."""
    from tiktok_organic.cli.server.server_process import work_until_signalled

    output = Output(json=json)
    with reporting_errors(output):
        _check(patience, at_once)
        app = open_app()
        store = "postgresql" if app.database.path is None else "sqlite"
        document = {"store": store, "at_once": at_once, "process": os.getpid()}
        work_until_signalled(
            app,
            patience=patience,
            at_once=at_once,
            ready=lambda: output.document(document, lambda: None),
        )


def _check(patience: float, at_once: int) -> None:
    within("--patience", patience, 0, 86_400, example="60")
    within("--at-once", at_once, 1, 64, example="8")
