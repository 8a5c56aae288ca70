"""Send messages through apprise: e-mail, Slack, Teams, a webhook, and others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from tiktok_organic.errors import BadValue, Refused, TryAgain

if TYPE_CHECKING:
    import apprise

__all__ = ["Apprise", "Messenger"]


class Messenger(Protocol):
    """A channel for messages."""

    def send(self, title: str, body: str) -> None:
        """Send a message.

        Raises TryAgain if it did not arrive everywhere, Refused if it never can.
        """

    def check(self) -> None:
        """Check without sending. Raises Refused if no message can ever arrive."""


class Apprise:
    """Comma-separated apprise addresses.

    They contain passwords, so errors have their numbers, counted from `first`, instead.
    """

    def __init__(self, addresses: str, *, first: int = 1) -> None:
        self._first = first
        self._addresses = [address.strip() for address in addresses.split(",") if address.strip()]

    def send(self, title: str, body: str) -> None:
        if not self._messenger().notify(title=title, body=body):
            raise TryAgain(
                "a notification did not arrive at every address of TIKTOK_ORGANIC_NOTIFY",
                code="notify_failed",
            )

    def each(self) -> dict[str, Apprise]:
        """Return every address separately."""
        return {
            address: Apprise(address, first=number)
            for number, address in enumerate(self._addresses, 1)
        }

    def check(self) -> None:
        """Check without sending.

        Raises BadValue for an invalid address, Refused if apprise is not installed.
        """
        self._messenger()

    def _messenger(self) -> apprise.Apprise:
        try:
            import apprise
        except ImportError:
            raise Refused(
                "apprise is not installed, and TIKTOK_ORGANIC_NOTIFY is set",
                code="notify_missing",
            ) from None
        messenger = apprise.Apprise()
        for number, address in enumerate(self._addresses, self._first):
            with _in_silence():
                understood = messenger.add(address)
            if not understood:
                raise BadValue(
                    "TIKTOK_ORGANIC_NOTIFY",
                    f"apprise does not understand address number {number}",
                    example="mailto://user@example.com",
                    code="bad_setting",
                )
        return messenger


@contextmanager
def _in_silence() -> Iterator[None]:
    """Suppress apprise's log in this thread: it repeats invalid addresses with their tokens."""
    logger, here = logging.getLogger("apprise"), threading.get_ident()

    def others(record: logging.LogRecord) -> bool:
        return record.thread != here

    logger.addFilter(others)
    try:
        yield
    finally:
        logger.removeFilter(others)
