"""A store of one test: Alice's connector and Bob's, in a file of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from unit_clock import NOON

from tiktok_organic.connector import Connector, Schedule
from tiktok_organic.store.connectors.connectors import Connectors
from tiktok_organic.store.database import Database
from tiktok_organic.store.encryption.cipher import Cipher

KEY = "x" * 43 + "="
OTHER_KEY = "y" * 42 + "8="

ALICE = Connector(
    id="c-alice",
    name="Alice's bakery",
    account_id="open-id-alice",
    username="alice",
    former_usernames=(),
    display_name="Alice",
    avatar="https://cdn.invented.test/a.jpg",
    dataset="tiktokorganic_alice",
    destination="postgresql://alice:geheim@host/db",
    reports=("profile", "video_snapshot_metric"),
    schedule=Schedule("weekly", 5, "friday", "Europe/Berlin"),
    lookback=7,
    state="active",
    state_reason="",
    scopes=("user.info.basic", "video.list"),
    api_url="https://api.invented.test/v1.3",
    created_at=NOON,
    first_asked=date(2026, 1, 10),
    next_due=NOON + timedelta(days=1),
    consent_ends=None,
    followers=5210,
)
BOB = replace(
    ALICE,
    id="c-bob",
    name="Bob's shop",
    account_id="open-id-bob",
    username="bob",
    dataset="tiktokorganic_bob",
)


class Memory:
    """The store, opened; `add` keeps a connector."""

    def __init__(self, folder: Path, key: str = KEY) -> None:
        self.path = folder / "store.db"
        self.database = Database(f"sqlite:///{self.path}")
        self.cipher = Cipher(key)
        self.connectors = Connectors(self.database, self.cipher)

    def add(self, connector: Connector) -> None:
        with self.database.begin() as connection:
            self.connectors.add(connector, connection)

    def rows(self, statement: str) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.exec_driver_sql(statement).all())
