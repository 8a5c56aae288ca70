"""What a page shows of a sync while it waits, and where it can be stopped."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from unit_clock import NOON, FakeClock
from unit_store import ALICE, Memory

from new_store import new_store
from tiktok_organic.actions.runs.phase_timer import Stopwatch
from tiktok_organic.actions.runs.stored_progress import StoredProgress
from tiktok_organic.store.runs.runs import Runs
from tiktok_organic.sync.progress import Phase, Progress, ProgressEvent
from tiktok_organic.sync.run import Run
from tiktok_organic.sync.run_status import RunStatus
from tiktok_organic.sync.stop import Stop, Stopped
from tiktok_organic.web.runs.run_phases import progress_text

RUN = "20260311-120000-abcdef"
HELD = "TikTok answered 40100 (QPM)"


class Sync:
    """One run with stored progress. `patience`: seconds for which it may still wait."""

    def __init__(self, memory: Memory) -> None:
        memory.add(ALICE)
        self.clock = FakeClock()
        self._runs = Runs(memory.database)
        days = {"window_start": date(2026, 3, 6), "window_end": date(2026, 3, 10)}
        about = {
            "connector_id": ALICE.id,
            "kind": "sync",
            "requested_by": "person",
            "reports": [],
            "created_at": NOON,
        }
        with memory.database.begin() as connection:
            self._runs.add({"id": RUN, "sync_date": NOON, **about, **days}, connection)
        self.progress = StoredProgress(self._runs, RUN, self.clock)
        self.stop = Stop(self.clock)

    @property
    def run(self) -> Run:
        return self._runs.get(RUN)

    @property
    def shown(self) -> Any:
        return self.run.progress

    def waits(self, seconds: float, nap: float = 5.0, of: Progress | None = None) -> None:
        """As the transport does: it reports again and again what is left."""
        while seconds > 0:
            (of or self.progress)(waiting(seconds))
            self.clock.sleep(min(nap, seconds))
            seconds -= nap


def videos(pages: int, rows: int) -> ProgressEvent:
    return ProgressEvent(Phase.FETCHING, "videos", pages, rows)


def waiting(seconds: float) -> ProgressEvent:
    return ProgressEvent(Phase.WAITING, seconds=seconds, reason=HELD)


@pytest.fixture
def sync(tmp_path: Path) -> Iterator[Sync]:
    new_store(tmp_path / "store.db")
    memory = Memory(tmp_path)
    yield Sync(memory)
    memory.database.close()


def test_a_run_that_waits_for_other_loads_is_shown_at_once(sync: Sync) -> None:
    sync.progress(videos(2, 40))
    sync.progress(ProgressEvent(Phase.QUEUED))
    assert (sync.shown["phase"], sync.shown["pages"], sync.shown["rows"]) == ("queued", 2, 40)
    running = replace(sync.run, status=RunStatus.RUNNING)
    assert progress_text(running) == "Waiting for other syncs to be loaded"


def test_a_report_that_begins_is_shown_also_when_something_else_was_shown_just_now(
    sync: Sync,
) -> None:
    sync.progress(ProgressEvent(Phase.FETCHING, "profile", 1, 1))
    sync.progress(videos(1, 20))
    assert (sync.shown["what"], sync.shown["pages"]) == ("videos", 1)
    sync.progress(videos(2, 40))
    assert sync.shown["pages"] == 1
    sync.clock.sleep(1)
    sync.progress(videos(3, 60))
    assert sync.shown["pages"] == 3


def test_a_wait_is_shown_also_when_something_else_was_shown_just_now(sync: Sync) -> None:
    sync.progress(videos(2, 40))
    sync.progress(waiting(300.0))
    assert (sync.shown["seconds"], sync.shown["reason"], sync.shown["pages"]) == (300.0, HELD, 2)


def test_a_wait_that_is_over_is_shown_no_more(sync: Sync) -> None:
    sync.waits(10)
    sync.progress(videos(3, 60))
    assert "seconds" not in sync.shown
    assert sync.shown["pages"] == 3


def test_what_is_left_of_a_wait_is_shown(sync: Sync) -> None:
    sync.waits(300)
    assert sync.shown["seconds"] == 5.0


def test_a_long_wait_is_logged_once_with_its_run(
    sync: Sync, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tiktok_organic")
    sync.waits(300)
    (line,) = caplog.messages
    assert RUN in line
    assert "300 s" in line
    assert HELD in line
    sync.waits(300)
    assert len(caplog.messages) == 2


def test_short_waits_are_not_logged(sync: Sync, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tiktok_organic")
    for _ in range(9):
        sync.waits(30)
    assert caplog.messages == []


def test_time_that_several_threads_wait_together_counts_once(sync: Sync) -> None:
    watch = Stopwatch(sync.progress, sync.clock)
    for _ in range(60):
        for _thread in range(3):
            watch(waiting(300 - sync.clock.elapsed))
        sync.clock.sleep(5)
    watch.stop()
    assert watch.seconds == {"fetching": 300.0, "waiting": 300.0, "queued": 0.0, "loading": 0.0}


def test_time_is_counted_by_phase_and_everything_is_passed_on(sync: Sync) -> None:
    watch = Stopwatch(sync.progress, sync.clock)
    sync.clock.sleep(3)
    watch(videos(1, 20))
    sync.clock.sleep(4)
    watch(ProgressEvent(Phase.LOADING, "profile", rows=1))
    sync.clock.sleep(5)
    watch.stop()
    assert watch.seconds == {"fetching": 7.0, "waiting": 0.0, "queued": 0.0, "loading": 5.0}
    assert (sync.shown["phase"], sync.shown["pages"], sync.shown["tables"]) == (
        "loading",
        1,
        {"profile": 1},
    )


def test_a_wait_that_is_longer_than_the_patience_stops_the_work(sync: Sync) -> None:
    sync.stop.check(1e9)
    sync.stop.request(patience=60.0)
    sync.stop.check(50.0)
    with pytest.raises(Stopped):
        sync.stop.check(295.0)
    sync.clock.sleep(60.0)
    with pytest.raises(Stopped):
        sync.stop.check()
