"""An engine's attempt at a run in every state."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from work_office import Office, opened

from tiktok_organic.actions.connectors.pause_resume_remove import pause, resume
from tiktok_organic.actions.operation.engine_setup import ProductCallbacks, make_engine
from tiktok_organic.actions.runs.attempt_by_engine import attempt
from tiktok_organic.actions.runs.order_run import order_run
from tiktok_organic.actions.runs.sync_now import sync
from tiktok_organic.cli.advice import advice_for
from tiktok_organic.connector import Connector
from tiktok_organic.engine.engine import Engine
from tiktok_organic.errors import AlreadyRunning, TikTokOrganicError
from tiktok_organic.simulator import Simulator
from tiktok_organic.store.prometheus_metrics import exposition
from tiktok_organic.sync.progress import silent
from tiktok_organic.sync.run import Run


@pytest.fixture
def alice(office: Office) -> Connector:
    return office.connect("alice")


@pytest.fixture
def engine(office: Office) -> Engine:
    """One that was not started: the tests are its hands."""
    return make_engine(office.app, advice_for)


def stands(office: Office, run: Run) -> str:
    return office.app.runs.get(run.id).status


def test_a_second_order_is_refused_while_the_first_one_waits(
    office: Office, alice: Connector
) -> None:
    first = order_run(office.app, alice, window=None)
    with pytest.raises(AlreadyRunning, match=first.id):
        order_run(office.app, alice, window=None)


def test_a_due_moment_is_served_once(office: Office, alice: Connector) -> None:
    due = office.app.clock.now() - timedelta(minutes=1)
    office.app.connectors.change(alice.id, {"next_due": due})
    assert ProductCallbacks(office.app, advice_for).order_due(5) == 1
    assert ProductCallbacks(office.app, advice_for).order_due(5) == 0
    after = office.app.connectors.get(alice.id).next_due
    assert after is not None
    assert after > office.app.clock.now()


def test_it_leaves_the_run_to_whoever_has_the_lock(
    office: Office, alice: Connector, engine: Engine
) -> None:
    run = order_run(office.app, alice, window=None)
    with office.app.locks.hold(alice.id):
        assert attempt(office.app, run.id, engine, advice_for) is False
    assert stands(office, run) == "waiting"


def test_a_run_that_is_done_is_not_done_again(
    office: Office, alice: Connector, engine: Engine
) -> None:
    run = order_run(office.app, alice, window=None)
    assert attempt(office.app, run.id, engine, advice_for) is True
    assert attempt(office.app, run.id, engine, advice_for) is True
    done = office.app.runs.get(run.id)
    assert (done.status, done.attempt) == ("succeeded", 1)


def test_a_failed_run_gives_way_to_a_newer_one(
    office: Office, alice: Connector, engine: Engine
) -> None:
    older = order_run(office.app, alice, window=None)
    office.app.runs.change(
        older.id, {"status": "failed", "next_attempt_at": office.app.clock.now()}
    )
    newer = order_run(office.app, alice, window=None)
    attempt(office.app, older.id, engine, advice_for)
    assert stands(office, older) == "failed"
    assert office.app.runs.get(older.id).next_attempt_at is None
    attempt(office.app, newer.id, engine, advice_for)
    assert stands(office, newer) == "succeeded"


def test_a_run_of_days_ago_is_not_begun_any_more(
    office: Office, alice: Connector, engine: Engine
) -> None:
    """Its snapshots would date today's numbers to that day."""
    run = order_run(office.app, alice, window=None)
    office.app.runs.change(run.id, {"sync_date": run.sync_date - timedelta(days=3)})
    attempt(office.app, run.id, engine, advice_for)
    assert stands(office, run) == "failed"
    assert office.app.connectors.get(alice.id).next_due is not None


def test_a_run_that_kills_its_process_again_and_again_is_given_up(
    office: Office, alice: Connector, engine: Engine
) -> None:
    run = order_run(office.app, alice, window=None)
    office.app.runs.change(run.id, {"status": "running", "attempt": 20})
    attempt(office.app, run.id, engine, advice_for)
    assert stands(office, run) == "failed"


