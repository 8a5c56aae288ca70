"""Close a connection whose server stopped answering, so that the waiting thread gets an error."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from tiktok_organic.clock import SystemClock

__all__ = ["Watchdog"]

# How often it checks within the limit.
_LOOKS = 4
# A server is silent in real time, also if another clock controls the work.
_CLOCK = SystemClock()


class Watchdog:
    """Watches the socket `fileno` within the `with`.

    A wait inside `waiting` that lasts longer than `limit` seconds shuts the socket down; the driver
    then raises its error for a lost connection. TCP cannot do that: the kernel of a machine whose
    server process is stopped (SIGSTOP, a hanging disk) still acknowledges every packet. Seconds are
    those of the monotonic clock, which stops while the machine sleeps.
    """

    def __init__(self, fileno: int, limit: float) -> None:
        self._fileno = fileno
        self._limit = limit
        self._since: float | None = None
        self._over = threading.Event()
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="postgres-watchdog", daemon=True)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Require an answer of the server before the end of the `with`."""
        self.progress()
        try:
            yield
        finally:
            self._since = None

    def progress(self) -> None:
        """Restart the count: the server has received or sent something."""
        self._since = _CLOCK.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._guard:  # after this the number may belong to another file
            self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(self._limit / _LOOKS):
            since = self._since
            if since is not None and _CLOCK.monotonic() - since > self._limit:
                self._cut()
                return

    def _cut(self) -> None:
        with self._guard, suppress(OSError):
            if not self._over.is_set():
                connection = socket.socket(fileno=self._fileno)
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                finally:
                    connection.detach()
