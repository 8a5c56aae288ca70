"""The output of commands: JSON or text and tables; errors go to standard error."""

from __future__ import annotations

import json
import logging
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from tiktok_organic.cli.advice import advice_of, error_document
from tiktok_organic.cli.signals import INTERRUPTED
from tiktok_organic.cli.streams import Unwritten, write_error
from tiktok_organic.errors import Defect, TikTokOrganicError

__all__ = ["INTERRUPTED", "Output", "reporting_errors"]

# Control characters, and characters that change the direction of text.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Output:
    """Standard output of one command: with `json` one document and nothing else."""

    def __init__(self, *, json: bool) -> None:
        self.json = json
        self._printed = False

    def document(self, document: Any, show: Callable[[], None]) -> None:
        """Print a result: the document, or the text of `show`."""
        if self.json:
            self._printed = True
            print_json(document)
        else:
            show()

    def error(self, error: TikTokOrganicError) -> None:
        """Print an error and its advice to standard error.

        Also print the error document, unless a result was printed.
        """
        say(f"Error: {error.message}")
        say(advice_of(error))
        if not self._printed:
            self.document({"error": error_document(error)}, lambda: None)

    def interrupted(self) -> None:
        """The user pressed Ctrl-C."""
        self.error(TikTokOrganicError("interrupted with Ctrl-C", code="interrupted"))


@contextmanager
def reporting_errors(output: Output) -> Iterator[None]:
    """Turn errors into a message and exit code 1. Raises Unwritten."""
    try:
        yield
    except TikTokOrganicError as error:
        output.error(error)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        output.interrupted()
        raise typer.Exit(INTERRUPTED) from None
    except OSError as error:
        output.error(_disk(error))
        raise typer.Exit(1) from None
    except Exception as error:
        if isinstance(error, typer.Exit | typer.Abort | typer.BadParameter | Unwritten):
            raise
        logging.getLogger("tiktok_organic").debug("a bug", exc_info=True)
        output.error(Defect(f"{type(error).__name__}: {error}"))
        raise typer.Exit(1) from None


def print_json(document: Any) -> None:
    """Print one JSON document on one line, without buffering."""
    # escapes, if the console could not show the letters
    plain = "utf" not in (sys.stdout.encoding or "").lower()
    sys.stdout.write(json.dumps(document, ensure_ascii=plain, default=str) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Print a line for people to standard error."""
    write_error(_harmless(text))


def wrapped(text: str, indent: int) -> str:
    """Break the text into lines that fit the terminal, between words."""
    space = " " * indent
    width = shutil.get_terminal_size().columns
    return textwrap.fill(
        text, width, initial_indent=space, subsequent_indent=space, break_long_words=False
    )


def show(text: str = "") -> None:
    """Print a line of the result to standard output."""
    sys.stdout.write(_harmless(text) + "\n")


def show_now(text: str) -> None:
    """Print a line of the result without buffering."""
    show(text)
    sys.stdout.flush()


def show_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], right: Sequence[str] = ()
) -> None:
    """Print a table to standard output; columns named in `right` are right-aligned."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=title,
        title_justify="left",
        header_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*[Text("" if value is None else _harmless(str(value))) for value in row])
    width = None if sys.stdout.isatty() else 200
    Console(file=sys.stdout, width=width, highlight=False).print(table)


def interactive() -> bool:
    """Whether both input and output are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _harmless(text: str) -> str:
    """Escape control characters: names and captions come from strangers."""
    return _STEERING.sub("\ufffd", text)


def _disk(error: OSError) -> TikTokOrganicError:
    where = f" {error.filename}" if error.filename else ""
    return Defect(
        f"{error.strerror or error}{where}",
        code="system",
    )
