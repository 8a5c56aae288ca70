"""Record a security event: who, from where, what, and with which result.

`security_log.py` has the line that is logged, `store/people/security_events.py` the table.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from tiktok_organic.app import App
from tiktok_organic.store.people.security_events import Event, Events

__all__ = ["Visitor", "admitted", "record", "store_event"]


@dataclass(frozen=True)
class Visitor:
    """The origin of a request.

    `address`: the network address, behind trusted proxies the client's. `browser`: the User-Agent.
    `device`: the token of a browser in which a person has logged in before.
    """

    address: str
    browser: str = ""
    device: str = ""

    @property
    def network(self) -> str:
        """Return what counts as one machine: the address, or the /64 of an IPv6 address."""
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return self.address
        if address.version == 4:
            return str(address)
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))


def record(app: App, kind: str, outcome: str, who: str, visitor: Visitor, what: str = "") -> None:
    """Store a security event, and log it in one line; of a flood only the first ones."""
    event = admitted(app, kind, outcome, who, visitor, what)
    if event is not None:
        store_event(app.events, event)


def admitted(
    app: App, kind: str, outcome: str, who: str, visitor: Visitor, what: str = ""
) -> Event | None:
    """Return the event, or None if there were too many of its kind in this minute."""
    event = Event(app.clock.now(), kind, outcome, who, visitor.address, what)
    return app.event_limit.admit(event, visitor.network)


def store_event(events: Events, event: Event) -> None:
    """Log an accepted event, and store it."""
    from tiktok_organic.actions.people.security_log import write

    write(event)
    events.add(event)
