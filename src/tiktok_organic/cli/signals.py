"""Signals that ask a process to end: the first one is obeyed in good order, a second one at once.

Whatever is cut off there was not written, as after a kill: the next sync, or another process,
completes it.
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
"""The exit code of a command that Ctrl-C has ended, as shells count."""

_LOG = logging.getLogger(__name__)
_ASKING = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def hearing_signals(tell: Callable[[], None]) -> Iterator[None]:
    """As long as the context lasts, a signal that asks to end calls `tell`; another one ends the
    process.
    """
    heard = False

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal heard
        if heard:
            os._exit(INTERRUPTED)
        heard = True
        _LOG.info("asked to stop (%s); asked again, it ends at once", signal.Signals(number).name)
        tell()

    former = {number: signal.signal(number, handle) for number in _ASKING}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C is a KeyboardInterrupt within; pressed again, it ends the process.

    A command that was interrupted does not wait for threads whose requests hang: at its end, Python
    would.
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
