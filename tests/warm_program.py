"""The program as a process, forked from one that has imported it.

To start Python and import the product takes a second of CPU, and tests of workers start some
hundred processes. Here one process per pytest process imports everything and forks for each
program: what runs is a process of its own with its own pipes, environment, folder and signals,
which can be killed like any other. tests/story/test_process.py starts the program in the usual way.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any

__all__ = ["PROGRAM", "WarmProgram"]

PROGRAM = [sys.executable, "-m", "tiktok_organic"]
_MODULES = (
    "argon2", "cryptography.fernet", "duckdb", "encodings.ascii", "encodings.idna", "filelock",
    "httpx2", "procrastinate", "psycopg", "pyarrow.parquet", "rich.table",
    "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite",
    "uvicorn", "uvicorn.lifespan.off", "uvicorn.loops.asyncio", "uvicorn.protocols.http.h11_impl",
    "uvicorn.protocols.websockets.auto", "tiktok_organic.actions.operation.engine_setup",
    "tiktok_organic.actions.runs.sync_patiently", "tiktok_organic.cli.command_line",
    "tiktok_organic.cli.commands.sync_all_connectors", "tiktok_organic.cli.logs",
    "tiktok_organic.cli.output.progress_display", "tiktok_organic.cli.output.run_output",
    "tiktok_organic.cli.server.server_process", "tiktok_organic.monitoring",
    "tiktok_organic.warehouse.duckdb.warehouse", "tiktok_organic.warehouse.postgres.warehouse",
    "tiktok_organic.web", "tiktok_organic.engine.local_engine",
    "tiktok_organic.engine.procrastinate_engine",
)  # fmt: skip
_SUBREAPER = 36
"""`PR_SET_CHILD_SUBREAPER` of prctl: orphans become our children, so that we can wait for them."""


class WarmProgram(subprocess.Popen[str]):
    """A process that runs `[*PROGRAM, ...]`; its arguments are those of Popen."""

    def _execute_child(self, *given: Any) -> None:
        """Fork instead of starting Python, where the system can give us the process as a child."""
        start = super()._execute_child  # type: ignore[misc]  # Popen's own way
        about = signature(start).bind(*given).arguments
        environment = about["env"] if about["env"] is not None else dict(os.environ)
        if sys.platform != "linux" or _changes_python(environment):
            start(*given)
            return
        streams = (about["p2cread"], about["c2pwrite"], about["errwrite"])
        descriptors = [own if own != -1 else usual for usual, own in enumerate(streams)]
        order = (list(about["args"])[3:], str(about["cwd"] or Path.cwd()), environment)
        self.pid = _forker().fork(order, descriptors)
        self._child_created = True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(about[name] for name in pipes))  # type: ignore[attr-defined]  # Popen's


def _changes_python(environment: Mapping[str, str]) -> bool:
    """Whether Python itself would start in another way than the process that forks."""
    names = {name for name in {*environment, *os.environ} if name.startswith(("PYTHON", "LC_"))}
    return any(environment.get(name) != os.environ.get(name) for name in names | {"LANG", "TZ"})


class _Forker:
    """The process that has imported the product."""

    def __init__(self) -> None:
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
        self._line, theirs = socket.socketpair()
        command = [sys.executable, __file__, str(theirs.fileno())]
        # The allocator that pyarrow prefers has a thread, which does not survive a fork.
        environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"}
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment)
        theirs.close()
        atexit.register(self._end)

    def fork(self, order: tuple[list[str], str, dict[str, str]], streams: list[int]) -> int:
        """Return the id of a new process, which is our child."""
        text = json.dumps(order).encode()
        socket.send_fds(self._line, [len(text).to_bytes(4, "big")], streams)
        self._line.sendall(text)
        return int.from_bytes(_received(self._line, 4), "big")

    def _end(self) -> None:
        self._line.close()
        self._process.wait()


@cache
def _forker() -> _Forker:
    return _Forker()


def _received(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = line.recv(size - len(found))
        if not more:
            raise EOFError
        found += more
    return found


def _serve(line: socket.socket) -> None:
    """Fork for each order. Returns in the new processes only."""
    while True:
        size, streams, *_ = socket.recv_fds(line, 4, 3)
        if not size:
            os._exit(0)
        order = json.loads(_received(line, int.from_bytes(size, "big")))
        told, tells = os.pipe()
        middle = os.fork()
        if middle:
            os.close(tells)
            os.waitpid(middle, 0)  # from now on its child is one of pytest's
            line.sendall(os.read(told, 4))
            os.close(told)
            for descriptor in streams:
                os.close(descriptor)
            continue
        program = os.fork()
        if program:
            os.write(tells, program.to_bytes(4, "big"))
            os._exit(0)
        os.close(told)
        os.close(tells)
        line.close()
        _become(order, streams)
        return


def _become(order: tuple[list[str], str, dict[str, str]], streams: list[int]) -> None:
    """Be the process that was ordered: its words, folder, environment and streams."""
    words, folder, environment = order
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["tiktok_organic", *words]
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(os.fdopen(0, "rb", closefd=False), "utf-8")  # type: ignore[misc]  # typeshed calls it final
    sys.stdout = sys.__stdout__ = _output(1, "strict")  # type: ignore[misc]  # as above
    sys.stderr = sys.__stderr__ = _output(2, "backslashreplace")  # type: ignore[misc]  # as above


def _output(number: int, errors: str) -> io.TextIOWrapper:
    lines = number == 2 or os.isatty(number)
    binary = os.fdopen(number, "wb", closefd=False)
    return io.TextIOWrapper(
        binary, "utf-8", errors, line_buffering=lines, write_through=number == 2
    )


def _leave(ended: SystemExit) -> None:
    """End as Python does, but without taking every module apart, which takes 80 ms of CPU."""
    code = ended.code
    if code is not None and not isinstance(code, int):
        raise ended  # Python prints it
    threading._shutdown()  # type: ignore[attr-defined]  # waits for the threads
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # Python has an exit code for that
        raise ended from None
    os._exit((code or 0) & 0xFF)


if __name__ == "__main__":
    # As with `python -m`, the script's folder is not on the path.
    sys.path[0] = ""
    for module in _MODULES:
        importlib.import_module(module)
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    try:
        runpy.run_module("tiktok_organic", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        _leave(ended)
