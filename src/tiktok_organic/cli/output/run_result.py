"""How commands show the result of a run: its document, its lines, its exit status.

The modules behind are imported at the first use, so that `--help` stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from tiktok_organic.cli.advice import advice_for

if TYPE_CHECKING:
    from tiktok_organic.sync.run import Run

__all__ = ["document_of", "exit_unless", "print_run"]


def document_of(run: Run) -> dict[str, Any]:
    """Return the run as `--json` shows it."""
    from tiktok_organic.actions.runs.run_document import run_document

    return run_document(run, advice_for)


def print_run(run: Run) -> None:
    """Print the run for people."""
    from tiktok_organic.cli.output.run_output import show_run

    show_run(run)


def exit_unless(succeeded: bool) -> None:
    """End the command with status 1 if something failed."""
    if not succeeded:
        raise typer.Exit(1)
