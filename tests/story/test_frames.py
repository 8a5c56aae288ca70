"""The number of our frames from the command to the HTTP request."""

from __future__ import annotations

import sys
from pathlib import Path

from cast import Alice
from story_time import StoryTime

import tiktok_organic

OURS = str(Path(tiktok_organic.__file__).parent)
MOST = 12


class Looking:
    """A clock that notes the deepest stack from which a request leaves."""

    def __init__(self, time: StoryTime) -> None:
        self._time = time
        self.now, self.sleep = time.now, time.sleep
        self.deepest: list[str] = []

    def monotonic(self) -> float:
        frame, names = sys._getframe(1), []
        at_the_request = frame.f_code.co_name == "_exchange"
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
    assert 1 + len(looking.deepest) <= MOST, looking.deepest  # 1: cli.main
