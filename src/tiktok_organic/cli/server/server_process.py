"""A server process: listens, runs syncs, and ends in good order after a signal."""

from __future__ import annotations

import gc
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tiktok_organic.actions.operation.engine_setup import make_engine
from tiktok_organic.actions.operation.single_server import only_server, refuse_without_key
from tiktok_organic.advice_text import Advise
from tiktok_organic.app import App
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.cli.server.listen_address import Listening, refusing_address
from tiktok_organic.cli.signals import hearing_signals

if TYPE_CHECKING:
    import uvicorn

    from tiktok_organic.engine.engine import Engine

__all__ = ["serve_until_signalled", "work_until_signalled"]

_LOG = logging.getLogger(__name__)
# Connections that wait to be accepted. If the process has no file descriptor left, asyncio of
# Python 3.11 tries to accept this many times, with a log line for each.
_BACKLOG = 64


def serve_until_signalled(
    app: App,
    host: str,
    port: int,
    *,
    patience: float,
    at_once: int,
    ready: Callable[[Listening], None],
) -> None:
    """Serve the web application, order due syncs, and run them, until a signal.

    `ready` is called once with the address. Raises Refused if another server uses this store's
    file, the address cannot be used, or the encryption key is not the store's.
    """
    with _listening(host, port) as listener:
        address = _address(listener)
        with only_server(app, address):
            refuse_without_key(app)
            _collect_garbage_often()
            engine = make_engine(app, _words(app), at_once=at_once)
            server = _server(app, engine, host)
            with hearing_signals(lambda: setattr(server, "should_exit", True)):
                ready(Listening(address, _first_account(app, address)))
                engine.start()
                server.run(sockets=[listener])
                _leave(app, engine, patience)


def _first_account(app: App, address: str) -> str | None:
    """Return the address for creating the first account; empty if an account exists."""
    from tiktok_organic.web import set_up_address

    return set_up_address(app, app.settings.public_url or address)


def work_until_signalled(
    app: App, *, patience: float, at_once: int, ready: Callable[[], None]
) -> None:
    """Run syncs until a signal; another process (`serve`) orders due ones.

    `ready` is called once.
    """
    refuse_without_key(app)
    _collect_garbage_often()
    engine = make_engine(app, _words(app), at_once=at_once)
    signalled = threading.Event()
    with hearing_signals(signalled.set):
        ready()
        engine.start(schedule=False)
        _LOG.info("worker %d started, %d runs at once", os.getpid(), at_once)
        while not signalled.wait(1.0):  # in slices: signal handlers run between them
            pass
        _leave(app, engine, patience)


def _collect_garbage_often() -> None:
    """A process that runs for months must not collect as seldom as a short command does."""
    gc.set_threshold(100_000, 50, 1000)


def _words(app: App) -> Advise:
    """The advice for notifications: the page's if `PUBLIC_URL` is set, else the terminal's."""
    from tiktok_organic.web.errors.problems import advice_for as advice_of_page

    return advice_of_page if app.settings.public_url else advice_for


def _leave(app: App, engine: Engine, patience: float) -> None:
    """Stop.

    If a call hangs that cannot be interrupted, the process ends anyway: its locks end, and another
    process completes its runs.
    """
    _LOG.info("stopping: running syncs have %.0f seconds to finish", patience)
    ended = engine.stop(patience)
    app.close()
    _LOG.info("stopped" if ended else "stopped with unfinished runs; other processes complete them")
    if not ended:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Return a socket that accepts connections. Raises Refused."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's algorithm off only then: otherwise
    # every response waits 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with listener:
        with refusing_address(host, port):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(_BACKLOG)
        yield listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(app: App, engine: Engine, host: str) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        """A server without signal handlers: ours also end the engine."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    from tiktok_organic.cli.server.connection_limits import (
        limit_accept_errors,
        raise_open_files,
        server_options,
    )

    raise_open_files()
    limit_accept_errors()
    config = uvicorn.Config(
        _application(app, engine, host),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        lifespan="off",
        server_header=False,
        **server_options(app.settings.trusted_proxies),
    )
    return Server(config)


def _application(app: App, engine: Engine, host: str) -> Any:
    """Return the web page with the monitoring routes."""
    from tiktok_organic.web import create

    return create(app, engine, listens_on=host)
