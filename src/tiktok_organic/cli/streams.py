"""The standard streams of this process: a closed or full one causes one error message."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["Unwritten", "standard_streams", "write_error"]


class Unwritten(Exception):
    """Standard output cannot be written: the command ends.

    Not an OSError, so that it is not mistaken for one of a file. `unread`: the reader has closed
    the pipe, usually on purpose (`head`).
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(f"standard output cannot be written: {error.strerror or error}")
        self.unread = isinstance(error, BrokenPipeError)


class _Output(io.TextIOWrapper):
    """Standard output for all printing, also the parser's help and tables.

    Raises Unwritten.
    """

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as error:
            raise Unwritten(error) from None

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            raise Unwritten(error) from None


@contextmanager
def standard_streams() -> Iterator[None]:
    """Replace the standard streams within the context, and flush them at its end.

    Raises SystemExit if the output could not be written.
    """
    _open_closed_ones()
    # A console without umlauts shows a question mark.
    if isinstance(sys.stdout, io.TextIOWrapper):
        encoding, now, lines = (
            sys.stdout.encoding,
            sys.stdout.write_through,
            sys.stdout.line_buffering,
        )
        sys.stdout = _Output(
            sys.stdout.detach(), encoding, "replace", line_buffering=lines, write_through=now
        )
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="replace")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except Unwritten as error:
        if not error.unread:
            write_error(f"Error: {error}")
        raise SystemExit(1) from None
    finally:
        _let_go()


def write_error(text: str) -> None:
    """Print a line to standard error; ignore an error, because no other stream is left."""
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _open_closed_ones() -> None:
    """Open a substitute for closed streams.

    Otherwise the number of a closed stream would be given to the next opened file, which would
    receive printed text. The substitute reads as empty, and refuses to be written.
    """
    for name, mode, access in (
        ("stdin", "r", os.O_RDWR),
        ("stdout", "w", os.O_RDONLY),
        ("stderr", "w", os.O_RDWR),
    ):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, access), mode, encoding="utf-8"))


def _let_go() -> None:
    """Discard unwritten output, which Python would try to write again at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, Unwritten):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
