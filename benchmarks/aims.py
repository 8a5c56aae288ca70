"""The targets for speed and size, compared with the measured values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from table import Result

OTHERS = ("script", "dlt", "singer", "floor")
SMALL, MIDDLE, LARGE = 57, 2300, 40_000


@dataclass(frozen=True)
class Aim:
    """A target. `found`: the measured value, as text."""

    text: str
    found: str
    holds: bool


def aims(result: Result) -> list[Aim]:
    """Return the targets that the measurements can check."""
    return [
        *_start(result),
        *_requests(result),
        *_cpu(result),
        *_memory(result),
        *_timeline(result),
    ]


def _start(result: Result) -> Iterator[Aim]:
    figures = result.of(0, 0, "help")
    if figures:
        yield Aim("--help in less than 0.3 s", f"{figures.wall:.2f} s", figures.wall < 0.3)


def _requests(result: Result) -> Iterator[Aim]:
    for videos in (SMALL, MIDDLE, LARGE):
        ours = result.of(videos, 0, "ours")
        others = [figures.requests for key in OTHERS if (figures := result.of(videos, 0, key))]
        if ours and others:
            found = f"{ours.requests:.0f}, the others {min(others):.0f} to {max(others):.0f}"
            yield Aim(
                f"{videos:,} videos: no more requests than anyone",
                found,
                ours.requests <= min(others),
            )


def _cpu(result: Result) -> Iterator[Aim]:
    limits = {
        SMALL: {"script": 1.5},
        MIDDLE: {"script": 1 / 3, "dlt": 0.5, "singer": 0.5, "floor": 2.0},
        LARGE: {"script": 1 / 3, "dlt": 0.5, "singer": 0.5, "floor": 2.0},
    }
    for videos, most in limits.items():
        for key, limit in most.items():
            ours, other = result.of(videos, 0, "ours"), result.of(videos, 0, key)
            if ours and other:
                ratio = ours.cpu / other.cpu
                text = f"{videos:,} videos: CPU at most {limit:.2f} of {key}"
                yield Aim(
                    text, f"{ratio:.2f} ({ours.cpu:.2f} s of {other.cpu:.2f} s)", ratio <= limit
                )


def _memory(result: Result) -> Iterator[Aim]:
    small, large = result.of(SMALL, 0, "ours"), result.of(LARGE, 0, "ours")
    if small and large:
        more = (large.memory - small.memory) / 1e6
        yield Aim(
            "40,000 videos take at most 100 MB more than 57", f"{more:.0f} MB more", more <= 100
        )


def _timeline(result: Result) -> Iterator[Aim]:
    beside, walking = result.of(800, 150, "ours"), result.of(800, 150, "walking")
    if beside and walking:
        extra = beside.requests - walking.requests
        found = f"{beside.wall:.2f} s with {extra:.0f} more requests; walking {walking.wall:.2f} s"
        yield Aim("800 videos at 150 ms in less than 2 s", found, beside.wall < 2)
