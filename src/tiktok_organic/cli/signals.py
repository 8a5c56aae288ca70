"""Signals that end a process: the first one in good order, a second one at once.

Interrupted work was not written, as after a kill: the next sync, or another process, completes it.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["INTERRUPTED", "hearing_signals", "interruptible"]

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C has ended, in shells."""

_LOG = logging.getLogger(__name__)
_ASKING = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def hearing_signals(on_first: Callable[[], None]) -> Iterator[None]:
    """Call `on_first` at the first signal; end the process at the next one."""
    heard = False

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal heard
        if heard:
            os._exit(INTERRUPTED)
        heard = True
        _LOG.info(
            "stopping after %s; a second signal ends the process at once",
            signal.Signals(number).name,
        )
        on_first()

    former = {number: signal.signal(number, handle) for number in _ASKING}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextmanager
def interruptible() -> Iterator[None]:
    """Make Ctrl-C a KeyboardInterrupt inside; pressed again, it ends the process.

    An interrupted command does not wait for threads whose requests hang: Python would, at its end.
    """
    pressed = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            os._exit(INTERRUPTED)
        pressed = True
        signal.default_int_handler(number, frame)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, handle)
    try:
        yield
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            os._exit(INTERRUPTED)
        raise
