"""A request to stop. Fetching and loading check it between steps; nothing is half written then."""

from __future__ import annotations

from math import inf

from tiktok_organic.clock import Clock

__all__ = ["Stop", "Stopped"]


class Stopped(BaseException):
    """The work ends because of a request to stop. Not an error of the run."""


class Stop:
    """Shared by the caller that may request a stop and by the work that checks it. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._deadline = inf

    def request(self, patience: float = 0.0) -> None:
        """Request a stop in `patience` seconds; work that is done by then is not disturbed."""
        self._deadline = self._clock.monotonic() + patience

    def requested(self, pause: float = 0.0) -> bool:
        """Whether work has to stop now, or during a pause of this many seconds."""
        return self._clock.monotonic() + pause >= self._deadline

    def check(self, pause: float = 0.0) -> None:
        """Raise Stopped when work has to stop now, or during a pause that begins now."""
        if self.requested(pause):
            raise Stopped
