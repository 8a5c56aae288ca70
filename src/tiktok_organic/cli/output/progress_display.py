"""Show a sync's progress: a live line on a terminal, a line per step elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tiktok_organic.cli.options import TIME
from tiktok_organic.cli.output.output import say
from tiktok_organic.sync.progress import Phase, Progress, ProgressEvent

if TYPE_CHECKING:
    from rich.status import Status

__all__ = ["showing_many", "showing_progress"]

_LONG_WAIT = 5.0
_EVERY = 5.0


@contextmanager
def showing_progress(title: str) -> Iterator[Progress]:
    """Yield a progress callable that prints to standard error."""
    if not sys.stderr.isatty():
        yield Lines(title)
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with console.status(f"{title} …", spinner="dots") as status:
        yield Live(title, status)


@contextmanager
def showing_many(count: int) -> Iterator[Many]:
    """Yield one line for all of `count` syncs, or a line now and then for each."""
    if not sys.stderr.isatty():
        yield Many(count, None)
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False).status(f"0 of {count} …", spinner="dots") as status:
        yield Many(count, status)


class Many:
    """Parallel syncs: the progress of the latest, and how many have ended."""

    def __init__(self, count: int, status: Status | None) -> None:
        self._count = count
        self._status = status
        self._ended = 0

    def progress(self, title: str) -> Progress:
        """Return the progress callable of one of them."""
        return (
            Lines(title)
            if self._status is None
            else Live(title, self._status, lambda: self._before)
        )

    @contextmanager
    def ended(self) -> Iterator[None]:
        """Count one more ended sync: what is printed inside is above the line."""
        self._ended += 1
        if self._status is None:
            yield
            return
        self._status.stop()
        yield
        self._status.update(f"{self._ended} of {self._count} …")
        self._status.start()

    @property
    def _before(self) -> str:
        return f"{self._ended} of {self._count} · "


class Live:
    """One line that is updated in place. `before()`: the text before the title."""

    def __init__(self, title: str, status: Status, before: Callable[[], str] = str) -> None:
        self._title = title
        self._status = status
        self._before = before

    def __call__(self, event: ProgressEvent) -> None:
        from rich.markup import escape

        text = _words(event)
        if text:
            self._status.update(escape(f"{self._before()}{self._title}: {text}"))


class Lines:
    """A line now and then, for logs and pipes."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._clock = TIME.get()
        self._said = self._waits_until = self._clock.monotonic()

    def __call__(self, event: ProgressEvent) -> None:
        now = self._clock.monotonic()
        if event.phase is Phase.WAITING:
            if event.seconds >= _LONG_WAIT and now >= self._waits_until:
                self._waits_until = now + event.seconds
                say(f"{self._title}: waiting {event.seconds:.0f} s ({event.reason})")
        elif event.phase is Phase.FETCHING and now - self._said >= _EVERY and event.pages > 1:
            self._said = now
            say(f"{self._title}: {event.what}, {event.pages} pages, {event.rows} rows so far")


def _words(event: ProgressEvent) -> str:
    """Describe what a sync is doing in a few words; empty for a wait without duration."""
    if event.phase is Phase.WAITING:
        return f"waiting {event.seconds:.0f} s: {event.reason[:50]}" if event.seconds >= 1 else ""
    if event.phase is Phase.QUEUED:
        return "waiting for other syncs to be loaded"
    if event.phase is Phase.LOADING:
        return f"loading {event.what}: {event.rows:,} rows"
    if event.what == "videos":
        return f"fetching videos: {event.pages} pages, {event.rows:,} videos"
    return f"fetching {event.what}: profile and days"
