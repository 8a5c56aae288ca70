"""The options that several commands share."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tiktok_organic.clock import Clock, SystemClock

if TYPE_CHECKING:
    from tiktok_organic.app import App

__all__ = ["CONNECTOR", "JSON", "TIME", "WAIT", "open_app"]

TIME: ContextVar[Clock] = ContextVar("TIME", default=SystemClock())  # noqa: B039 - it holds nothing
"""The clock of this invocation."""


CONNECTOR = Annotated[str, typer.Argument(metavar="CONNECTOR", help="Name or id of a connector.")]
JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
WAIT = Annotated[bool, typer.Option("--wait", help="If it is being synced, wait for that to end first.")]


def open_app() -> App:
    """The product with the settings of this process."""
    import os

    from tiktok_organic.app import App
    from tiktok_organic.cli.logs import set_up
    from tiktok_organic.settings import Settings, environment

    settings = Settings.read(environment(Path.cwd(), os.environ))
    set_up(settings.log_level, settings.log_format)
    return App(settings, clock=TIME.get())
