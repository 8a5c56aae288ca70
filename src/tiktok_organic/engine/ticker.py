"""A thread that calls a function periodically; an error ends the call, not the thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from tiktok_organic.clock import Clock
from tiktok_organic.errors import TikTokOrganicError

__all__ = ["Ticker"]

_LOG = logging.getLogger(__name__)
_AFTER_ERROR = 5.0


class Ticker:
    """Calls `tick` at once, then every `every` seconds, and whenever the thread is woken."""

    def __init__(self, name: str, tick: Callable[[], None], every: float, clock: Clock) -> None:
        self._name = name
        self._tick = tick
        self._every = every
        self._clock = clock
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._last = clock.monotonic()
        self._complained = ""
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def end(self, patience: float = 10.0) -> None:
        """Stop ticking; wait for the present tick."""
        self._ended.set()
        self._woken.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(patience)

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive() and not self._ended.is_set()

    @property
    def age(self) -> float:
        """Return the seconds since the last successful tick."""
        return self._clock.monotonic() - self._last

    def _run(self) -> None:
        while not self._ended.is_set():
            self._woken.clear()
            pause = self._every if self._take() else max(self._every, _AFTER_ERROR)
            self._woken.wait(pause)

    def _take(self) -> bool:
        try:
            self._tick()
        except TikTokOrganicError as error:
            self._complain(f"{self._name}: {error.message}")
            return False
        except Exception:  # noqa: BLE001 - a bug costs one attempt or tick, and is logged in full
            _LOG.exception("%s: a tick failed", self._name)
            return False
        if self._complained:
            _LOG.info("%s: goes on", self._name)
            self._complained = ""
        self._last = self._clock.monotonic()
        return True

    def _complain(self, words: str) -> None:
        """Log an error once, not at every tick."""
        if words != self._complained:
            _LOG.warning("%s", words)
            self._complained = words
