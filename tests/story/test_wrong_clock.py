"""This machine's clock is wrong: it is noticed by TikTok's, and nothing lasting comes of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cast import Alice
from story_time import StoryTime


class Wrong(StoryTime):
    """The story's clock, off by so much."""

    def __init__(self, time: StoryTime, by: timedelta) -> None:
        super().__init__()
        self._time, self._by = time, by

    def monotonic(self) -> float:
        return self._time.monotonic()

    def sleep(self, seconds: float) -> None:
        self._time.sleep(seconds)

    def now(self) -> datetime:
        return self._time.now() + self._by


@pytest.mark.parametrize("by", [timedelta(minutes=25), timedelta(minutes=-25)])
def test_a_clock_that_is_off_is_warned_about_on_the_run_and_by_doctor(
    alice: Alice, time: StoryTime, by: timedelta
) -> None:
    connector = alice.connects()["id"]
    alice.time = Wrong(time, by)
    run = alice.syncs(connector)
    assert run["status"] == "succeeded"
    assert any("25 minutes" in warning for warning in run["warnings"])
    assert "this machine's clock was 25 minutes" in alice.types("doctor", "--json").out


@pytest.mark.parametrize("by", [timedelta(days=400), timedelta(days=-400)])
def test_a_wrong_date_loads_nothing_and_leaves_nothing_behind(
    alice: Alice, time: StoryTime, by: timedelta
) -> None:
    connector = alice.connects()["id"]
    before = alice.types("coverage", connector, "--json").document
    alice.time = Wrong(time, by)
    run = alice.syncs(connector)
    assert (run["status"], run["error"]["code"]) == ("failed", "clock_wrong")
    assert run["lost_days"] == []
    alice.time = time
    assert alice.types("coverage", connector, "--json").document == before
    time.passes(minutes=1)
    good = alice.syncs(connector)
    assert good["status"] == "succeeded"
    assert good["sync_date"].startswith(f"{time.today()}")
    assert good["lost_days"] == []
