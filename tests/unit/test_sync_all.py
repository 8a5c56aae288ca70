"""Parallel syncs: they overlap, a failure does not stop others, and closing stops all."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from unit_store import ALICE, BOB

from tiktok_organic.actions.runs.sync_all import sync_all
from tiktok_organic.app import App
from tiktok_organic.connector import Connector
from tiktok_organic.errors import AlreadyRunning, TikTokOrganicError
from tiktok_organic.settings import Settings
from tiktok_organic.sync.loading.loading_pool import LoadingSlot
from tiktok_organic.sync.progress import silent
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.stop import Stop
from waiting import PATIENCE


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(Settings(home=tmp_path))


def test_they_run_at_the_same_time(app: App) -> None:
    both = threading.Barrier(2)

    def meet(connector: Connector, stop: Stop, loading_slot: LoadingSlot) -> Run:
        both.wait(PATIENCE)
        raise AlreadyRunning(connector.name)

    ended = sync_all(app, [ALICE, BOB], meet, at_once=2)
    assert {connector.id for connector, _ in ended} == {ALICE.id, BOB.id}


def test_that_many_threads_sync_all_connectors(app: App) -> None:
    many = [replace(ALICE, id=f"c{number}", name=f"c{number}") for number in range(9)]
    three, hands = threading.Barrier(3), set()

    def one(connector: Connector, stop: Stop, loading_slot: LoadingSlot) -> Run:
        three.wait(PATIENCE)
        hands.add(threading.get_ident())
        raise AlreadyRunning(connector.name)

    assert len(list(sync_all(app, many, one, at_once=3))) == 9
    assert len(hands) == 3


def test_while_one_sync_loads_another_one_fetches(app: App) -> None:
    others = [replace(BOB, id=f"c{number}", name=f"c{number}") for number in range(3)]
    warehouse, fetched = threading.Event(), []

    def one(connector: Connector, stop: Stop, loading_slot: LoadingSlot) -> Run:
        fetched.append(connector.id)
        if len(fetched) == 4:
            warehouse.set()
        with loading_slot("", silent, stop):
            if connector.id == ALICE.id:
                assert warehouse.wait(PATIENCE)  # not before all others have fetched
        raise AlreadyRunning(connector.name)

    ended = list(sync_all(app, [ALICE, *others], one, at_once=1))
    assert [e.code for _, e in ended if isinstance(e, TikTokOrganicError)] == [
        "already_running"
    ] * 4
    assert fetched[0] == ALICE.id


def test_a_file_is_loaded_by_one_sync_at_a_time(app: App) -> None:
    many = [replace(ALICE, id=f"c{number}", name=f"c{number}") for number in range(8)]
    file = threading.Lock()

    def one(connector: Connector, stop: Stop, loading_slot: LoadingSlot) -> Run:
        with loading_slot("duckdb:/one", silent, stop):
            assert file.acquire(blocking=False)
            file.release()
        raise AlreadyRunning(connector.name)

    ended = list(sync_all(app, many, one, at_once=4))
    codes = {error.code for _, error in ended if isinstance(error, TikTokOrganicError)}
    assert codes == {"already_running"}


def test_an_error_of_one_connector_is_returned_and_stops_no_other(app: App) -> None:
    def refuse(connector: Connector, stop: Stop, loading_slot: LoadingSlot) -> Run:
        raise AlreadyRunning(f"{connector.id} is busy")

    ended = dict(sync_all(app, [ALICE, BOB], refuse, at_once=1))
    assert {connector.id: str(error) for connector, error in ended.items()} == {
        ALICE.id: f"{ALICE.id} is busy",
        BOB.id: f"{BOB.id} is busy",
    }


def test_a_bug_in_one_is_its_result_and_stops_no_other(app: App) -> None:
    def break_(connector: Connector, stop: Stop, loading_slot: LoadingSlot) -> Run:
        if connector.id == ALICE.id:
            raise ZeroDivisionError("by zero")
        raise AlreadyRunning("busy")

    ended = dict(sync_all(app, [ALICE, BOB], break_, at_once=1))
    codes = {c.id: e.code for c, e in ended.items() if isinstance(e, TikTokOrganicError)}
    assert codes == {ALICE.id: "defect", BOB.id: "already_running"}


def test_closing_the_results_stops_the_running_syncs(app: App) -> None:
    begun, stopped = threading.Event(), threading.Event()

    def endless(connector: Connector, stop: Stop, loading_slot: LoadingSlot) -> Run:
        if connector.id == ALICE.id:
            assert begun.wait(PATIENCE)
            raise AlreadyRunning("at once")
        begun.set()
        try:
            while True:
                stop.check()
        finally:
            stopped.set()

    with closing(sync_all(app, [ALICE, BOB], endless, at_once=2)) as ended:
        assert next(ended)[0].id == ALICE.id
    assert stopped.wait(PATIENCE)


def test_invented_accounts_follow_each_other_because_they_share_a_simulator(app: App) -> None:
    app.demo_home.move("http://127.0.0.1:1/v1.3", app.clock.now().date())
    invented = [replace(c, api_url=app.demo_home.api_url) for c in (ALICE, BOB)]
    alone = threading.Lock()

    def one(connector: Connector, stop: Stop, loading_slot: LoadingSlot) -> Run:
        assert alone.acquire(blocking=False)
        alone.release()
        raise AlreadyRunning(connector.name)

    ended = [connector.id for connector, _ in sync_all(app, invented, one, at_once=8)]
    assert ended == [ALICE.id, BOB.id]


def test_all_of_them_ask_through_one_http_client(app: App) -> None:
    clients: list[object] = []
    together = threading.Barrier(8)

    def ask() -> None:
        together.wait(PATIENCE)
        clients.append(app.http("https://tiktok.example"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    app.close()
    assert len(clients) == 8
    assert len({id(client) for client in clients}) == 1
