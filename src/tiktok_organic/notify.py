"""Tells people outside, through apprise: e-mail, Slack, Teams, a webhook, whatever its addresses
name.
"""

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
    """Whoever brings a message to people."""

    def send(self, title: str, body: str) -> None:
        """Raises TryAgain when it did not arrive everywhere, Refused when it never will."""

    def check(self) -> None:
        """Sends nothing. Raises Refused when no message can ever arrive."""


class Apprise:
    """Comma-separated apprise addresses.

    They hold passwords: no error repeats them, but their numbers, from `first` on.
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
        """Every address by itself."""
        return {
            address: Apprise(address, first=number)
            for number, address in enumerate(self._addresses, 1)
        }

    def check(self) -> None:
        """Sends nothing.

        Raises BadValue for what is no address, Refused when apprise is not installed.
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
    """apprise logs what it does not understand of an address, and with it its tokens: not what this
    thread makes it say now.
    """
    logger, here = logging.getLogger("apprise"), threading.get_ident()

    def others(record: logging.LogRecord) -> bool:
        return record.thread != here

    logger.addFilter(others)
    try:
        yield
    finally:
        logger.removeFilter(others)
