"""A Python environment per contender, because their requirements conflict with each other."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / ".bench"
"""All files of the benchmark; ignored by git."""


class Absent(Exception):
    """This contender could not be installed."""


def python_with(name: str) -> Path:
    """Return the interpreter of an environment with `contenders/{name}.txt`.

    Create it if necessary. Raises Absent.
    """
    requirements = HERE / "contenders" / f"{name}.txt"
    folder = FOLDER / "environments" / name
    mark = folder / "installed"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    python = folder / "bin" / "python"
    if not mark.exists() or mark.read_text() != wanted:
        print(
            f"installing {name} into {folder.relative_to(HERE.parent)} …",
            file=sys.stderr,
            flush=True,
        )
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        _run(
            [
                str(python),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
                str(requirements),
            ]
        )
        mark.write_text(wanted)
    return python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise Absent(lines[-1])
