"""What an engine is: it has due syncs ordered, has ordered runs worked on, and tries again what may be tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection

__all__ = ["AT_ONCE", "Engine", "EngineCallbacks", "Ordered"]

AT_ONCE = 8
"""Syncs that one process works on side by side: enough to use TikTok's basic limits up at half a second an answer."""


@dataclass(frozen=True)
class Ordered:
    """A run that was ordered just now; a person's goes before scheduled ones."""

    run_id: str
    connector_id: str
    by_person: bool


class EngineCallbacks(Protocol):
    """What an engine has done, without knowing how. The wiring gives it."""

    def attempt(self, run_id: str, engine: Engine) -> bool:
        """Work on the run, once, under the lock of its connector. Asks `engine.stopping()` now and then, and stops
        where it says so. False when somebody else has the lock: come again. Raises only bugs, and what the store
        raises."""

    def order_due(self, most: int) -> int:
        """Order syncs for the connectors that are due, at most so many, the oldest first; how many were ordered."""

    def housekeeping(self) -> None:
        """What is to be done every minute or so, by one process of all: notifications, old archives."""


class Engine(Protocol):
    """Two of them exist: for one machine, and for many."""

    def start(self, *, work: bool = True, schedule: bool = True) -> None:
        """Begin, in threads of its own: work on runs, order what is due, or both."""

    def announce(self, ordered: Ordered, connection: Connection) -> None:
        """Called in the transaction that writes the run's row."""

    def wake(self) -> None:
        """Called after that transaction: there is something to do."""

    def stop(self, patience: float) -> bool:
        """Begin nothing more, and let what runs finish for `patience` seconds; then hand it back. Whether all ended:
        if not, threads are left that only the end of the process ends; others will complete their runs then."""

    def stopping(self, pause: float = 0.0) -> bool:
        """Whether running work shall stop where it is; also work that would pause for so many seconds now, when nobody
        has the patience for that any more."""

    def stop_accepting(self, why: str) -> None:
        """Begin nothing more, though the process goes on: it cannot do what others can. `why` is logged and told."""

    def state(self) -> dict[str, Any]:
        """For probes: `alive`, `running` (run ids), `seconds_since_turn`, `retired` (why; None as long as it works)."""