def test_a_revoked_consent_stops_the_tries(
    office: Office, alice: Connector, engine: Engine, simulator: Simulator
) -> None:
    simulator.world.revoke("alice")
    run = order_run(office.app, alice, window=None)
    attempt(office.app, run.id, engine, advice_for)
    assert office.app.connectors.get(alice.id).state == "reconnect_needed"
    assert office.app.runs.get(run.id).next_attempt_at is None


def test_a_run_whose_connector_was_removed_is_over(
    office: Office, alice: Connector, engine: Engine
) -> None:
    run = order_run(office.app, alice, window=None)
    office.app.connectors.remove(alice.id, office.app.clock.now())
    assert attempt(office.app, run.id, engine, advice_for) is True
    ended = office.app.runs.get(run.id)
    assert (ended.status, ended.attempt) == ("failed", 0)
    assert ended.error is not None
    assert ended.error["code"] == "connector_removed"


def test_figures_leave_removed_connectors_out(office: Office, alice: Connector) -> None:
    run = order_run(office.app, alice, window=None)
    office.app.connectors.remove(alice.id, office.app.clock.now())
    office.app.runs.change(run.id, {"status": "waiting", "next_attempt_at": office.app.clock.now()})
    told = exposition(office.app.database, office.app.clock.now() + timedelta(hours=1)).decode()
    assert 'tiktok_organic_runs{status="waiting"} 0.0' in told
    assert 'tiktok_organic_runs{status="to_retry"} 0.0' in told
    assert "tiktok_organic_oldest_due_seconds 0.0" in told


def test_a_pause_stops_the_tries_of_a_scheduled_run_and_keeps_what_it_fetched(
    office: Office, alice: Connector, engine: Engine, simulator: Simulator
) -> None:
    run = order_run(office.app, alice, window=None, requested_by="schedule")
    office.app.connectors.change(
        alice.id, {"destination": office.app.cipher.encrypt("duckdb:////proc/nowhere.duckdb")}
    )
    attempt(office.app, run.id, engine, advice_for)
    assert office.app.runs.get(run.id).loadable
    office.app.connectors.change(
        alice.id, {"destination": office.app.cipher.encrypt(alice.destination)}
    )
    office.app.runs.change(run.id, {"next_attempt_at": office.app.clock.now()})
    pause(office.app.connectors, alice)
    attempt(office.app, run.id, engine, advice_for)
    rested = office.app.runs.get(run.id)
    assert (rested.status, rested.attempt, rested.next_attempt_at) == ("failed", 1, None)
    resume(office.app.connectors, alice, office.app.clock.now())
    newer = order_run(office.app, alice, window=None, requested_by="schedule")
    attempt(office.app, newer.id, engine, advice_for)
    assert (stands(office, run), stands(office, newer)) == ("succeeded", "succeeded")


def test_a_scheduled_run_that_waits_while_its_connector_is_paused_ends_with_the_reason(
    office: Office, alice: Connector, engine: Engine
) -> None:
    run = order_run(office.app, alice, window=None, requested_by="schedule")
    pause(office.app.connectors, alice)
    attempt(office.app, run.id, engine, advice_for)
    ended = office.app.runs.get(run.id)
    assert (ended.status, ended.attempt) == ("failed", 0)
    assert ended.error is not None
    assert ended.error["code"] == "connector_paused"


def test_a_persons_run_goes_on_while_the_connector_is_paused(
    office: Office, alice: Connector, engine: Engine
) -> None:
    run = order_run(office.app, alice, window=None)
    pause(office.app.connectors, alice)
    attempt(office.app, run.id, engine, advice_for)
    assert stands(office, run) == "succeeded"


def test_a_revoked_run_says_so_though_a_permission_was_withheld_as_well(
    office: Office, alice: Connector, engine: Engine, simulator: Simulator
) -> None:
    scopes = [scope for scope in alice.scopes if scope != "video.list"]
    office.app.connectors.change(
        alice.id, {"scopes": scopes, "reports": sorted(alice.reports, reverse=True)}
    )
    simulator.world.revoke("alice")
    run = order_run(office.app, office.app.connectors.get(alice.id), window=None)
    attempt(office.app, run.id, engine, advice_for)
    ended = office.app.runs.get(run.id)
    assert {(result.error or {}).get("code") for result in ended.results.values()} == {
        "not_permitted",
        "reconnect_needed",
    }
    assert ended.error is not None
    assert ended.error["code"] == "reconnect_needed"
    told = exposition(office.app.database, office.app.clock.now()).decode()
    assert 'tiktok_organic_connectors_failing{reason="reconnect_needed"} 1.0' in told


