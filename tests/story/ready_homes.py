"""Homes with an account that was connected: made once in a process, copied for each test after it.

To connect takes a fifth of a second, and most stories begin with it. The first story of a process
that connects with some options really does so; for the next ones its home is copied, and the same
requests are given to their own simulator, which must answer the same. A story in which anything is
different before it connects (settings, faults, time, the account) connects for itself.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

from story_time import START, StoryTime

from tiktok_organic.simulator import Simulator
from tiktok_organic.simulator.server.answer import Answer
from tiktok_organic.simulator.server.request import Request
from tiktok_organic.simulator.settings import Settings

T = TypeVar("T")
_REQUEST_ID = re.compile(rb"\d{14}[0-9A-F]{20}")


@dataclass(frozen=True)
class _Exchange:
    """`dice`: the state of the simulator's random numbers before its answer."""

    dice: tuple[Any, ...]
    request: Request
    answer: Answer


@dataclass(frozen=True)
class _Ready(Generic[T]):
    files: Path
    exchanges: list[_Exchange]
    dice: tuple[Any, ...]
    result: T


class ReadyHomes(Generic[T]):
    """The homes of one process. All have the same path, which their stores contain."""

    def __init__(self, folder: Path, port: int) -> None:
        self.home = folder / "home"
        self.port = port
        self._folder = folder
        self._made: dict[Hashable, _Ready[T]] = {}

    def connected(
        self, how: Hashable, simulator: Simulator, time: StoryTime, connect: Callable[[], T]
    ) -> T:
        """Return the result of `connect`, which is called for the first story with `how`."""
        if not self._untouched(simulator, time):
            return connect()
        dice = simulator.world.random.getstate()
        key = (how, dice, _environment())
        if key not in self._made:
            self._made[key] = self._make(simulator, connect)
            return self._made[key].result
        ready = self._made[key]
        shutil.copytree(ready.files, self.home, symlinks=True)
        for exchange in ready.exchanges:
            simulator.world.random.setstate(exchange.dice)
            answer = simulator._server.answer(exchange.request)
            assert _without_id(answer) == _without_id(exchange.answer), (
                "this story connects in another world: alice.homes"
            )
        simulator.world.random.setstate(ready.dice)
        return ready.result

    def _untouched(self, simulator: Simulator, time: StoryTime) -> bool:
        """Whether nothing has happened in this story."""
        world = simulator.world
        return (
            simulator.port == self.port
            and not self.home.exists()
            and not any(Path.cwd().iterdir())  # a file `.env` has settings as well
            and (time.now(), time.waits) == (START, [])
            and world.clock.now() == START
            and world.settings == Settings(limits=False)
            and not world.faults.document()
            and world.journal.count() == 0
        )

    def _make(self, simulator: Simulator, connect: Callable[[], T]) -> _Ready[T]:
        exchanges: list[_Exchange] = []
        one_by_one = Lock()
        answer_of = simulator._server.answer

        def answer(request: Request) -> Answer:
            with one_by_one:
                dice = simulator.world.random.getstate()
                answer = answer_of(request)
                exchanges.append(_Exchange(dice, request, answer))
                return answer

        simulator._server.answer = answer  # type: ignore[method-assign]  # the seam of tests
        try:
            result = connect()
        finally:
            simulator._server.answer = answer_of  # type: ignore[method-assign]  # as above
        files = self._folder / f"ready-{len(self._made)}"
        shutil.copytree(self.home, files, symlinks=True)
        return _Ready(files, exchanges, simulator.world.random.getstate(), result)


def _without_id(answer: Answer) -> Answer:
    """The answer without its request id: requests sent side by side draw theirs in any order."""
    return replace(answer, body=_REQUEST_ID.sub(b"", answer.body))


def _environment() -> frozenset[tuple[str, str]]:
    """All that a command reads of it: the time zone, variables of the product."""
    return frozenset(item for item in os.environ.items() if not item[0].startswith("PYTEST_"))
