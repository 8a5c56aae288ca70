"""Measure runs of a whole process, and summarise them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from environment import HERE


@dataclass(frozen=True)
class Figures:
    """Seconds, bytes, and requests that the simulator received."""

    wall: float
    cpu: float
    memory: float
    requests: float = 0

    @staticmethod
    def middle(runs: list[Figures]) -> Figures:
        """The median of each figure."""
        return Figures(
            *(
                median(getattr(run, name) for run in runs)
                for name in ("wall", "cpu", "memory", "requests")
            )
        )

    def with_requests(self, count: int) -> Figures:
        return replace(self, requests=count)


class Failed(Exception):
    """The command failed."""


def measure(
    commands: list[list[str]], variables: dict[str, str], log: Path, seconds: int = 1800
) -> Figures:
    """Run a pipeline once. Raises Failed with the end of its output."""
    asked: dict[str, Any] = {"commands": commands, "errors": str(log), "seconds": seconds}
    log.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(HERE / "stopwatch.py")],
        input=json.dumps(asked),
        env={**_plain(), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(done.stderr.strip()[-500:])
    took = json.loads(done.stdout)
    if took["failed"]:
        said = "".join(
            path.read_text("utf-8", "replace")[-700:] for path in (log, Path(f"{log}.out"))
        )
        raise Failed(f"exit code {took['failed']}: {said}")
    return Figures(took["wall"], took["user"] + took["system"], took["memory"])


def _plain() -> dict[str, str]:
    """Return the usual environment: with compiled and buffered Python."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
