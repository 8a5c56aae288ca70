"""The commands that stay: `serve` (web page, scheduler and worker in one process) and `worker` (one more worker)."""

from __future__ import annotations

from typing import Annotated

import typer

from tiktok_organic.cli.options import open_app
from tiktok_organic.cli.output import Output, answering

__all__ = ["serve", "worker"]

PATIENCE = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="How long running syncs may take to finish when asked to stop.")
]
AT_ONCE = Annotated[int, typer.Option(min=1, max=64, help="Syncs that this process works on side by side.")]


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 picks a free one.")] = 8000,
    patience: PATIENCE = 60.0,
    at_once: AT_ONCE = 8,
) -> None:
    """Run the web page, the scheduler and a worker, until asked to stop (SIGTERM, Ctrl-C)."""
    from tiktok_organic.cli.serving import serve_until_told

    with answering(Output(json=False)):
        serve_until_told(open_app(), host, port, patience=patience, at_once=at_once)


def worker(patience: PATIENCE = 60.0, at_once: AT_ONCE = 8) -> None:
    """Run one more worker, on this or another machine, until asked to stop (SIGTERM, Ctrl-C)."""
    from tiktok_organic.cli.serving import work_until_told

    with answering(Output(json=False)):
        work_until_told(open_app(), patience=patience, at_once=at_once)
