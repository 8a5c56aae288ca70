"""The next order completes a sync whose process was killed, with the same sync date."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from cast import Alice
from sqlalchemy.exc import IntegrityError
from story_time import StoryTime

from tiktok_organic.actions.runs.store_outage import store_retries
from tiktok_organic.actions.runs.sync_now import sync
from tiktok_organic.errors import TryAgain
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


class AwayForAWhile:
    """The rate limiter of a store that no request reaches, until it has been asked so often."""

    def __init__(self, times: int) -> None:
        self._left = times

    def reserve(self, *_: object, **__: object) -> float:
        if self._left:
            self._left -= 1
            raise TryAgain("the store's server cannot be reached", code="store_away")
        return 0.0

    def blocked_for(self, *_: object) -> float:
        return 0.0


def test_a_store_that_returns_before_its_absence_is_recorded_costs_a_terminal_nothing(
    alice: Alice, time: StoryTime
) -> None:
    """Every request was given up, and the run could be recorded as failed."""
    connector = alice.connects()["id"]
    with alice.app() as app:
        app.__dict__["rate_limiter"] = AwayForAWhile(15)
        for retry in store_retries(time):
            with retry:
                ended = sync(app, app.connectors.get(connector), silent, since=retry.since)
    assert ended.succeeded
    runs = alice.types("runs", connector, "--json").document
    assert runs[0]["status"] == "succeeded"
    assert {run["status"] for run in runs[1:]} <= {"failed", "partial"}
    assert runs[-1]["error"]["code"] == "store_away"
