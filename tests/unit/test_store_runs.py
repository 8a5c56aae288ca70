"""A run has its sync date before anything is fetched, and all differ per connector."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from unit_clock import NOON
from unit_store import ALICE, BOB, Memory

from new_store import new_store
from tiktok_organic.cli.advice import advice_of
from tiktok_organic.errors import NotFound, Refused
from tiktok_organic.store.connectors.consent_states import LIFE, Authorizations, Purpose
from tiktok_organic.store.runs.runs import Runs


def order(
    run_id: str, moment: datetime, connector_id: str = "c-alice", **values: Any
) -> dict[str, Any]:
    return {
        "id": run_id, "connector_id": connector_id, "kind": "sync", "requested_by": "person",
        "sync_date": moment,
        "reports": ["profile"], "window_start": date(2026, 3, 6), "window_end": date(2026, 3, 10),
        "created_at": moment, **values,
    }  # fmt: skip


def add(
    memory: Memory, run_id: str, moment: datetime, connector_id: str = "c-alice", **values: Any
) -> datetime:
    with memory.database.begin() as connection:
        return Runs(memory.database).add(order(run_id, moment, connector_id, **values), connection)


@settings(max_examples=8)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=12))
def test_moments_of_a_connector_always_grow(steps: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        new_store(Path(folder) / "store.db")
        memory = Memory(Path(folder))
        memory.add(ALICE)
        clock, moments = NOON, []
        for number, step in enumerate(steps):
            clock += timedelta(microseconds=step)  # a clock that does not move, or is set back
            moments.append(add(memory, f"r{number}", clock))
        assert all(later > earlier for earlier, later in pairwise(moments))
        assert [run.sync_date for run in Runs(memory.database).newest("c-alice")] == moments[::-1]
        memory.database.close()


def test_sync_dates_of_two_connectors_are_independent(memory: Memory) -> None:
    memory.add(ALICE)
    memory.add(BOB)
    assert add(memory, "r1", NOON) == NOON
    assert add(memory, "r2", NOON, "c-bob") == NOON
    assert add(memory, "r3", NOON) == NOON + timedelta(microseconds=1)


@pytest.mark.parametrize(
    "moment",
    [
        NOON.replace(microsecond=123457),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_a_moment_is_exact_to_the_microsecond(memory: Memory, moment: datetime) -> None:
    memory.add(ALICE)
    assert add(memory, "r1", moment) == moment
    found = Runs(memory.database).get("r1").sync_date
    assert found == moment
    assert found.tzinfo is UTC


def test_a_sync_date_of_another_zone_is_stored_in_utc(memory: Memory) -> None:
    memory.add(ALICE)
    add(memory, "r1", NOON.astimezone(timezone(timedelta(hours=5, minutes=45))))
    assert Runs(memory.database).get("r1").sync_date == NOON


def test_a_new_run_waits_without_attempts(memory: Memory) -> None:
    memory.add(ALICE)
    add(memory, "r1", NOON)
    run = Runs(memory.database).get(" r1 ")
    assert (run.status, run.attempt, run.requests, run.loaded, run.fetched) == (
        "waiting",
        0,
        0,
        False,
        (),
    )
    assert run.unfinished
    assert not run.loadable
    assert run.connector_name == "Alice's bakery"
    assert run.reports == ("profile",)


def test_a_run_of_a_connector_that_does_not_exist_is_refused(memory: Memory) -> None:
    with pytest.raises(IntegrityError):
        add(memory, "r1", NOON, "nobody")


def test_an_unknown_run_causes_an_error(memory: Memory) -> None:
    with pytest.raises(NotFound) as caught:
        Runs(memory.database).get("r9")
    assert caught.value.code == "unknown_run"


def test_runs_are_listed_newest_first_and_survive_their_connector(memory: Memory) -> None:
    memory.add(ALICE)
    for number in range(5):
        add(memory, f"r{number}", NOON + timedelta(hours=number))
    memory.connectors.remove("c-alice", NOON)
    runs = Runs(memory.database)
    assert [run.id for run in runs.newest(limit=3)] == ["r4", "r3", "r2"]
    assert [run.id for run in runs.newest("c-alice")] == ["r4", "r3", "r2", "r1", "r0"]
    assert runs.newest("c-bob") == []


def test_runs_that_are_not_over_end_with_their_connector(memory: Memory) -> None:
    memory.add(ALICE)
    memory.add(BOB)
    runs = Runs(memory.database)
    landed = {"profile": {"status": "succeeded", "rows": 1}}
    states: list[dict[str, Any]] = [
        {"status": "succeeded"},
        {"status": "partial", "next_attempt_at": NOON, "results": landed},
        {"status": "running", "results": landed, "reports": ["profile", "video_snapshot_metric"]},
        {"status": "waiting"},
    ]
    for number, values in enumerate(states):
        add(memory, f"r{number}", NOON + timedelta(hours=number))
        runs.change(f"r{number}", values)
    add(memory, "other", NOON, "c-bob")
    memory.connectors.remove("c-alice", NOON)
    ended = {run.id: run for run in runs.newest()}
    assert [ended[f"r{number}"].status for number in range(4)] == [
        "succeeded",
        "partial",
        "partial",
        "failed",
    ]
    assert all(run.next_attempt_at is None for run in ended.values())
    assert ended["r1"].error is None
    assert ended["r2"].results["profile"].document() == landed["profile"]
    assert ended["r3"].error is not None
    assert ended["r3"].error["code"] == "connector_removed"
    assert ended["r3"].finished_at == NOON
    assert ended["other"].status == "waiting"


def test_the_last_run_of_each_connector(memory: Memory) -> None:
    memory.add(ALICE)
    memory.add(BOB)
    add(memory, "r1", NOON)
    add(memory, "r2", NOON + timedelta(hours=1))
    add(memory, "r3", NOON - timedelta(days=1), "c-bob")
    assert {name: run.id for name, run in Runs(memory.database).last().items()} == {
        "c-alice": "r2",
        "c-bob": "r3",
    }


def test_what_another_attempt_can_still_complete_comes_oldest_first(memory: Memory) -> None:
    memory.add(ALICE)
    runs = Runs(memory.database)
    fetched = [{"state": "fetched", "summary": {"archive": "x"}}]
    landed = [{"state": "loaded", "summary": {"archive": "x"}}]
    states: list[dict[str, Any]] = [
        {"status": "failed", "fetched": fetched}, {"status": "failed"}, {"status": "succeeded",
        "fetched": landed, "loaded": True},
        {"status": "partial", "fetched": landed, "loaded": True}, {"status": "running"},
        {"status": "waiting"},
        {"status": "partial", "fetched": [*landed, *fetched], "loaded": True},
    ]  # fmt: skip
    for number, values in enumerate(states):
        add(memory, f"r{number}", NOON + timedelta(hours=number))
        runs.change(f"r{number}", values)
    assert [run.id for run in runs.pending("c-alice")] == ["r0", "r4", "r5", "r6"]
    assert [run.id for run in runs.loaded("c-alice")] == ["r2", "r3", "r6"]
    assert runs.get("r0").loadable
    assert runs.get("r6").loadable
    assert not runs.get("r3").loadable


def test_a_change_that_is_undone_changes_nothing(memory: Memory) -> None:
    memory.add(ALICE)
    add(memory, "r1", NOON)
    runs = Runs(memory.database)
    with suppress(RuntimeError), memory.database.begin() as connection:
        runs.change("r1", {"status": "running"}, connection)
        raise RuntimeError("stopped")
    assert runs.get("r1").status == "waiting"


NEW = Purpose("https://api.test/v1.3", "https://alice.test/landed/", draft_id="d-1")
ALICES = Purpose("https://api.test/v1.3", "https://alice.test/landed/", "c-alice", "d-2")


def refused(authorizations: Authorizations, state: str, who: str, now: datetime) -> str:
    with pytest.raises(Refused) as caught:
        authorizations.use(state, who, now)
    assert advice_of(caught.value)
    return caught.value.code


def test_a_consent_can_be_used_once_by_its_beginner_within_ten_minutes(memory: Memory) -> None:
    authorizations = Authorizations(memory.database)
    for state in ("s1", "s2", "s3"):
        authorizations.begin(state, "browser-of-alice", NOON, ALICES if state == "s1" else NEW)
    assert refused(authorizations, "s1", "browser-of-charlie", NOON) == "wrong_state"
    assert refused(authorizations, "s9", "browser-of-alice", NOON) == "wrong_state"
    assert authorizations.use("s1", "browser-of-alice", NOON + LIFE) == ALICES
    assert refused(authorizations, "s1", "browser-of-alice", NOON) == "state_used"
    assert (
        refused(authorizations, "s2", "browser-of-alice", NOON + LIFE + timedelta(microseconds=1))
        == "state_expired"
    )
    assert authorizations.find("s1", "browser-of-alice") == ALICES
    assert authorizations.find("s1", "browser-of-charlie") is None
    assert authorizations.use("s3", "browser-of-alice", NOON) == NEW
    assert timedelta(minutes=10) == LIFE


def test_only_a_digest_of_a_state_is_stored_and_it_is_deleted_after_a_day(memory: Memory) -> None:
    authorizations = Authorizations(memory.database)
    authorizations.begin("the-state", "alice", NOON, NEW)
    assert "the-state" not in str(memory.rows("SELECT * FROM authorizations"))
    authorizations.begin("another", "alice", NOON + timedelta(days=2), NEW)
    assert memory.rows("SELECT count(*) FROM authorizations") == [(1,)]


@pytest.mark.parametrize("state", ["", "\ud83d", "x" * 10_000, "' OR 1=1 --"])
def test_no_state_crashes_the_store(memory: Memory, state: str) -> None:
    assert refused(Authorizations(memory.database), state, "alice", NOON) == "wrong_state"
