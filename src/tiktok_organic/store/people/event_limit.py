"""Limit the security events recorded per minute, so that a flood fills neither log nor store."""

from __future__ import annotations

import threading
from dataclasses import replace

from tiktok_organic.counts_per_minute import CountsPerMinute
from tiktok_organic.store.people.security_events import Event

__all__ = ["OF_A_MACHINE", "TOTAL", "EventLimit"]

OF_A_MACHINE = 20
"""Maximum of events of one kind and outcome from one machine in a minute."""
TOTAL = 300
"""Maximum of events in a minute."""


class EventLimit:
    """Decides which events are recorded.

    Successful actions are always recorded. Failed attempts beyond the limits are not; the next
    recorded one has the number of omitted ones.
    """

    def __init__(self) -> None:
        self._counts = CountsPerMinute()
        self._left_out = 0
        self._lock = threading.Lock()

    def admit(self, event: Event, machine: str) -> Event | None:
        """Return the event to record, or None. `machine`: the network of its origin."""
        if event.outcome == "success":
            return event
        name = f"{event.kind} {event.outcome} {machine}"
        of_machine = self._counts.count(name, event.at)
        if of_machine > OF_A_MACHINE or self._counts.count("all", event.at) > TOTAL:
            with self._lock:
                self._left_out += 1
            return None
        with self._lock:
            left_out, self._left_out = self._left_out, 0
        if not left_out:
            return event
        return replace(event, what=f"{event.what[:200]} ({left_out} events before it left out)")
