"""How a sync's progress is shown: a live line where a terminal is, a line per step where none is."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tiktok_organic.cli.output import say
from tiktok_organic.sync.order import Progress

__all__ = ["showing_progress"]

_LONG_WAIT = 5.0
_EVERY = 5.0


@contextmanager
def showing_progress(title: str) -> Iterator[Progress]:
    """A progress that is shown on standard error as long as the context lasts."""
    if not sys.stderr.isatty():
        yield Lines(title)
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with console.status(f"{title} …", spinner="dots") as status:
        yield Live(title, status)


class Live:
    """One line that changes in place."""

    def __init__(self, title: str, status: object) -> None:
        self._title = title
        self._status = status

    def fetching(self, what: str, pages: int, rows: int) -> None:
        detail = f"{pages} pages, {rows:,} videos" if what == "videos" else "profile and days"
        self._update(f"fetching {what}: {detail}")

    def waiting(self, seconds: float, reason: str) -> None:
        if seconds >= 1:
            self._update(f"waiting {seconds:.0f} s: {reason[:50]}")

    def loading(self, table: str, rows: int) -> None:
        self._update(f"loading {table}: {rows:,} rows")

    def _update(self, text: str) -> None:
        from rich.markup import escape

        self._status.update(f"{escape(self._title)}: {escape(text)}")  # type: ignore[attr-defined] # rich's Status


class Lines:
    """A line now and then, for logs and pipes."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._said = time.monotonic()

    def fetching(self, what: str, pages: int, rows: int) -> None:
        now = time.monotonic()
        if now - self._said >= _EVERY and pages > 1:
            self._said = now
            say(f"{self._title}: {what}, {pages} pages, {rows} rows so far")

    def waiting(self, seconds: float, reason: str) -> None:
        if seconds >= _LONG_WAIT:
            say(f"{self._title}: waiting {seconds:.0f} s ({reason})")

    def loading(self, table: str, rows: int) -> None: ...
