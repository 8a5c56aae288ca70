"""The commands, put together. Each imports what it needs when it runs, so that `--help` is quick."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tiktok_organic.cli import account, data, keeping, operate, serve
from tiktok_organic.cli.options import OPENED, TIME, close_apps

__all__ = ["command_line", "run"]

command_line = typer.Typer(
    name="tiktok-organic",
    help="Copy a TikTok Business account's organic data into your own warehouse, every day, by itself.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from tiktok_organic import __version__

        sys.stdout.write(f"tiktok-organic {__version__}\n")
        raise typer.Exit


@command_line.callback()
def _options(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command. `context.obj` is a clock when somebody else's time shall count (tests)."""
    if context.obj is not None:
        TIME.set(context.obj)
    OPENED.set([])
    context.call_on_close(close_apps)


for module in (operate, account, data, serve, keeping):
    module.add_to(command_line)


def run() -> None:
    """Run the command line of this process."""
    command_line()
