"""Fixtures of the story tests: a simulator over real HTTP, a home, one clock for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx2
import pytest
from cast import Alice, Browser
from story_time import StoryTime

from tiktok_organic.simulator import Simulator
from waiting import PATIENCE


@pytest.fixture
def time() -> StoryTime:
    return StoryTime()


@pytest.fixture
def simulator(time: StoryTime) -> Iterator[Simulator]:
    """TikTok, without its limits; a story about them switches them on."""
    with Simulator(clock=time.now, random=Random(7), sleep=time.sleep) as running:
        running.world.settings.update(limits=False)
        yield running


@pytest.fixture(scope="session")
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=PATIENCE, verify=False) as client:
        yield client


@pytest.fixture
def browser(http: httpx2.Client) -> Browser:
    return Browser(http)


@pytest.fixture
def alice(
    tmp_path: Path,
    simulator: Simulator,
    time: StoryTime,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> Alice:
    monkeypatch.chdir(tmp_path)
    return Alice(tmp_path / "home", simulator, time, browser, monkeypatch)
