"""What is done next with a run, for every state that it can be in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from unit_clock import NOON

from tiktok_organic.sync.fetching.fetch_summary import FetchSummary
from tiktok_organic.sync.next_step_of_run import (
    ADOPTED,
    MOST_ATTEMPTS,
    STALE,
    Circumstances,
    Step,
    next_step,
    waits_for,
)
from tiktok_organic.sync.run import FetchedPart, PartState, Run, RunNotes
from tiktok_organic.sync.run_status import RunStatus

ENGINE = Circumstances(NOON, "active", "r1", by_person=False)
PERSON = replace(ENGINE, by_person=True)
LATER = NOON + timedelta(minutes=5)


def run(status: RunStatus, *states: PartState, **values: Any) -> Run:
    parts = tuple(FetchedPart(FetchSummary(archive="x"), state) for state in states)
    made = Run(
        id="r1",
        connector_id="c-alice",
        connector_name="Alice",
        kind="sync",
        requested_by="schedule",
        sync_date=NOON,
        status=status,
        attempt=1,
        reports=("profile",),
        window_start=NOON.date(),
        window_end=NOON.date(),
        results={},
        requests=0,
        throttled=0,
        fetched=parts,
        loaded=False,
        error=None,
        notes=RunNotes(),
        progress=None,
        created_at=NOON,
        started_at=None,
        finished_at=None,
        next_attempt_at=None,
    )
    return replace(made, **values)


FETCHED, REFUSED = PartState.FETCHED, PartState.REFUSED
OLD = NOON - STALE - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("given", "about", "step"),
    [
        (run(RunStatus.WAITING), ENGINE, Step.FETCH),
        (run(RunStatus.RUNNING), ENGINE, Step.FETCH),
        (run(RunStatus.RUNNING, FETCHED), ENGINE, Step.LOAD),
        (run(RunStatus.WAITING, sync_date=OLD), ENGINE, Step.GIVE_UP),
        (run(RunStatus.RUNNING, FETCHED, sync_date=OLD), ENGINE, Step.LOAD),
        (run(RunStatus.RUNNING, attempt=MOST_ATTEMPTS), ENGINE, Step.GIVE_UP),
        (run(RunStatus.SUCCEEDED), ENGINE, Step.LEAVE),
        (run(RunStatus.FAILED), ENGINE, Step.LEAVE),
        (run(RunStatus.FAILED, next_attempt_at=LATER), ENGINE, Step.LEAVE),
        (run(RunStatus.FAILED, next_attempt_at=NOON), ENGINE, Step.FETCH),
        (run(RunStatus.FAILED, FETCHED, next_attempt_at=NOON), ENGINE, Step.LOAD),
        (run(RunStatus.PARTIAL, PartState.LOADED, next_attempt_at=NOON), ENGINE, Step.FETCH),
        (
            run(RunStatus.FAILED, next_attempt_at=NOON),
            replace(ENGINE, newest="r2"),
            Step.RETIRE,
        ),
        (
            run(RunStatus.FAILED, next_attempt_at=NOON),
            replace(ENGINE, state="reconnect_needed"),
            Step.RETIRE,
        ),
        (run(RunStatus.WAITING), replace(ENGINE, state="paused"), Step.GIVE_UP),
        (
            run(RunStatus.WAITING, requested_by="person"),
            replace(ENGINE, state="paused"),
            Step.FETCH,
        ),
        (run(RunStatus.WAITING), PERSON, Step.FETCH),
        (run(RunStatus.WAITING), replace(PERSON, state="paused"), Step.FETCH),
        (run(RunStatus.RUNNING, sync_date=NOON - 2 * ADOPTED), PERSON, Step.GIVE_UP),
        (run(RunStatus.RUNNING), replace(PERSON, state="reconnect_needed"), Step.GIVE_UP),
        (run(RunStatus.FAILED, REFUSED, sync_date=OLD), PERSON, Step.LOAD),
    ],
)
def test_the_next_step(given: Run, about: Circumstances, step: Step) -> None:
    decision = next_step(given, about)
    assert decision.step is step
    assert (decision.reason is not None) is (step is Step.GIVE_UP)


def test_a_run_waits_for_earlier_answers_that_can_still_be_loaded_and_for_no_other() -> None:
    mine = run(RunStatus.RUNNING, FETCHED)
    earlier = replace(mine, id="r0", sync_date=NOON - timedelta(days=1))
    refused = replace(earlier, fetched=(FetchedPart(FetchSummary(archive="x"), REFUSED),))
    lost = replace(earlier, fetched=(FetchedPart(FetchSummary(archive="x"), PartState.LOST),))
    later = replace(mine, id="r2", sync_date=LATER)
    assert waits_for(mine, [refused, lost, mine, later]) is None
    assert waits_for(mine, [refused, earlier, mine]) == earlier
