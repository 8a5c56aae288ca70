"""The number of our frames from the command to the HTTP request."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from types import FrameType

from cast import Alice
from story_time import StoryTime

import tiktok_organic

OURS = str(Path(tiktok_organic.__file__).parent)
MOST = 12


class Looking(StoryTime):
    """A clock that notes the deepest stack from which a request leaves."""

    def __init__(self, time: StoryTime) -> None:
        super().__init__()
        self._time = time
        self.deepest: list[str] = []

    def now(self) -> datetime:
        return self._time.now()

    def sleep(self, seconds: float) -> None:
        self._time.sleep(seconds)

    def monotonic(self) -> float:
        frame: FrameType | None = sys._getframe(1)
        names: list[str] = []
        at_the_request = sys._getframe(1).f_code.co_name == "_exchange"
        while frame is not None:
            if frame.f_code.co_filename.startswith(OURS):
                names.append(frame.f_code.co_name)
            frame = frame.f_back
        if at_the_request and len(names) > len(self.deepest):
            self.deepest = names[::-1]
        return self._time.monotonic()


def test_a_request_is_at_most_twelve_frames_of_ours_below_the_command(
    alice: Alice, time: StoryTime
) -> None:
    connector = alice.connects()["id"]
    alice.time = looking = Looking(time)
    assert alice.syncs(connector)["status"] == "succeeded"
    assert looking.deepest
    assert 1 + len(looking.deepest) <= MOST, " ".join(looking.deepest)  # 1: cli.main
