"""What every engine promises, whatever carries its due_work."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from work_store import NOW, Hands, MovedClock, Store

from tiktok_organic.engine.engine import Engine, Ordered
from tiktok_organic.engine.local_engine import LocalEngine
from waiting import PATIENCE

Make = Callable[..., tuple[Engine, Hands, Store]]


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


class EngineContract:
    """Subclasses say where the store is, and which engine works on it."""

    def engine(self, hands: Hands, store: Store, at_once: int) -> Engine:
        raise NotImplementedError

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        raise NotImplementedError

    @pytest.fixture
    def make(self, url: str, tmp_path: Path, clock: MovedClock) -> Iterator[Make]:
        """Creates engines with separate connections and workers, like separate processes."""
        made: list[tuple[Engine, Hands, Store]] = []

        def one(at_once: int = 4) -> tuple[Engine, Hands, Store]:
            store = Store(url, tmp_path, clock)
            hands = Hands(store)
            made.append((self.engine(hands, store, at_once), hands, store))
            return made[-1]

        yield one
        for engine, hands, _store in made:
            hands.gate.set()
            assert engine.stop(PATIENCE)
        for *_, store in made:
            store.close()

    def test_it_works_on_a_run_that_is_announced(self, make: Make) -> None:
        engine, hands, store = make()
        engine.start(schedule=False)
        run = store.run(store.connector("alice"), engine)
        assert hands.wait_for(lambda: hands.done == [run])

    def test_who_has_retired_takes_no_more_runs_and_others_do(self, make: Make) -> None:
        retired, idle, store = make()
        retired.start(schedule=False)
        retired.stop_accepting("it cannot")
        run = store.run(store.connector("alice"), retired)
        engine, hands, _ = make()
        engine.start(schedule=False)
        assert hands.wait_for(lambda: hands.done == [run])
        assert idle.done == []
        assert retired.state()["retired"] == "it cannot"
        assert retired.state()["alive"] is True
        assert engine.state()["retired"] is None

    def test_it_finds_a_run_that_nobody_announced(self, make: Make) -> None:
        engine, hands, store = make()
        run = store.run(store.connector("alice"))
        engine.start(schedule=False)
        assert hands.wait_for(lambda: hands.done == [run])

    def test_a_persons_order_goes_before_scheduled_ones(self, make: Make) -> None:
        engine, hands, store = make(at_once=1)
        scheduled = [store.run(store.connector(name), engine) for name in ("bob", "charlie")]
        asked = store.run(store.connector("alice"), engine, requested_by="alice@example.com")
        engine.start(schedule=False)
        assert hands.wait_for(lambda: len(hands.done) == 3)
        assert hands.done == [asked, *scheduled]

    def test_it_tries_again_when_the_time_has_come_and_not_before(
        self, make: Make, clock: MovedClock
    ) -> None:
        engine, hands, store = make()
        later = store.run(
            store.connector("alice"), status="failed", next_attempt_at=NOW + timedelta(minutes=5)
        )
        engine.start(schedule=False)
        other = store.run(store.connector("bob"), engine)
        assert hands.wait_for(lambda: hands.done == [other])
        clock.moment = NOW + timedelta(minutes=5)
        assert hands.wait_for(lambda: hands.done == [other, later])

    def test_it_completes_what_a_process_left_behind_that_died(self, make: Make) -> None:
        engine, hands, store = make()
        run = store.run(store.connector("alice"), status="running")
        engine.start(schedule=False)
        assert hands.wait_for(lambda: hands.done == [run])

    def test_it_leaves_alone_what_another_process_works_on(self, make: Make) -> None:
        engine, hands, store = make()
        _, _, elsewhere = make()
        run = store.run(store.connector("alice"), status="running")
        with elsewhere.locks.hold("alice") as mine:
            assert mine
            engine.start(schedule=False)
            other = store.run(store.connector("bob"), engine)
            assert hands.wait_for(lambda: hands.done == [other])
        assert hands.wait_for(lambda: hands.done == [other, run])

    def test_two_of_them_share_the_work_and_never_one_connector(self, make: Make) -> None:
        (one, left, store), (two, right, _) = make(), make()
        wanted = {store.run(store.connector(f"c{number}"), one) for number in range(12)}
        one.start(schedule=False)
        two.start(schedule=False)
        for number in range(12):
            wanted.add(store.run(f"c{number}", two))
        assert left.wait_for(lambda: {*left.done, *right.done} == wanted)
        assert left.overlaps == right.overlaps == 0

    def test_what_is_due_is_ordered_once_by_however_many(self, make: Make) -> None:
        (one, left, store), (two, right, _) = make(), make()
        for number in range(20):
            store.connector(f"c{number:02}", next_due=NOW - timedelta(hours=3))
        store.connector("later", next_due=NOW + timedelta(hours=1))
        one.start()
        two.start()
        assert left.wait_for(lambda: len({*left.done, *right.done}) == 20)
        assert len(store.statuses()) == 20

    def test_the_run_of_a_removed_connector_takes_nobodys_turn(self, make: Make) -> None:
        engine, hands, store = make(at_once=1)
        gone = store.run(store.connector("alice", removed_at=NOW))
        store.connector("bob", next_due=NOW - timedelta(hours=3))
        engine.start()
        assert hands.wait_for(lambda: len(hands.done) == 1)
        assert gone not in hands.done
        assert store.due_work.waiting() == 0

    def test_what_a_pause_has_made_idle_is_put_to_rest_at_once_and_a_persons_order_is_not(
        self, make: Make
    ) -> None:
        engine, hands, store = make()
        later = NOW + timedelta(hours=6)
        idle = store.run(
            store.connector("alice", state="paused"), status="failed", next_attempt_at=later
        )
        asked = store.run(
            store.connector("bob", state="paused"),
            status="failed",
            next_attempt_at=later,
            requested_by="person",
        )
        engine.start()
        assert hands.wait_for(lambda: hands.done == [idle])
        assert store.statuses()[asked] == "failed"

    def test_a_warehouse_that_is_stuck_keeps_no_other_run_from_fetching(self, make: Make) -> None:
        engine, hands, store = make(at_once=2)
        engine.start(schedule=False)
        hands.slow = {"slow"}
        stuck = store.run(store.connector("slow"), engine)
        others = {store.run(store.connector(f"c{number}"), engine) for number in range(6)}
        assert hands.wait_for(lambda: set(hands.done) == others)
        assert hands.wait_for(lambda: engine.state()["running"] == [stuck])
        hands.warehouse.set()
        assert hands.wait_for(lambda: set(hands.done) == {*others, stuck})

    def test_runs_wait_for_a_stuck_warehouse_and_then_those_that_fetch_wait_too(
        self, make: Make
    ) -> None:
        engine, hands, store = make(at_once=1)
        engine.start(schedule=False)
        hands.slow = {f"c{number}" for number in range(6)}
        wanted = {store.run(store.connector(f"c{number}"), engine) for number in range(6)}
        assert hands.wait_for(lambda: hands.at_work == 4)  # one loads, two wait, one fetches
        assert hands.wait_for(lambda: hands.reported == {"queued"})
        hands.warehouse.set()
        assert hands.wait_for(lambda: set(hands.done) == wanted)

    def test_a_run_that_waits_for_a_stuck_warehouse_is_handed_back(self, make: Make) -> None:
        engine, hands, store = make(at_once=1)
        engine.start(schedule=False)
        hands.slow = {"c0", "c1", "c2"}
        wanted = {store.run(store.connector(name), engine) for name in hands.slow}
        assert hands.wait_for(lambda: hands.at_work == 3)
        assert engine.stop(0)
        assert set(hands.handed_back) == wanted

    def test_stopping_lets_running_work_finish(self, make: Make) -> None:
        engine, hands, store = make()
        engine.start(schedule=False)
        hands.gate.clear()
        run = store.run(store.connector("alice"), engine)
        assert hands.wait_for(lambda: hands.at_work == 1)
        hands.gate.set()
        assert engine.stop(PATIENCE)
        assert hands.done == [run]

    def test_work_that_does_not_finish_in_time_is_handed_back_and_done_by_another(
        self, make: Make
    ) -> None:
        (one, left, store), (two, right, _) = make(), make()
        one.start(schedule=False)
        left.gate.clear()
        run = store.run(store.connector("alice"), one)
        assert left.wait_for(lambda: left.at_work == 1)
        assert one.stop(0)
        assert left.handed_back == [run]
        two.start(schedule=False)
        assert right.wait_for(lambda: right.done == [run])

    def test_it_says_that_it_is_alive_and_what_it_does(self, make: Make) -> None:
        engine, hands, store = make()
        engine.start(schedule=False)
        hands.gate.clear()
        run = store.run(store.connector("alice"), engine)
        assert hands.wait_for(lambda: hands.at_work == 1)
        assert engine.state()["alive"] is True
        assert engine.state()["running"] == [run]


class TestLocalEngine(EngineContract):
    def engine(self, hands: Hands, store: Store, at_once: int) -> Engine:
        return LocalEngine(hands, store.due_work, store.locks, store.clock, at_once=at_once)

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'store.db'}"

    def test_a_store_that_is_locked_for_a_while_costs_no_run(
        self, make: Make, tmp_path: Path
    ) -> None:
        engine, hands, store = make()
        run = store.run(store.connector("alice"))
        with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as somebody:
            somebody.execute("BEGIN IMMEDIATE")
            engine.start()
            somebody.execute("COMMIT")
        assert hands.wait_for(lambda: hands.done == [run])


class TestProcrastinateEngine(EngineContract):
    def engine(self, hands: Hands, store: Store, at_once: int) -> Engine:
        from tiktok_organic.engine.procrastinate_engine import ProcrastinateEngine

        return ProcrastinateEngine(
            hands, store.due_work, store.locks, store.database, store.clock, at_once=at_once
        )

    @pytest.fixture
    def url(self, postgres: str) -> str:
        return postgres

    def test_a_run_that_loads_is_not_worked_on_again_when_its_job_is_put_in_again(
        self, make: Make
    ) -> None:
        engine, hands, store = make()
        engine.start(schedule=False)
        hands.slow = {"alice"}
        run = store.run(store.connector("alice"), engine)
        assert hands.wait_for(lambda: hands.at_work == 1)
        with store.database.begin() as connection:
            engine.announce(Ordered(run, "alice", by_person=False), connection)
        other = store.run(store.connector("bob"), engine)
        assert hands.wait_for(lambda: hands.done == [other])
        assert hands.wait_for(lambda: "alice" not in queued(store))
        assert hands.wait_for(lambda: engine.state()["running"] == [run])
        hands.warehouse.set()
        assert hands.wait_for(lambda: hands.done == [other, run])


def queued(store: Store) -> set[str]:
    """The connectors that have a job which no worker has taken."""
    with store.database.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT args ->> 'run_id' FROM procrastinate_jobs WHERE status = 'todo'"
        )
        return {str(name).split("-")[1] for (name,) in found}
