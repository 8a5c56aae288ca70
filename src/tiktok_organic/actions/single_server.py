"""Allow one server per store file, and only with the key that encrypted the store's secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tiktok_organic.app import App
from tiktok_organic.clock import timestamp
from tiktok_organic.errors import Refused
from tiktok_organic.store.key_check import check_key
from tiktok_organic.store.key_rotation import rotate_key

__all__ = ["not_served", "only_server", "page_address", "refuse_without_key"]


@contextmanager
def only_server(app: App, address: str) -> Iterator[None]:
    """On one machine, one process serves a home: a second one would be a second page for the same
    thing, and is mostly a mistake.

    (Nothing would break: orders and locks are safe. `worker` adds hands.) Raises Refused, saying
    who serves.

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
    """As long as the context lasts, nobody serves this home.

    Raises Refused, saying who does. On PostgreSQL any number may.
    """
    if app.database.path is None:
        yield
        return
    with app.locks.hold("server") as acquired:
        if not acquired:
            raise Refused(
                f"{app.settings.home} is being served already{_by_whom(app)}",
                code="served_already",
            )
        yield


def page_address(app: App) -> str:
    """Where people reach the page, without a final slash: PUBLIC_URL, or the server of this home
    that runs or would run.
    """
    known = str(_server(app).get("address", "")) or "http://127.0.0.1:8000"
    return (app.settings.public_url or known).rstrip("/")


def _by_whom(app: App) -> str:
    known = _server(app)
    if not {"process", "address", "since"} <= set(known):
        return ""
    return f": process {known['process']} at {known['address']}, since {known['since']}"


def _server(app: App) -> dict[str, object]:
    """What the running server has written about itself; empty when none runs."""
    try:
        known = json.loads((app.settings.home / "server.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def refuse_without_key(app: App) -> None:
    """A process without the store's encryption key takes no orders: each would fail.

    One with several keys encrypts again what is not encrypted with the first: others may have
    written it since that key was new. Raises WrongKey.
    """
    check_key(app.database, app.cipher)
    if app.cipher.several:
        rotate_key(app.database, app.cipher)
