"""A home for the examples of the documentation."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tiktok_organic.settings import PREFIX
from tiktok_organic.simulator import DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Simulator

sys.path[:0] = [
    str(Path(__file__).parent),
    str(Path(__file__).parents[2] / "docs"),
]  # `docs_following`, `generator`

from docs_following import ROOT, Home  # noqa: E402 - found by the line above
from generator.demo_home import demo  # noqa: E402 - as above


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The home of a user who has followed the README to its end, and the demo of `make docs`."""
    made = Home(tmp_path_factory.mktemp("home"), Path(demo().folder.name))
    with pytest.MonkeyPatch.context() as patch, Simulator() as simulator:
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            patch.delenv(name)
        patch.chdir(made.folder)
        # What the README leaves to TikTok is the simulator's here.
        patch.setenv(f"{PREFIX}HOME", str(made.folder))
        patch.setenv(f"{PREFIX}API_URL", simulator.api_url)
        patch.setenv(f"{PREFIX}AUTHORIZE_URL", simulator.authorize_url)
        patch.setenv(f"{PREFIX}CLIENT_KEY", DEMO_CLIENT_KEY)
        patch.setenv(f"{PREFIX}CLIENT_SECRET", DEMO_CLIENT_SECRET)
        made.follow(ROOT / "README.md")
        yield made
