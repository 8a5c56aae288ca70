"""How long tests wait for what must happen. A test waits for an event, never for time to pass."""

from __future__ import annotations

import itertools
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from socketserver import TCPServer
from threading import Event
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 300.0
"""Seconds after which a test gives up: far more than a busy machine takes for anything here."""


def end(server: TCPServer) -> None:
    """Stop `serve_forever` at once, instead of when it looks for connections next time."""
    with suppress(OSError):  # a system that refuses it ends at that look
        server.socket.shutdown(socket.SHUT_RDWR)
    server.shutdown()


class Hurry:
    """The `sleep` of a simulator: slow answers wait until `set()` is called, then none waits.

    A test that has to act while an answer is under way therefore needs no luck: however slow the
    machine is, the answer comes after the test has acted.
    """

    def __init__(self) -> None:
        self._event = Event()

    def set(self) -> None:
        self._event.set()

    def sleep(self, seconds: float) -> None:
        self._event.wait(seconds)


def waits_for(what: Callable[[], T], trouble: Callable[[], str] = lambda: "") -> T:
    """Return the result of `what` once it is true. `trouble`: what is known if it never is.

    It looks seldom where the event takes long: a look may ask a database.
    """
    began = time.monotonic()
    while not (found := what()):
        passed = time.monotonic() - began
        assert passed < PATIENCE, f"it did not happen\n{trouble()}"
        time.sleep(min(0.02 + passed / 10, 0.3))
    return found


_PORTS = itertools.count(20_000 + os.getpid() * 97 % 12_000)  # far from those of other workers


def free_port() -> int:
    """Return a port for a program that cannot choose one itself, never the same one twice.

    It is below those that the system gives to `bind(0)` and to clients (32768 and more on Linux),
    so that no other test is given it before the program listens.
    """
    for port in itertools.islice(_PORTS, 500):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
