"""Allow one server per store file, and only with the key that encrypted the store's secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tiktok_organic.app import App
from tiktok_organic.clock import timestamp
from tiktok_organic.errors import Refused
from tiktok_organic.settings import Settings
from tiktok_organic.store.encryption.key_check import check_key
from tiktok_organic.store.encryption.key_rotation import rotate_key

__all__ = ["not_served", "only_server", "page_address", "refuse_without_key"]


@contextmanager
def only_server(app: App, address: str) -> Iterator[None]:
    """Let one process serve a home, on one machine.

    A second server would be a second page for the same data, and is usually a mistake. (It would
    not damage anything: orders and locks are safe.) Raises Refused with the address of the first.
    On PostgreSQL any number may serve.
    """
    if app.database.path is None:
        yield
        return
    note = app.settings.home / "server.json"
    with not_served(app):
        document = {"process": os.getpid(), "address": address, "since": timestamp(app.clock.now())}
        note.write_text(json.dumps(document), "utf-8")
        try:
            yield
        finally:
            note.unlink(missing_ok=True)


@contextmanager
def not_served(app: App) -> Iterator[None]:
    """Prevent serving this home for as long as the context lasts.

    Raises Refused with the address of a running server. On PostgreSQL any number may serve.
    """
    if app.database.path is None:
        yield
        return
    with app.locks.hold("server") as acquired:
        if not acquired:
            home = app.settings.home
            server = _by_whom(home)
            raise Refused(
                f"{home} is already being served{server}",
                code="served_already",
            )
        yield


def page_address(settings: Settings) -> str:
    """Return the address of the page, without a final slash.

    PUBLIC_URL, or the server of this home that runs or would run.
    """
    known = str(_server(settings.home).get("address", "")) or "http://127.0.0.1:8000"
    return (settings.public_url or known).rstrip("/")


def _by_whom(home: Path) -> str:
    known = _server(home)
    if not {"process", "address", "since"} <= set(known):
        return ""
    return f": process {known['process']} at {known['address']}, since {known['since']}"


def _server(home: Path) -> dict[str, object]:
    """Return what the running server has written about itself; empty if none runs."""
    try:
        known = json.loads((home / "server.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def refuse_without_key(app: App) -> None:
    """Raise WrongKey in a process without the store's encryption key: each of its runs would fail.

    A process with several keys re-encrypts values that are not encrypted with the first: other
    processes may have written them since that key was new.
    """
    check_key(app.database, app.cipher)
    if app.cipher.several:
        rotate_key(app.database, app.cipher)
