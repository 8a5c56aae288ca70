"""A store on PostgreSQL that is away for a moment costs a sync in a terminal nothing."""

from __future__ import annotations

import os
import secrets
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from cast import NAME, Alice
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from story_time import StoryTime

from tiktok_organic.actions.runs.store_outage import store_retries
from waiting import waits_for

pytestmark = pytest.mark.skipif(
    not os.environ.get("TIKTOK_ORGANIC_TEST_POSTGRES"),
    reason="TIKTOK_ORGANIC_TEST_POSTGRES names no PostgreSQL",
)

SLOW = 3.0
"""Seconds that TikTok takes for the answer during which the store goes."""
LOOKS = 2
"""How often each sync looks whether the store is back before it returns. A sync looks when it has
given up its requests, so no request is under way when the store returns."""


class Database:
    """A database of this test alone, whose server can turn everybody away."""

    def __init__(self, server: str) -> None:
        self._name = f"away_{secrets.token_hex(5)}"
        address = make_url(server).set(drivername="postgresql+psycopg")
        self._engine = create_engine(address, isolation_level="AUTOCOMMIT")
        self._runs(f"CREATE DATABASE {self._name}")
        made = address.set(drivername="postgresql", database=self._name)
        self.url = made.render_as_string(hide_password=False)

    def goes(self) -> None:
        self._runs(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false")
        self._runs(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            f"WHERE datname = '{self._name}'"
        )

    def returns(self) -> None:
        self._runs(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS true")

    def drop(self) -> None:
        self._runs(f"DROP DATABASE {self._name} WITH (FORCE)")
        self._engine.dispose()

    def _runs(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))


class Interrupted(StoryTime):
    """A time in which the store goes once, while TikTok is slow, and returns, if at all, when all
    syncs have looked for it."""

    def __init__(self) -> None:
        super().__init__()
        self.goes: Callable[[], None] | None = None
        self.returns: Callable[[], None] = lambda: None
        self._away = False
        self._changing = threading.Lock()
        self._looks: Counter[int | None] = Counter()

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if seconds == SLOW:
            self._go()
        elif self._away and sys._getframe(1).f_code.co_name == store_retries.__name__:
            self._looks[threading.get_ident()] += 1
            if self._looks[threading.get_ident()] >= LOOKS:
                waits_for(self._all_look)
                self._return()

    def _go(self) -> None:
        with self._changing:
            if self.goes is not None:
                goes, self.goes = self.goes, None
                goes()
                self._away = True

    def _all_look(self) -> bool:
        """Whether every sync that has not ended has looked often enough."""
        syncs = [thread for thread in threading.enumerate() if thread.name == "sync"]
        return all(self._looks[thread.ident] >= LOOKS for thread in syncs)

    def _return(self) -> None:
        with self._changing:
            if self._away:
                self._away = False
                self.returns()


@pytest.fixture
def time() -> Interrupted:
    return Interrupted()


@pytest.fixture
def databases() -> Iterator[tuple[Database, Database]]:
    """That of the store, and that of the warehouse."""
    made = tuple(Database(os.environ["TIKTOK_ORGANIC_TEST_POSTGRES"]) for _ in range(2))
    yield made[0], made[1]
    for each in made:
        each.drop()


@pytest.fixture
def store(databases: tuple[Database, Database]) -> Database:
    return databases[0]


@pytest.fixture
def connected(alice: Alice, databases: tuple[Database, Database]) -> Alice:
    alice.settings |= {
        "STORE_URL": databases[0].url,
        "DESTINATION": databases[1].url,
        "SECRET_KEY": Fernet.generate_key().decode(),
        "ARCHIVE_URL": str(alice.home / "archive"),
    }
    alice.connects()
    alice.simulator.world.accounts.add("tea.room", videos=3)
    alice.connects(account="tea.room")
    return alice


@pytest.mark.parametrize("words", [("sync", "--all"), ("sync", NAME), ("recover", NAME)])
def test_a_store_that_is_away_for_a_moment_is_waited_for_and_its_run_completed(
    connected: Alice, store: Database, time: Interrupted, words: tuple[str, ...]
) -> None:
    connected.simulator.world.faults.add("slow", "/business/get/", seconds=SLOW)
    time.goes, time.returns = store.goes, store.returns
    said = connected.types(*words, "--json")
    assert said.exit == 0, said
    runs = connected.types("runs", "--json").document
    assert [run["status"] for run in runs] == ["succeeded"] * (2 if "--all" in words else 1)
    if "--all" not in words:
        assert runs[0]["attempts"] == 2


def test_a_store_that_stays_away_ends_every_sync_of_all_with_its_reason(
    connected: Alice, store: Database, time: Interrupted
) -> None:
    connected.simulator.world.faults.add("slow", "/business/get/", seconds=SLOW)
    time.goes = store.goes
    said = connected.types("sync", "--all", "--json")
    assert said.exit == 1
    assert {each.get("error", {}).get("code") for each in said.document} <= {"store_away", None}
    assert "store" in said.err
    assert 250 < sum(time.waits) < 400 * len(said.document)
    store.returns()
    assert connected.types("sync", "--all").exit == 0
