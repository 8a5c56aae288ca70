"""The listening server, in process or in front of the command line."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import time
import traceback
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Self

from tiktok_organic.simulator.clock import utc_now
from tiktok_organic.simulator.server.connection import Connection
from tiktok_organic.simulator.server.router import API_PATH, AUTHORIZE_PATH, answer
from tiktok_organic.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from random import Random
    from types import TracebackType

    from tiktok_organic.simulator.server.answer import Answer
    from tiktok_organic.simulator.server.request import Request

_POLL_SECONDS = 0.02


class Server(ThreadingHTTPServer):
    """One thread per client; closes every connection when it closes."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], world: World, sleep: Callable[[float], None]
    ) -> None:
        self.world = world
        self.sleep = sleep
        self._lines: set[socket.socket] = set()
        self._lines_lock = Lock()
        super().__init__(address, Connection)

    def server_bind(self) -> None:
        """Bind without the name look-up of HTTPServer, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]  # an address of the internet

    def answer(self, request: Request) -> Answer:
        """Serve one request. Tests replace this method of a server to see its requests."""
        return answer(self.world, request)

    def report(self, error: BaseException) -> None:
        """Report a bug of the simulator on standard error."""
        traceback.print_exception(error, file=sys.stderr)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the signature of the base class
        """Ignore errors of clients that close early."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError | ValueError):
            self.report(error)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that closing the server ends it."""
        with self._lines_lock:
            self._lines.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._lines_lock:
            self._lines.discard(request)
        super().shutdown_request(request)

    def close_lines(self) -> None:
        """End every open connection."""
        with self._lines_lock:
            lines = list(self._lines)
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


class Simulator:
    """TikTok in this process.

    Listens from construction until `close()`; port 0 picks a free one.

    `clock` returns aware datetimes; `sleep` spends latency and slowness (seconds); `seed` and
    `anchor` fix the data; `random` makes tokens. Give a `world` to share or prepare one; the other
    arguments about data are then ignored.
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        *,
        world: World | None = None,
        clock: Callable[[], datetime] = utc_now,
        seed: int = 1,
        random: Random | None = None,
        sleep: Callable[[float], None] = time.sleep,
        **world_options: Any,
    ) -> None:
        self.world = world or World(clock, seed=seed, random=random, **world_options)
        self._server = Server((host, port), self.world, sleep)
        self.host = host
        self.port: int = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens, without a final slash."""
        host = "127.0.0.1" if self.host in ("", "0.0.0.0") else self.host  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def api_url(self) -> str:
        """The base of the API, as a client is configured with."""
        return self.url + API_PATH

    @property
    def authorize_url(self) -> str:
        """The consent page, with its final slash."""
        return self.url + AUTHORIZE_PATH + "/"

    def close(self) -> None:
        """Stop listening and end every line. Harmless when repeated."""
        if self._thread.is_alive():
            # Wakes the thread that waits for connections; systems other than Linux refuse it.
            with contextlib.suppress(OSError):
                self._server.socket.shutdown(socket.SHUT_RDWR)
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.close_lines()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    on_listening: Callable[[Simulator], None] = lambda _simulator: None,
    *,
    world: World | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, then return quietly. Must be called in the main thread.

    `on_listening` gets the listening simulator once; the command line prints its `url` there.
    """
    wanted = {signal.SIGINT, signal.SIGTERM}
    former = {number: signal.signal(number, _leave) for number in wanted}
    try:
        with contextlib.suppress(_Leave), Simulator(port, host, world=world) as simulator:
            on_listening(simulator)
            while True:
                time.sleep(3600)
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


class _Leave(BaseException):
    """Raised in the main thread by a signal that asks to end."""


def _leave(_number: int, _frame: object) -> None:
    raise _Leave
