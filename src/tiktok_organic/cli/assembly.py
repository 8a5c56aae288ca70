"""Assemble the command line: all commands, or only the requested one.

Creating all of them takes 20 ms of every start.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer

from tiktok_organic.cli.options import OPENED, TIME, close_apps

__all__ = ["COMMANDS", "asked_for", "assemble", "refuse_undecodable"]

COMMANDS = {
    "demo_and_doctor_commands": ("demo", "doctor", "simulator"),
    "connector_commands": (
        "connect",
        "reconnect",
        "connectors",
        "show",
        "edit",
    ),
    "state_commands": ("pause", "resume", "remove"),
    "sync_commands": ("sync", "recover"),
    "run_commands": ("coverage", "runs", "run"),
    "table_commands": ("replay", "move"),
    "why_commands": ("why", "reconcile"),
    "serve_commands": ("serve", "worker"),
    "backup_commands": ("backup", "restore"),
}
"""The modules of `cli/commands/` and their commands, in the order of `--help`."""

GROUPS = {"people": "people_commands"}
"""Commands with subcommands: the name, and the module that has a group of that name."""


def assemble(wanted: str | None = None) -> typer.Typer:
    """Return the command line with all commands, or only with `wanted`."""
    line = typer.Typer(
        name="tiktok-organic",
        help=(
            "Copy a TikTok Business account's organic data into your own warehouse, every day, "
            "by itself."
        ),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    line.callback()(_options)
    for module, names in COMMANDS.items():
        chosen = names if wanted is None else tuple(name for name in names if name == wanted)
        for name in chosen:
            line.command()(getattr(import_module(f"tiktok_organic.cli.commands.{module}"), name))
    for name, module in GROUPS.items():
        if wanted in (None, name):
            line.add_typer(getattr(import_module(f"tiktok_organic.cli.commands.{module}"), name))
    return line


def asked_for(words: list[str]) -> str | None:
    """Return the command at the beginning of a command line.

    None for help, an unknown or no command.
    """
    first = words[0] if words else ""
    known = first in GROUPS or any(first in names for names in COMMANDS.values())
    return first if known else None


def refuse_undecodable(words: list[str]) -> None:
    """End with exit code 1 for arguments that are not text in this machine's encoding."""
    from tiktok_organic.cli.output.output import Output
    from tiktok_organic.errors import BadValue

    for word in words:
        try:
            word.encode("utf-8")
        except UnicodeEncodeError:
            shown = word.encode("utf-8", "replace").decode()
            error = BadValue("command line", f"{shown!r} is not text", example="LC_ALL=C.UTF-8")
            Output(json="--json" in words).error(error)
            raise SystemExit(1) from None


def _version(wanted: bool) -> None:
    if wanted:
        from tiktok_organic import __version__

        sys.stdout.write(f"tiktok-organic {__version__}\n")
        raise typer.Exit


def _options(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command.

    `context.obj` is a clock in tests.
    """
    if context.obj is not None:
        TIME.set(context.obj)
    OPENED.set([])
    context.call_on_close(close_apps)
