"""The address of a server process: printed when it is ready, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tiktok_organic.cli.options import within
from tiktok_organic.cli.output.output import Output, show_now
from tiktok_organic.errors import Refused

__all__ = ["Listening", "check_port", "refusing_address"]


@dataclass(frozen=True)
class Listening:
    """The address of a server.

    `first_account`: where the first account is created, while no account exists.
    """

    url: str
    first_account: str | None = None

    def announce(self, output: Output, document: dict[str, Any] | None = None) -> None:
        """Print the address: as lines for people, or with `document` as one document."""
        invitation = {"first_account": self.first_account} if self.first_account else {}
        output.document({**(document or {}), "url": self.url, **invitation}, self._show)

    def _show(self) -> None:
        show_now(f"listening on {self.url}")
        if self.first_account:
            show_now(f"open this address once to create the first account: {self.first_account}")


def check_port(port: int) -> None:
    """Raises BadValue."""
    within("--port", port, 0, 65_535, example="8000")


@contextmanager
def refusing_address(host: str, port: int) -> Iterator[None]:
    """Listen inside. Raises Refused if the address cannot be used."""
    try:
        yield
    except OSError as error:
        raise Refused(
            f"cannot listen on {host}:{port}: {error.strerror or error}",
            code="address_taken",
        ) from error
