"""The next order completes a sync whose process was killed, with the same sync date."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from cast import Alice
from sqlalchemy.exc import IntegrityError
from story_time import StoryTime

from tiktok_organic.actions.sync_now import sync
from tiktok_organic.simulator import Simulator
from tiktok_organic.sync.progress import ProgressEvent, silent


def dying(event: ProgressEvent) -> None:
    """The process ends when the second page of videos has come."""
    if (event.what, event.pages) == ("videos", 2):
        raise SystemExit


@pytest.fixture
def killed(alice: Alice, simulator: Simulator) -> str:
    """A connector whose sync was cut off; the simulator has counted its requests from zero."""
    connector = str(alice.connects()["id"])
    simulator.world.journal.clear()
    dies(alice, connector)
    return connector


def dies(alice: Alice, connector: str) -> None:
    with alice.app() as app, pytest.raises(SystemExit):
        sync(app, app.connectors.get(connector), dying)


def test_it_keeps_its_moment_and_is_one_run(alice: Alice, killed: str) -> None:
    (dead,) = alice.types("runs", killed, "--json").document
    run = alice.syncs(killed)
    assert (run["run_id"], run["sync_date"], run["attempts"]) == (
        dead["run_id"],
        dead["sync_date"],
        2,
    )
    assert run["status"] == "succeeded"
    assert alice.rows("profile_snapshot_metric", "count(*)") == [(1,)]


def test_the_requests_of_the_killed_attempt_are_counted(
    alice: Alice, killed: str, simulator: Simulator
) -> None:
    run = alice.syncs(killed)
    assert run["requests"] == simulator.world.journal.count() == 3 + 4


@pytest.mark.parametrize(
    ("fault", "path", "more"),
    [
        ("same_refresh_token", "/refresh_token/", 1),
        ("connection_reset", "/refresh_token/", 2),
        ("connection_reset", "/video/list/", 2),
        ("closed_mid_body", "/business/get/", 2),
    ],
)
def test_requests_of_the_killed_attempt_that_no_archive_knows_are_counted_too(
    alice: Alice, simulator: Simulator, time: StoryTime, fault: str, path: str, more: int
) -> None:
    """Renewals, and what was never answered."""
    connector = alice.connects()["id"]
    time.passes(days=2)
    simulator.world.journal.clear()
    simulator.world.faults.add(fault, path)
    dies(alice, connector)
    asked = simulator.world.journal.count()
    assert asked == 3 + more
    run = alice.syncs(connector)
    assert run["requests"] == simulator.world.journal.count() == asked + 4
    assert list(alice.home.rglob("*.sent")) == []


def test_killed_again_and_again_it_still_knows_all_that_it_asked(
    alice: Alice, killed: str, simulator: Simulator
) -> None:
    for _ in range(2):
        dies(alice, killed)
    run = alice.syncs(killed)
    assert (run["attempts"], run["requests"]) == (4, simulator.world.journal.count())
    assert list(alice.home.rglob("*.sent")) == []


def test_it_knows_what_it_asked_when_the_store_refused_the_next_attempt(
    alice: Alice, simulator: Simulator
) -> None:
    connector = str(alice.connects()["id"])
    simulator.world.journal.clear()
    simulator.world.faults.add("connection_reset", "/video/list/")  # the archive has no answer
    dies(alice, connector)
    with closing(sqlite3.connect(alice.home / "store.db")) as store:
        store.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        with alice.app() as app, pytest.raises(IntegrityError):
            sync(app, app.connectors.get(connector), silent)
        store.execute("DROP TRIGGER full")
    run = alice.syncs(connector)
    assert run["requests"] == simulator.world.journal.count()
    assert list(alice.home.rglob("*.sent")) == []


def test_after_an_hour_it_is_given_up_and_a_new_moment_begins(
    alice: Alice, killed: str, time: StoryTime
) -> None:
    (dead,) = alice.types("runs", killed, "--json").document
    time.passes(hours=2)
    run = alice.syncs(killed)
    assert run["run_id"] != dead["run_id"]
    given_up = alice.types("run", dead["run_id"], "--json").document
    assert (given_up["status"], given_up["error"]["code"]) == ("failed", "interrupted")
    assert given_up["requests"] == 3
