"""The product in real processes, which are stopped, killed and doubled."""

from __future__ import annotations

import json
import signal
import urllib.request
from datetime import timedelta
from typing import Any

import pytest
from work_office import Office, hold_third_page, whole

from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.simulator import Simulator
from tiktok_organic.store.prometheus_metrics import exposition
from waiting import PATIENCE, Hurry


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return answer.read()


def every_connection_is_cut(office: Office, address: str) -> None:
    """As a restart of PostgreSQL does."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url

    engine = create_engine(make_url(address).set(drivername="postgresql+psycopg"))
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with engine.begin() as connection:
        cut = set(connection.execute(text(f"SELECT pid {others}")).scalars())
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))

    def gone() -> bool:
        with engine.begin() as connection:
            return not cut & set(connection.execute(text(f"SELECT pid {others}")).scalars())

    office.waits_for(gone)
    engine.dispose()


def test_serve_syncs_what_is_due_once_however_long_it_slept(office: Office) -> None:
    connector = office.connect("alice", due=timedelta(days=3))
    server = office.starts("serve", "--port", "0")
    run = office.succeeded(connector)
    assert run.requested_by == "schedule"
    assert len(office.runs(connector)) == 1
    after = office.app.connectors.get("alice").next_due
    assert after is not None
    assert after > run.sync_date
    assert json.loads(get(f"{server.listening}/readyz"))["status"] == "ok"
    assert b'tiktok_organic_attempts_total{status="succeeded"} 1.0' in get(
        f"{server.listening}/metrics"
    )
    assert server.terminate() == 0


def test_progress_is_kept_while_serve_works(
    office: Office, simulator: Simulator, hurry: Hurry
) -> None:
    connector = office.connect("alice", videos=200, due=timedelta(0))
    simulator.world.settings.update(latency=1.1)  # progress is written once a second
    hold_third_page(simulator)
    office.starts("serve", "--port", "0")

    def look() -> Any:
        runs = office.runs(connector)
        return runs and runs[0].progress and runs[0].progress["pages"] > 1 and runs[0].progress

    progress = office.waits_for(look)
    assert progress["phase"] == "fetching"
    assert progress["what"] == "videos"
    hurry.set()
    office.succeeded(connector)
    assert office.runs(connector)[0].progress is None


def test_a_second_serve_on_one_file_is_refused_and_says_who_serves(office: Office) -> None:
    first = office.starts("serve", "--port", "0")
    address = first.listening
    second = office.starts("serve", "--port", "0")
    assert second.wait() == 1
    assert f"process {first.id} at {address}" in second.said


def test_serve_that_is_killed_leaves_a_run_that_the_next_one_completes(
    office: Office, simulator: Simulator, hurry: Hurry
) -> None:
    connector = office.connect("alice", videos=100, due=timedelta(0))
    hold_third_page(simulator)
    first = office.starts("serve", "--port", "0")
    office.waits_for(
        lambda: office.runs(connector) and office.runs(connector)[0].status == "running"
    )
    first.kill()
    (left,) = office.runs(connector)
    hurry.set()
    office.starts("serve", "--port", "0")
    run = office.succeeded(connector)
    assert (run.id, run.sync_date) == (left.id, left.sync_date)
    assert len(office.runs(connector)) == 1
    whole(office, "alice", 100)


def test_serve_that_is_asked_to_stop_hands_back_what_it_cannot_finish(
    office: Office, simulator: Simulator, hurry: Hurry
) -> None:
    connector = office.connect("alice", videos=100, due=timedelta(0))
    hold_third_page(simulator)
    first = office.starts("serve", "--port", "0", "--patience", "0")
    office.waits_for(lambda: office.runs(connector) and office.runs(connector)[0].progress)
    first.hears(signal.SIGTERM)
    office.waits_for(lambda: "releasing 1 unfinished" in first.said)
    hurry.set()
    assert first.wait() == 0
    assert office.runs(connector)[0].status == "waiting"
    office.starts("serve", "--port", "0")
    office.succeeded(connector)
    assert len(office.runs(connector)) == 1
    whole(office, "alice", 100)


def test_a_hold_is_seen_and_a_stop_during_it_hands_the_sync_back_at_once(
    office: Office, simulator: Simulator
) -> None:
    """It would wait for five minutes, which is too long."""
    connector = office.connect("alice", videos=100, due=timedelta(0))
    simulator.world.faults.add("throttled", "/business/video/list/", kind="qpm", skip=1)
    server = office.starts("serve", "--port", "0")

    def held() -> Any:
        runs = office.runs(connector)
        return runs and runs[0].progress and runs[0].progress.get("seconds", 0) > 200

    office.waits_for(held)
    assert server.terminate() == 0
    (run,) = office.runs(connector)
    assert (run.status, run.requests) == ("waiting", simulator.world.journal.count())
    assert (
        f"requests_total {run.requests}.0"
        in exposition(office.app.database, office.app.clock.now()).decode()
    )
    assert f"run {run.id}: waiting 300 s" in server.said
    assert "handing back" not in server.said, "it was not waited for until the patience was over"


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("worker",)])
@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_who_is_asked_to_stop_twice_ends_at_once_and_the_next_one_completes_the_run(
    office: Office,
    simulator: Simulator,
    hurry: Hurry,
    command: tuple[str, ...],
    asked: signal.Signals,
) -> None:
    connector = office.connect("alice", videos=60)
    order_run(office.app, connector, window=None)
    simulator.world.faults.add("slow", "/business/video/list/", seconds=100)
    process = office.starts(*command)
    office.waits_for(lambda: not simulator.world.faults.document())
    process.hears(asked)
    office.waits_for(lambda: "stopping" in process.said)
    process.hears(asked)
    assert process.wait() == 130
    assert "Traceback" not in process.said
    (left,) = office.runs(connector)
    assert left.status == "running"
    hurry.set()
    office.starts("worker")
    assert office.succeeded(connector).id == left.id
    whole(office, "alice", 60)


def test_a_worker_adds_hands_to_serve_on_one_machine(office: Office) -> None:
    connector = office.connect("alice")
    order_run(office.app, connector, window=None, requested_by="alice@example.com")
    office.starts("worker")
    office.succeeded(connector)
    whole(office, "alice", 20)


def test_a_worker_without_the_encryption_key_says_so_and_takes_no_orders(
    offices: tuple[Office, Office],
) -> None:
    from cryptography.fernet import Fernet

    one, two = offices
    connector = one.connect("alice")
    order_run(one.app, connector, window=None)
    stranger = two.starts("worker", SECRET_KEY=Fernet.generate_key().decode())
    assert stranger.wait() == 1
    assert "encryption key" in stranger.said
    assert one.runs(connector)[0].status == "waiting"


def test_machines_share_what_is_due_and_nothing_is_done_twice(
    offices: tuple[Office, Office],
) -> None:
    one, two = offices
    connectors = [one.connect(f"account{number}", due=timedelta(hours=1)) for number in range(6)]
    for office in offices:
        office.starts("serve", "--port", "0", "--at-once", "2")
    two.starts("worker", "--at-once", "2")
    for connector in connectors:
        one.succeeded(connector)
        assert len(one.runs(connector)) == 1
        assert one.runs(connector)[0].attempt == 1
        whole(one, connector.name, 20)


def test_a_worker_that_is_killed_is_replaced_and_the_moment_stays(
    offices: tuple[Office, Office], simulator: Simulator, hurry: Hurry
) -> None:
    one, two = offices
    connector = one.connect("alice", videos=100)
    hold_third_page(simulator)
    order_run(one.app, connector, window=None)
    first = one.starts("worker")
    one.waits_for(lambda: one.runs(connector)[0].progress)
    first.kill()
    (left,) = one.runs(connector)
    hurry.set()
    two.starts("worker")
    run = one.succeeded(connector)
    assert (run.id, run.sync_date) == (left.id, left.sync_date)
    whole(one, "alice", 100)


def test_a_server_that_cuts_every_connection_costs_no_sync(
    offices: tuple[Office, Office], simulator: Simulator, hurry: Hurry, postgres: str
) -> None:
    """Locks, listeners and pools are gone at once."""
    one, _ = offices
    connectors = [one.connect(f"account{number}", videos=100) for number in range(2)]
    hold_third_page(simulator)
    server = one.starts("serve", "--port", "0")
    assert server.listening
    order_run(one.app, connectors[0], window=None)
    one.waits_for(lambda: one.runs(connectors[0])[0].progress)
    every_connection_is_cut(one, postgres)
    hurry.set()
    order_run(one.app, connectors[1], window=None)
    for connector in connectors:
        one.succeeded(connector)
        assert len(one.runs(connector)) == 1
        whole(one, connector.name, 100)
    assert json.loads(get(f"{server.listening}/healthz"))["status"] == "ok"


def test_a_sync_in_a_terminal_takes_its_lock_again_when_every_connection_was_cut(
    offices: tuple[Office, Office], simulator: Simulator, hurry: Hurry, postgres: str
) -> None:
    """Otherwise a worker would treat it as dead, and attempt the same run."""
    one, two = offices
    connector = one.connect("alice", videos=60)
    simulator.world.faults.add("slow", "/business/video/list/", seconds=100, skip=1)
    terminal = one.starts("sync", "alice")
    one.waits_for(lambda: not simulator.world.faults.document())
    every_connection_is_cut(one, postgres)
    one.waits_for(lambda: two.app.locks.held(connector.id))
    hurry.set()
    assert terminal.wait() == 0, terminal.said
    assert one.succeeded(connector).attempt == 1
    assert not two.app.locks.held(connector.id)
