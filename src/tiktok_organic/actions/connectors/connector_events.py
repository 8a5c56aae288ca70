"""Record a change of a connector as a security event: by command, page or API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiktok_organic.settings import hide_password
from tiktok_organic.store.people.security_events import Event

if TYPE_CHECKING:
    from tiktok_organic.app import App
    from tiktok_organic.connector import Connector

__all__ = ["SHELL_NAME", "changed_what", "connected_what", "record_in_shell", "what_of"]

SHELL_NAME = "the command line"
"""Who has a shell on the server, and where they are."""

_FIELDS = ("name", "reports", "schedule", "lookback", "views", "dataset", "destination")


def what_of(connector: Connector, what: str) -> str:
    """What an event says: which connector, and what became of it."""
    return f"{connector.name} ({connector.id}) {what}"


def connected_what(connector: Connector) -> str:
    """What an event says of a new connector: where its tables go, without a password."""
    place = hide_password(connector.destination)
    return what_of(connector, f"connected: @{connector.username} to {connector.dataset} at {place}")


def changed_what(before: Connector, after: Connector) -> str:
    """What an event says of a change; "" when nothing is different."""
    names = [name for name in _FIELDS if getattr(before, name) != getattr(after, name)]
    return what_of(before, f"changed: {', '.join(names)}") if names else ""


def record_in_shell(app: App, what: str, kind: str = "connector") -> None:
    """Store an event of a command; its output has informed the person already."""
    if what:
        app.events.add(Event(app.clock.now(), kind, "success", SHELL_NAME, SHELL_NAME, what))