def test_a_sync_in_a_terminal_counts_in_the_figures_as_one_of_the_engine_does(
    office: Office, alice: Connector, engine: Engine
) -> None:
    def told() -> str:
        return exposition(office.app.database, office.app.clock.now()).decode()

    ordered = order_run(office.app, alice, window=None)
    attempt(office.app, ordered.id, engine, advice_for)
    before = office.app.runs.get(ordered.id).requests
    assert f"tiktok_organic_requests_total {before}.0" in told()
    ended = sync(office.app, alice, silent)
    assert f"tiktok_organic_requests_total {before + ended.requests}.0" in told()
    assert 'tiktok_organic_attempts_total{status="succeeded"} 2.0' in told()
    assert 'tiktok_organic_rows_total{table="video_snapshot_metric"} 40.0' in told()
    assert 'tiktok_organic_seconds_total{phase="fetching"}' in told()


def test_a_clock_that_ran_ahead_leaves_no_connector_waiting_for_years(
    office: Office, alice: Connector
) -> None:
    far = office.app.clock.now() + timedelta(days=400)
    office.app.connectors.change(alice.id, {"next_due": far})
    ProductCallbacks(office.app, advice_for).housekeeping()
    mended = office.app.connectors.get(alice.id).next_due
    assert mended is not None
    assert mended < office.app.clock.now() + timedelta(days=2)


def test_old_answers_are_pruned_and_unloaded_ones_kept(
    tmp_path: Path, simulator: Simulator, office: Office, alice: Connector, engine: Engine
) -> None:
    import os

    run = order_run(office.app, alice, window=None)
    attempt(office.app, run.id, engine, advice_for)
    (kept,) = (tmp_path / "home" / "archive").rglob("*.gz")
    long_ago = office.app.clock.now().timestamp() - 10 * 86_400
    os.utime(kept, (long_ago, long_ago))
    with opened(Office(tmp_path / "home", simulator, ARCHIVE_DAYS="30")) as patient:
        ProductCallbacks(patient.app, advice_for).housekeeping()
        assert kept.exists()
    with opened(Office(tmp_path / "home", simulator, ARCHIVE_DAYS="5")) as strict:
        ProductCallbacks(strict.app, advice_for).housekeeping()
        assert not kept.exists()


@pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")  # a plug-in of apprise's own
@pytest.mark.parametrize("address", ["nonsense", "json://127.0.0.1:9/"])
def test_old_answers_are_pruned_also_when_nobody_can_be_told_of_trouble(
    tmp_path: Path,
    simulator: Simulator,
    office: Office,
    alice: Connector,
    engine: Engine,
    address: str,
) -> None:
    pytest.importorskip("apprise")
    import os

    attempt(office.app, order_run(office.app, alice, window=None).id, engine, advice_for)
    (kept,) = (tmp_path / "home" / "archive").rglob("*.gz")
    long_ago = office.app.clock.now().timestamp() - 10 * 86_400
    os.utime(kept, (long_ago, long_ago))
    office.app.connectors.change(alice.id, {"state": "reconnect_needed"})
    with opened(Office(tmp_path / "home", simulator, ARCHIVE_DAYS="5", NOTIFY=address)) as one:
        with pytest.raises(TikTokOrganicError):
            ProductCallbacks(one.app, advice_for).housekeeping()
        assert not kept.exists()


def test_a_daily_limit_stops_every_account_until_midnight(
    office: Office, alice: Connector, engine: Engine, simulator: Simulator
) -> None:
    bob = office.connect("bob")
    simulator.world.settings.update(limits=True, app_per_day=1)
    runs = [order_run(office.app, connector, window=None) for connector in (alice, bob)]
    asked = 0
    for run in runs:
        attempt(office.app, run.id, engine, advice_for)
        ended = office.app.runs.get(run.id)
        assert ended.status != "succeeded"
        asked += ended.requests
    assert asked == 2, "the second account is not asked for at all"
