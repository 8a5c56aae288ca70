"""Fixtures of the story tests: a simulator over real HTTP, a home, one clock for all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx2
import pytest
from cast import Alice, Browser, Said
from ready_homes import ReadyHomes
from story_time import StoryTime

from tiktok_organic.simulator import Simulator
from waiting import PATIENCE, free_port


@pytest.fixture
def time() -> StoryTime:
    return StoryTime()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> ReadyHomes[Said]:
    """Connected homes, and the port of TikTok that their stores contain."""
    return ReadyHomes(tmp_path_factory.mktemp("homes"), free_port())


@pytest.fixture
def simulator(time: StoryTime, homes: ReadyHomes[Said]) -> Iterator[Simulator]:
    """TikTok, without its limits; a story about them switches them on."""
    with Simulator(homes.port, clock=time.now, random=Random(7), sleep=time.sleep) as running:
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
    homes: ReadyHomes[Said],
) -> Iterator[Alice]:
    monkeypatch.chdir(tmp_path)
    yield Alice(homes.home, simulator, time, browser, monkeypatch, homes)
    shutil.rmtree(homes.home, ignore_errors=True)
