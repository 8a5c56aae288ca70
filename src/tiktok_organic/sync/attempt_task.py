"""What one attempt at a run has to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tiktok_organic.sync.window import Window

__all__ = ["AttemptTask"]


@dataclass(frozen=True)
class AttemptTask:
    """What was ordered, with the present facts of the connector.

    All attempts share `sync_date`, except after a wrong clock (`Run`).

    `window`: the wanted days. `username` and `former_usernames`: the names under which the
    account's rows may exist. `scopes`: the granted permissions. `reports`: without those that an
    earlier attempt has loaded.
    """

    run_id: str
    connector_id: str
    account_id: str
    username: str
    former_usernames: tuple[str, ...]
    reports: tuple[str, ...]
    dataset: str
    window: Window
    sync_date: datetime
    attempt: int
    scopes: tuple[str, ...]
    curves: bool = False
