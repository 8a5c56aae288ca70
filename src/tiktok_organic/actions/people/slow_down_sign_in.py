"""How fast a person may try to log in: wrong attempts slow down the next ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tiktok_organic.actions.people.record_security_event import Visitor, record
from tiktok_organic.app import App
from tiktok_organic.caseless import caseless
from tiktok_organic.errors import Refused
from tiktok_organic.store.people.people import Person
from tiktok_organic.store.people.sessions import Sessions
from tiktok_organic.store.people.sign_in_attempts import Brake

__all__ = ["begin_attempt", "brakes_of"]


def brakes_of(
    sessions: Sessions, now: datetime, email: str, person: Person | None, visitor: Visitor
) -> list[Brake]:
    """Return the counters that slow down a login.

    They count per address and machine, so that a stranger who knows the address does not lock its
    owner out; per machine over all addresses; and per address over all machines, where only a flood
    counts. A browser in which that person has logged in before is counted separately.
    """
    address = caseless(email.strip())[:200]
    known = person is not None and sessions.knows_device(visitor.device, person.id, now)
    if known:
        return [Brake(f"device:{visitor.device[:16]}:{address}")]
    return [
        Brake(f"login:{address}:{visitor.network}"),
        Brake(f"machine:{visitor.network}", free=20),
        Brake(f"email:{address}", free=100, longest=timedelta(seconds=30)),
    ]


def begin_attempt(app: App, brakes: Sequence[Brake], kind: str, who: str, visitor: Visitor) -> None:
    """Count the attempt before it is made. Raises Refused if the person has to wait."""
    left = app.sign_in_attempts.begin(brakes, app.clock.now())
    if left > 0:
        record(app, kind, "blocked", who, visitor)
        raise Refused(
            "there were too many wrong attempts",
            code="login_slowed",
            seconds=max(1, round(left)),
        )
