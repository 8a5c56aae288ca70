"""Options that several commands share."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tiktok_organic.clock import Clock, SystemClock
from tiktok_organic.errors import BadValue

if TYPE_CHECKING:
    from tiktok_organic.app import App

__all__ = [
    "CONNECTOR",
    "CURVES",
    "JSON",
    "OPENED",
    "TIME",
    "WAIT",
    "close_apps",
    "open_app",
    "within",
]

TIME: ContextVar[Clock] = ContextVar("TIME", default=SystemClock())  # noqa: B039 - it holds nothing
"""The clock of this invocation."""


OPENED: ContextVar[list[App]] = ContextVar("OPENED")
"""The objects that this invocation has opened, to be closed at its end."""

CONNECTOR = Annotated[str, typer.Argument(metavar="CONNECTOR", help="Name or id of a connector.")]
JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
CURVES = Annotated[
    bool,
    typer.Option("--curves", help="Keep the videos' second-by-second curves in the archive too."),
]
WAIT = Annotated[
    bool, typer.Option("--wait", help="If it is being synced, wait for that to end first.")
]


def within(option: str, value: float, least: int, most: int, *, example: str) -> None:
    """Raise BadValue for a value out of the option's range.

    (The parser's own check would report an unparsable command line.)
    """
    if not least <= value <= most:
        raise BadValue(option, f"{value} is not between {least} and {most}", example=example)


def open_app() -> App:
    """Return the product with the settings of this process."""
    import os

    from tiktok_organic.app import App
    from tiktok_organic.cli.logs import set_up
    from tiktok_organic.settings import Settings, environment

    settings = Settings.read(environment(Path.cwd(), os.environ))
    set_up(settings.log_level, settings.log_format)
    app = App(settings, clock=TIME.get())
    OPENED.get().append(app)
    return app


def close_apps() -> None:
    """Close what this invocation has opened."""
    for app in OPENED.get():
        app.close()
