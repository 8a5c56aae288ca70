"""Requests of a test client are answered in the thread of the test.

The client hands each step of a request to another thread with an event loop, which hands a route
to a third one: some fifteen switches, a third of the CPU of a request. Here a thread that asks has
a loop of its own, and routes run in it. Servers on a port are not concerned.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import Any

from anyio import to_thread

__all__ = ["SameThread", "route_in_same_thread"]

_in_another = to_thread.run_sync


class _Loop(asyncio.SelectorEventLoop):
    """A loop in whose thread routes run."""


class SameThread:
    """What a test client uses of a portal of anyio."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._loops: list[_Loop] = []

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call it in the loop of this thread, and await what it returns."""
        return self._loop().run_until_complete(self._result(function, arguments))

    def start_task_soon(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Start a task that goes on during each call."""
        return _Task(self._loop(), function(*arguments))

    def close(self) -> None:
        for loop in self._loops:
            loop.close()

    def _loop(self) -> _Loop:
        if not hasattr(self._own, "loop"):
            self._own.loop = _Loop()
            self._own.loop.given_up = []
            self._loops.append(self._own.loop)
        return self._own.loop  # type: ignore[no-any-return]  # a thread's own attribute

    async def _result(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        found = function(*arguments)
        if inspect.isawaitable(found):
            found = await found
        given_up = self._own.loop.given_up
        if given_up:
            await asyncio.wait(given_up)
            given_up.clear()
        return found


class _Task(Future[Any]):
    def __init__(self, loop: _Loop, running: Any) -> None:
        super().__init__()
        self._given_up: list[Any] = loop.given_up  # type: ignore[attr-defined]  # set above
        self._task = loop.create_task(self._end(running))

    def done(self) -> bool:
        """The client asks only when it ends the task, and then waits outside the loop."""
        if not super().done():
            self._given_up.append(self._task)
        return super().done()

    async def _end(self, running: Any) -> None:
        try:
            self.set_result(await running)
        except BaseException as error:  # noqa: BLE001 - the client raises it
            self.set_exception(error)


async def route_in_same_thread(
    function: Callable[..., Any], *arguments: Any, **options: Any
) -> Any:
    """Call a route that is no coroutine; in a server it runs in another thread."""
    if isinstance(asyncio.get_running_loop(), _Loop):
        return copy_context().run(function, *arguments)
    return await _in_another(function, *arguments, **options)
