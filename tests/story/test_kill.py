"""A process killed at any instant leaves the warehouse before or after a sync, never between.

The next run repairs. A few kills in the suite; `STORY_KILLS=300 pytest tests/story/test_kill.py`
for many (`make kill`).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import time as real_time
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from machine import Machine

from tiktok_organic.simulator import Simulator
from waiting import PATIENCE

KILLS = int(os.environ.get("STORY_KILLS", "6"))
DATASET = "tiktokorganic_demo_bakery"
VIDEOS = 57


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        running.world.settings.update(limits=False)
        yield running


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, simulator: Simulator) -> Machine:
    """A machine whose connector has synced twice; how long the second took is its `span`."""
    made = Machine(tmp_path_factory.mktemp("killed"), simulator, warm=True)
    with made.starts("connect", "--sync", "--json") as program:
        address = json.loads(program.stdout.readline())["authorize_url"]
        import httpx2
        from cast import Browser

        with httpx2.Client(verify=False) as http:
            program.communicate(Browser(http).visit(address) + "\n", timeout=PATIENCE)
    assert program.returncode == 0
    begun = real_time.monotonic()
    assert made.runs("sync", "--all", "--json").returncode == 0
    made.span = real_time.monotonic() - begun
    return made


def whole(machine: Machine) -> set[int]:
    """The moments in the warehouse, after a look that each is whole in every table."""
    with duckdb.connect(str(machine.home / "warehouse.duckdb"), read_only=True) as connection:
        tables = ("profile_snapshot_metric", "video_snapshot_metric")
        profiles, videos = [
            dict(
                connection.execute(
                    "SELECT epoch_us(_quanti_sync_date), count(*) "
                    f"FROM {DATASET}.{table} GROUP BY 1"
                ).fetchall()
            )
            for table in tables
        ]
        days = connection.execute(
            f"SELECT count(*), count(DISTINCT date) FROM {DATASET}.profile_daily_metric"
        ).fetchone()
        profile = connection.execute(f"SELECT count(*) FROM {DATASET}.profile").fetchone()
    assert days is not None
    assert set(profiles) == set(videos)
    assert set(profiles.values()) == {1}
    assert set(videos.values()) == {VIDEOS}
    assert days[0] == days[1]
    assert profile == (1,)
    return set(profiles)


def runs(machine: Machine) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(machine.runs("runs", "--json").stdout)
    return found


@pytest.mark.parametrize("kill", range(KILLS))
def test_a_kill_leaves_whole_syncs_only_and_the_next_sync_repairs(
    machine: Machine, kill: int
) -> None:
    before = whole(machine)
    spread = (
        kill + random.Random(kill).random()
    ) / KILLS  # over the whole of a sync, and a little beyond
    program = machine.starts("sync", "--all", "--json")
    try:
        program.wait(machine.span * 1.1 * spread)
    except subprocess.TimeoutExpired:
        program.kill()
    program.communicate()
    between = whole(machine)
    assert len(between - before) <= 1
    said = machine.runs("sync", "--all", "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    (run,) = json.loads(said.stdout)
    assert run["status"] == "succeeded"
    after = whole(machine)
    assert before <= between <= after
    assert len(after) > len(before)
    known = runs(machine)
    assert not [each for each in known if each["status"] in ("running", "waiting")]
    # What the store calls landed is in the warehouse, and nothing else is.
    assert len(after) == len([each for each in known if each["status"] == "succeeded"])
