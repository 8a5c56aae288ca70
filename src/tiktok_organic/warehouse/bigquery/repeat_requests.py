"""Repeat requests to BigQuery after temporary errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiktok_organic.clock import Clock
from tiktok_organic.warehouse.bigquery.faults import client_errors, fault_of

__all__ = ["Patience"]


PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before a request or a job is repeated.

After the last one, the run is retried, which has longer pauses.
"""


_TIMEOUT = 60.0


class Patience:
    """Repeats a request or a job with pauses on the `clock`."""

    def __init__(self, clock: Clock, pauses: tuple[float, ...] = PAUSES) -> None:
        self._clock = clock
        self._pauses = pauses

    def ask(self, method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call a method of the client, and repeat it after a temporary error.

        Raises the client's own error. The client's own retries are switched off: they sleep without
        our clock, for up to ten minutes.
        """
        return self.repeat(lambda: method(*arguments, retry=None, timeout=_TIMEOUT, **options))

    def repeat(self, request: Callable[[], Any]) -> Any:
        """Call `request`, and repeat it after a temporary error."""
        for pause in self._pauses:
            try:
                return request()
            except client_errors() as error:
                if not fault_of(error).passing:
                    raise
            self._clock.sleep(pause)
        return request()

    def wait(self, seconds: float) -> None:
        """Wait until the next request about a job."""
        self._clock.sleep(seconds)
