"""The standard streams of this process: one that is closed, full, or left by its reader costs a
sentence, no more.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["Unwritten", "standard_streams", "tell"]


class Unwritten(Exception):
    """Standard output does not take the result: whatever the command was at, it ends.

    No OSError, so that nobody takes it for one of a file. `unread`: the reader has left, on purpose
    mostly (`head`).
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(f"standard output cannot be written: {error.strerror or error}")
        self.unread = isinstance(error, BrokenPipeError)


class _Output(io.TextIOWrapper):
    """Standard output for all who print there, the parser's help and tables too.

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
    """As long as the context lasts, and at its end.

    Raises SystemExit when the output could not be written.
    """
    _open_closed_ones()
    # A console that knows no umlauts shows a question mark.
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
            tell(f"Error: {error}")
        raise SystemExit(1) from None
    finally:
        _let_go()


def tell(text: str) -> None:
    """A line on standard error. Where that cannot be written either, there is nobody to tell."""
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _open_closed_ones() -> None:
    """The number of a closed stream would go to the next file that is opened, and what is printed
    into that file.

    In its place stands what reads as empty, and what refuses to be written.
    """
    for name, mode, access in (
        ("stdin", "r", os.O_RDWR),
        ("stdout", "w", os.O_RDONLY),
        ("stderr", "w", os.O_RDWR),
    ):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, access), mode, encoding="utf-8"))


def _let_go() -> None:
    """What could not be written would be tried again, and complained about, when Python ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, Unwritten):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
