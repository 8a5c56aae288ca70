"""Workers that are killed in phases that a slow TikTok does not show: loading, renewing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from work_office import Office, whole

from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.simulator import Simulator
from waiting import Hurry

RENEW = "/tt_user/oauth2/refresh_token/"
NEARLY_OVER = timedelta(minutes=8)


@pytest.fixture
def server(postgres: str) -> Iterator[Engine]:
    """The PostgreSQL of the store and the warehouse, as its operator sees it."""
    engine = create_engine(make_url(postgres).set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


@contextmanager
def locked(server: Engine, statement: str) -> Iterator[None]:
    """Hold a lock that the statement needs."""
    with server.connect() as connection:
        connection.execute(text(statement))
        yield
        connection.rollback()


def somebody_waits(server: Engine) -> bool:
    """Whether a statement waits for a lock of this database."""
    waits = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
        "wait_event_type = 'Lock'"
    )
    with server.connect() as connection:
        return bool(connection.execute(text(f"{waits} AND state = 'active'")).scalar())


@pytest.mark.parametrize("table", ["profile_snapshot_metric", "video_snapshot_metric"])
def test_a_worker_that_is_killed_while_it_loads_leaves_nothing_half(
    offices: tuple[Office, Office], simulator: Simulator, server: Engine, table: str
) -> None:
    one, two = offices
    connector = one.connect("alice", videos=60)
    order_run(one.app, connector, window=None)
    first = one.starts("worker")
    one.succeeded(connector)
    before = simulator.world.journal.count()
    with locked(server, f'LOCK TABLE "t_alice"."{table}" IN SHARE MODE'):
        order_run(one.app, connector, window=None)
        one.waits_for(lambda: somebody_waits(server))
        first.kill()
    asked = simulator.world.journal.count() - before
    (left, done) = one.runs(connector)
    assert left.loadable, left
    two.starts("worker")
    run = one.succeeded(connector)
    assert (run.id, run.sync_date, run.requests) == (left.id, left.sync_date, left.requests)
    assert simulator.world.journal.count() - before == asked, (
        "what was fetched is not asked for again"
    )
    rows = one.rows(connector, "video_snapshot_metric")
    assert len(rows) == len({(row["item_id"], row["_quanti_sync_date"]) for row in rows}) == 120
    assert {row["_quanti_sync_date"] for row in rows} == {done.sync_date, run.sync_date}


def test_a_worker_that_is_killed_before_tiktok_answers_its_renewal_costs_nothing(
    offices: tuple[Office, Office], simulator: Simulator, hurry: Hurry
) -> None:
    one, two = offices
    connector = one.connect("alice", life=NEARLY_OVER)
    simulator.world.faults.add("slow", RENEW, seconds=100)
    order_run(one.app, connector, window=None)
    first = one.starts("worker")
    one.waits_for(lambda: not simulator.world.faults.document())
    first.kill()
    hurry.set()
    two.starts("worker")
    assert one.succeeded(connector).attempt == 2
    whole(one, "alice", 20)


@pytest.mark.parametrize("rotates", [True, False])
def test_a_pair_that_is_lost_in_a_kill_costs_no_day(
    offices: tuple[Office, Office], simulator: Simulator, server: Engine, *, rotates: bool
) -> None:
    """Between TikTok's answer and our commit.

    If the former pair is invalid by then, only a new consent helps; the former access token still
    gives this sync all its days, and the reason is reported at once.
    """
    simulator.world.settings.update(refresh_rotates=rotates)
    one, two = offices
    connector = one.connect("alice", life=NEARLY_OVER)
    order_run(one.app, connector, window=None)
    with locked(server, "SELECT * FROM tokens FOR UPDATE"):
        first = one.starts("worker")
        one.waits_for(lambda: somebody_waits(server))
        assert simulator.world.journal.count(RENEW) == 1
        first.kill()
    two.starts("worker")
    assert one.succeeded(connector).attempt == 2
    whole(one, "alice", 20)
    state = one.app.connectors.get("alice").state
    assert state == ("reconnect_needed" if rotates else "active")
