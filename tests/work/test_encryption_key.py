"""One encryption key for all processes of a store; another one is refused at once."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from work_office import Office, opened, whole

from tiktok_organic.actions.operation.engine_setup import ProductCallbacks
from tiktok_organic.actions.operation.single_server import refuse_without_key
from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.errors import WrongKey
from tiktok_organic.simulator import Simulator
from tiktok_organic.store.encryption.cipher import Cipher
from waiting import PATIENCE

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
Machine = Callable[..., Office]


@pytest.fixture(params=["one machine", "many machines"])
def machine(
    request: pytest.FixtureRequest, tmp_path: Path, simulator: Simulator
) -> Iterator[Machine]:
    """Processes of one store with separate settings: in one home, or in several on PostgreSQL."""
    shared = request.param == "many machines"
    store_url = request.getfixturevalue("postgres") if shared else None
    archive = {"ARCHIVE_URL": str(tmp_path / "archive")} if shared else {}
    count = iter(range(99))
    with ExitStack() as stack:

        def made(key: str | None = None) -> Office:
            home = tmp_path / (f"home-{next(count)}" if shared else "home")
            keys = {"SECRET_KEY": key} if key else {}
            return stack.enter_context(
                opened(Office(home, simulator, store_url, **archive, **keys))
            )

        yield made


def readiness(address: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as answer:
        return answer.code, json.load(answer)


def test_a_key_that_only_the_service_has_is_missed_by_who_connects_in_a_shell(
    machine: Machine,
) -> None:
    """Nothing is connected yet, and `connect` would create its own key."""
    machine(OLD).starts("serve", "--port", "0").listening  # noqa: B018 - it waits until that is said
    shell = machine()
    connecting = shell.starts("connect", "--json")
    assert connecting.wait() == 1
    assert "wrong_secret_key" in connecting.said
    assert not (shell.home / "secret.key").exists()


def test_a_home_with_a_key_of_its_own_cannot_join_a_store(
    machine: Machine, simulator: Simulator
) -> None:
    refuse_without_key(machine(OLD).app)
    stranger = machine(NEW)
    connecting = stranger.starts("connect", "--json")
    assert connecting.wait() == 1
    assert "wrong_secret_key" in connecting.said
    assert machine(OLD).app.connectors.all() == []


def test_whoever_comes_first_decides_for_all(machine: Machine) -> None:
    machine(OLD).connect("alice")
    late = machine(NEW).starts("serve", "--port", "0")
    assert late.wait() == 1
    assert "encryption key" in late.said


def test_a_new_key_that_stands_first_lets_the_old_one_be_given_up(machine: Machine) -> None:
    office = machine(OLD)
    connector = office.connect("alice")
    office.app.chosen_settings.change(
        {"TIMEZONE": "Asia/Tokyo"}, "alice@example.com", office.app.clock.now()
    )
    tokens = office.app.tokens.read(connector.id)
    refuse_without_key(machine(f"{OLD},{NEW}").app)
    assert machine(OLD).app.tokens.read(connector.id) == tokens, "the new key encrypts nothing yet"
    refuse_without_key(machine(f"{NEW},{OLD}").app)
    with pytest.raises(WrongKey):
        machine(OLD).app.connectors.all()
    alone = machine(NEW)
    assert alone.app.connectors.get("alice") == connector
    assert alone.app.tokens.read(connector.id) == tokens
    assert alone.app.chosen_settings.texts() == {"TIMEZONE": "Asia/Tokyo"}
    refuse_without_key(alone.app)


def test_what_a_straggler_encrypted_with_the_old_key_is_encrypted_anew_at_the_next_start(
    machine: Machine,
) -> None:
    straggler = machine(f"{OLD},{NEW}")
    connector = straggler.connect("alice")
    refuse_without_key(machine(f"{NEW},{OLD}").app)
    now = straggler.app.clock.now()
    straggler.app.tokens.write(connector.id, straggler.app.tokens.read(connector.id), now)
    with pytest.raises(WrongKey):
        machine(NEW).app.tokens.read(connector.id)
    refuse_without_key(machine(f"{NEW},{OLD}").app)
    assert machine(NEW).app.tokens.read(connector.id) == straggler.app.tokens.read(connector.id)


def test_a_process_that_has_only_the_old_key_leaves_its_runs_to_others_and_says_so(
    machine: Machine,
) -> None:
    office = machine(OLD)
    connector = office.connect("alice")
    server = office.starts("serve", "--port", "0")
    assert readiness(server.listening)[0] == 200
    new = machine(f"{NEW},{OLD}")
    refuse_without_key(new.app)
    run = order_run(new.app, connector, window=None)
    office.waits_for(lambda: "starts no more runs" in server.said)
    left = new.app.runs.get(run.id)
    assert (left.status, left.error) == ("waiting", None)
    status, document = readiness(server.listening)
    assert (status, document["error"]["code"]) == (503, "wrong_secret_key")
    new.starts("worker")
    assert new.succeeded(connector).id == run.id
    whole(new, "alice", 20)
    assert server.terminate() == 0


def test_a_pair_that_nobody_here_can_open_fails_its_own_run_and_stops_nobody_else(
    machine: Machine,
) -> None:
    """A straggler with a key that was given up since has encrypted it.

    It is met where the token is renewed.
    """
    office = machine(OLD)
    connector = office.connect("alice", life=timedelta(minutes=5))
    pair = office.app.tokens.read(connector.id)
    with office.app.database.begin() as connection:
        encrypted = Cipher(NEW).encrypt(pair.access_token)
        connection.exec_driver_sql(
            "UPDATE tokens SET access_token = %s"
            if office.app.database.path is None
            else "UPDATE tokens SET access_token = ?",
            (encrypted,),
        )
    other = office.connect("bob")
    run = order_run(office.app, connector, window=None)
    worker = office.starts("worker")
    office.waits_for(lambda: not office.app.runs.get(run.id).unfinished)
    failed = office.app.runs.get(run.id)
    assert (failed.status, (failed.error or {})["code"]) == ("failed", "wrong_secret_key")
    order_run(office.app, other, window=None)
    office.succeeded(other)
    assert "starts no more runs" not in worker.said


def test_a_look_with_a_new_key_changes_nothing_beneath_a_server_that_has_the_old_one(
    machine: Machine,
) -> None:
    office = machine(OLD)
    connector = office.connect("alice")
    server = office.starts("serve", "--port", "0")
    assert readiness(server.listening)[0] == 200
    assert machine(f"{NEW},{OLD}").app.connectors.get("alice").id == connector.id
    assert office.app.tokens.read(connector.id)
    order_run(office.app, connector, window=None)
    office.succeeded(connector)
    assert readiness(server.listening)[0] == 200


def test_what_a_straggler_encrypts_is_encrypted_anew_within_the_hour(machine: Machine) -> None:
    straggler = machine(f"{OLD},{NEW}")
    connector = straggler.connect("alice")
    keeper = machine(f"{NEW},{OLD}")
    refuse_without_key(keeper.app)
    straggler.app.tokens.write(
        connector.id, straggler.app.tokens.read(connector.id), straggler.app.clock.now()
    )
    ProductCallbacks(keeper.app, advice_for).housekeeping()
    assert machine(NEW).app.tokens.read(connector.id) == straggler.app.tokens.read(connector.id)
